use etcd_plan_core::facts::{Observation, Situation};
use etcd_plan_core::guard::{Guard, Refusal};
use etcd_plan_core::report::Report;

use super::Approved;
use super::preview;
use super::state::State;

/// A run that has read everything, and has changed nothing.
pub struct Observed<'a> {
    state: State<'a>,
    refusals: Vec<Refusal>,
}

/// Says that guards refused. Nothing was changed on any host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", text(.refusals))]
pub struct Refused {
    /// Every refusal of every guard, with its evidence.
    pub refusals: Vec<Refusal>,
}

fn text(refusals: &[Refusal]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("refused, and nothing was changed:");
    // Refusals of one guard with one hint stand together, and the hint is told once.
    let mut told: Vec<(Guard, &str)> = Vec::new();
    for refusal in refusals {
        let kind = (refusal.guard, refusal.hint.as_str());
        if told.contains(&kind) {
            continue;
        }
        told.push(kind);
        for alike in refusals {
            if (alike.guard, alike.hint.as_str()) == kind {
                let _ = write!(text, "\n  {alike}");
            }
        }
        let _ = write!(text, "\n    hint: {}", refusal.hint);
    }
    text
}

impl<'a> Observed<'a> {
    pub(super) fn new(state: State<'a>, refusals: Vec<Refusal>) -> Self {
        Self { state, refusals }
    }

    /// Gives what was read.
    pub fn observation(&self) -> &Observation {
        &self.state.observation
    }

    /// Gives what there is of each cluster, in the order of the plan's clusters.
    pub fn situations(&self) -> &[Situation] {
        &self.state.situations
    }

    /// Gives what guards refuse; nothing when changes may begin.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Says what would happen to every step. The decisions are those of [`Approved::apply`]; only
    /// the permission to write is missing.
    pub fn preview(&self) -> Report {
        preview::preview(&self.state)
    }

    /// Lets the guards decide.
    ///
    /// # Errors
    ///
    /// When a guard refuses: with every refusal of every guard on every host.
    pub fn approve(self) -> Result<Approved<'a>, Refused> {
        if self.refusals.is_empty() {
            Ok(Approved::new(self.state))
        } else {
            Err(Refused {
                refusals: self.refusals,
            })
        }
    }
}
