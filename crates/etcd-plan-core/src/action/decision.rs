use std::fmt;

use crate::facts::Missing;
use crate::op::{ReadOp, WriteOp};

/// What a step has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// What is wanted is there.
    Nothing,
    /// Something has to change.
    Change(Change),
}

/// A change that a step makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What changes, a line each, for a person: `+` new, `~` changed, `-` taken away.
    pub lines: Vec<String>,
    /// The difference between a file that is there and the one that is wanted.
    pub diff: Option<String>,
    /// The operations that make the change; none when something is only waited for, or when the
    /// change happens on the controller.
    pub ops: Vec<WriteOp>,
    /// The questions that are asked afterwards; their answers must make the decision "nothing".
    pub check: Vec<ReadOp>,
    /// Questions whose earlier answers are no longer true.
    pub forget: Vec<ReadOp>,
}

/// Why a decision could not be made, or why what was found is not good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as one sentence without a full stop; further lines are the other side's words.
    pub message: String,
    /// The next action.
    pub hint: String,
}

impl Problem {
    /// Makes a problem.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl From<Missing> for Problem {
    fn from(missing: Missing) -> Self {
        Self::new(
            format!("a fact is not known: {}", missing.why),
            "see to it that it can be read there, and run again",
        )
    }
}
