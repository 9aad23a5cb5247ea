//! What happened to every step.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, HostName};
use crate::plan::StepId;

/// How a step ended. Every step of a plan has exactly one outcome, those never begun included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What was wanted was there already.
    Unchanged,
    /// It was made so, and reading it again showed that.
    Changed,
    /// It would be changed: a preview.
    WouldChange,
    /// It failed.
    Failed,
    /// It was not begun, since a step that it waits for failed.
    Skipped,
    /// It was not begun, since the run was stopped before.
    NotStarted,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::WouldChange => "would change",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::NotStarted => "not started",
        })
    }
}

/// What happened to one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// Its host; none for the controller.
    pub host: Option<HostName>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was there for the case only that a step before it fails.
    pub contingent: bool,
    /// What changed, a line each; or why it failed, the other side's words included.
    pub lines: Vec<String>,
    /// The difference between what was there and what is wanted, of files that may be shown.
    pub diff: Option<String>,
    /// The next action when it failed; empty otherwise.
    pub hint: String,
    /// When it began, in milliseconds since the run did; none when it never began.
    pub started_ms: Option<u64>,
    /// When it ended, in milliseconds since the run began.
    pub ended_ms: Option<u64>,
}

/// How much went over the connection to a host, in bytes, without what its encryption adds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// To the host.
    pub sent: u64,
    /// From the host.
    pub received: u64,
}

impl StepReport {
    /// Says whether the step took back what a step that failed had begun.
    fn is_taken_back(&self) -> bool {
        self.contingent && self.outcome == Outcome::Changed
    }
}

/// What happened in a run, or would happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The steps, in the order of the plan.
    pub steps: Vec<StepReport>,
    /// What there was of each cluster before: `absent`, `present` or `remains`.
    pub situations: BTreeMap<ClusterName, String>,
    /// How many round trips each host cost, the first reading included, connecting not.
    pub round_trips: BTreeMap<HostName, usize>,
    /// What a person should know and what was no reason to refuse, a sentence each.
    pub notes: Vec<String>,
    /// How much went over the connection to each host, what it takes to begin included; nothing
    /// where an executor does not count.
    pub traffic: BTreeMap<HostName, Traffic>,
    /// Whether the run was asked to stop.
    pub stopped: bool,
    /// How long the run took, in milliseconds.
    pub duration_ms: u64,
}

impl Report {
    /// Says whether every step ended well.
    pub fn is_success(&self) -> bool {
        !self.stopped
            && self.steps.iter().all(|step| {
                matches!(
                    step.outcome,
                    Outcome::Unchanged | Outcome::Changed | Outcome::WouldChange
                )
            })
    }

    /// Counts the steps with an outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.steps
            .iter()
            .filter(|step| step.outcome == outcome)
            .count()
    }

    /// Says whether something was changed, or would be.
    pub fn has_changes(&self) -> bool {
        self.steps
            .iter()
            .any(|s| matches!(s.outcome, Outcome::Changed | Outcome::WouldChange))
    }

    /// Goes through the steps that failed.
    pub fn failures(&self) -> impl Iterator<Item = &StepReport> {
        self.steps
            .iter()
            .filter(|step| step.outcome == Outcome::Failed)
    }
}

impl fmt::Display for Report {
    /// Writes what a person wants to know at the end: what failed and what to do, what was taken back
    /// because of that, and how many steps ended how.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut failures = self.failures().peekable();
        while let Some(step) = failures.next() {
            writeln!(f, "FAILED {}", step.step)?;
            // A lost session, say, ends several steps of its host at once.
            let next = failures.peek();
            if next.is_some_and(|next| (&next.lines, &next.hint) == (&step.lines, &step.hint)) {
                continue;
            }
            for line in step.lines.iter().flat_map(|line| line.lines()) {
                writeln!(f, "    {line}")?;
            }
            writeln!(f, "    hint: {}", step.hint)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        for step in &self.steps {
            for line in step.lines.iter().filter(|_| step.is_taken_back()) {
                writeln!(f, "TAKEN BACK {line}")?;
            }
        }
        let counts: Vec<String> = [
            Outcome::Changed,
            Outcome::WouldChange,
            Outcome::Unchanged,
            Outcome::Failed,
            Outcome::Skipped,
            Outcome::NotStarted,
        ]
        .into_iter()
        .map(|outcome| (outcome, self.count(outcome)))
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| format!("{count} {outcome}"))
        .collect();
        let stopped = if self.stopped {
            ", stopped on request"
        } else {
            ""
        };
        let seconds = self.duration_ms / 1000;
        let hundredths = self.duration_ms % 1000 / 10;
        write!(
            f,
            "{}{stopped}, in {seconds}.{hundredths:02} s",
            counts.join(", ")
        )
    }
}
