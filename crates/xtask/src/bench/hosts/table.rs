use std::collections::BTreeMap;
use std::fmt;
use std::io::{Write as _, stdout};
use std::time::Duration;

use super::tool::{Job, Tool};

/// What one run took; numbers of hosts are means of the three.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) wall: Duration,
    /// Times that the direction changed on a host's connections, those of connecting included.
    pub(super) turns: f64,
    /// Bytes on a host's connections, both ways.
    pub(super) bytes: f64,
    /// Round trips of a host as our own report counts them, after the connection is up.
    pub(super) round_trips: Option<f64>,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wall, kilobytes) = (self.wall.as_secs_f64(), self.bytes / 1000.0);
        write!(f, "{wall:.2} s, {:.0} turns, {kilobytes:.0} kB", self.turns)
    }
}

/// All measures at one distance.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<(Job, Tool), Vec<Measure>>);

impl Table {
    pub(super) fn add(&mut self, tool: Tool, job: Job, measure: Measure) {
        self.0.entry((job, tool)).or_default().push(measure);
    }

    /// Prints medians, and how many times as long the others took as we did.
    pub(super) fn print(&self, round_trip: Duration) {
        let mut out = stdout();
        let distance = match round_trip {
            Duration::ZERO => "the lab's own latency".to_owned(),
            time => format!("{} ms round-trip delay", time.as_millis()),
        };
        let rounds = self.0.values().map(Vec::len).max().unwrap_or_default();
        let _ = writeln!(out, "\n{distance}, medians of {rounds}\n");
        let _ = writeln!(
            out,
            "| job | tool | wall s (least to most) | of etcd-plan's | round trips a host | turns on the wire | kB a host |\n\
             | --- | --- | --- | --- | --- | --- | --- |"
        );
        for ((job, tool), measures) in &self.0 {
            let wall = Spread::of(measures.iter().map(|measure| measure.wall.as_secs_f64()));
            let ours = self.0.get(&(*job, Tool::EtcdPlan)).into_iter().flatten();
            let ours = Spread::of(ours.map(|measure| measure.wall.as_secs_f64()));
            let trips = measures.iter().filter_map(|measure| measure.round_trips);
            let trips: Vec<f64> = trips.collect();
            let trips = match trips.as_slice() {
                [] => "-".to_owned(),
                some => format!("{:.1}", Spread::of(some.iter().copied()).median),
            };
            let turns = Spread::of(measures.iter().map(|measure| measure.turns)).median;
            let kilobytes = Spread::of(measures.iter().map(|m| m.bytes / 1000.0)).median;
            let _ = writeln!(
                out,
                "| {job} | {tool} | {:.2} ({:.2} to {:.2}) | {:.2} | {trips} | {turns:.0} | {kilobytes:.0} |",
                wall.median,
                wall.least,
                wall.most,
                wall.median / ours.median,
            );
        }
    }
}

struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let (middle, count) = (values.len() / 2, values.len());
        let median = match count {
            0 => f64::NAN,
            _ if count % 2 == 0 => f64::midpoint(at(middle - 1), at(middle)),
            _ => at(middle),
        };
        Self {
            least: at(0),
            median,
            most: at(count.saturating_sub(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        for (values, median) in [(vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 2.0, 3.0], 2.5)] {
            let spread = Spread::of(values);
            assert!((spread.median - median).abs() < 1e-9);
            assert!(spread.least < spread.median && spread.median < spread.most);
        }
    }
}
