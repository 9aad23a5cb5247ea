//! What stages come to, and how it is summed up.

use std::fmt;

use crate::venv::NoVenv;

/// What a stage came to. A stage that is one check counts one; one that runs tests counts them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    /// What failed, each in a few words.
    pub(crate) failed: Vec<String>,
    /// What was skipped: how many, and why.
    pub(crate) skipped: Vec<(usize, String)>,
}

impl Outcome {
    /// A check that passed.
    pub(crate) fn passed() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// A check that failed.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self {
            failed: vec![what.into()],
            ..Self::default()
        }
    }

    /// A check that could not be made, and why.
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self {
            skipped: vec![(1, why.into())],
            ..Self::default()
        }
    }

    /// Takes in what another check came to.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self
    }

    fn skips(&self) -> usize {
        self.skipped.iter().map(|(count, _)| count).sum()
    }
}

impl From<NoVenv> for Outcome {
    fn from(why: NoVenv) -> Self {
        match why {
            NoVenv::Skipped(why) => Self::skipped(why),
            NoVenv::Failed(why) => Self::failed(why),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.passed, self.failed.len(), self.skips());
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// What all stages came to.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<(&'static str, Outcome)>);

impl Tally {
    pub(crate) fn add(&mut self, stage: &'static str, outcome: Outcome) {
        self.0.push((stage, outcome));
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.0.iter().any(|(_, outcome)| !outcome.failed.is_empty())
    }
}

/// Prints what was skipped and why, what failed, and last the closing line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Outcome::default();
        for (stage, outcome) in &self.0 {
            for (count, why) in &outcome.skipped {
                writeln!(f, "SKIPPED {stage} ({count}): {why}")?;
            }
            all = all.and(outcome.clone());
        }
        for (stage, outcome) in &self.0 {
            for what in &outcome.failed {
                writeln!(f, "FAILED {stage}: {what}")?;
            }
        }
        writeln!(f, "{all}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Tally};

    #[test]
    fn the_closing_line_stands_alone_behind_all_reasons() {
        let mut tally = Tally::default();
        tally.add("format", Outcome::passed());
        tally.add(
            "tests",
            Outcome {
                passed: 40,
                failed: vec!["2 tests".to_owned(), "cargo ended with 101".to_owned()],
                skipped: vec![(3, "no busybox".to_owned())],
            },
        );
        tally.add("deny", Outcome::skipped("cargo-deny is not installed"));
        assert_eq!(
            tally.to_string(),
            "SKIPPED tests (3): no busybox\n\
             SKIPPED deny (1): cargo-deny is not installed\n\
             FAILED tests: 2 tests\n\
             FAILED tests: cargo ended with 101\n\
             41 passed, 2 failed, 4 skipped\n"
        );
        assert!(tally.has_failed());
    }
}
