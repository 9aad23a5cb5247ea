use etcd_plan_core::cert::UnixTime;
use etcd_plan_core::facts::{Loss, Observation, Situation};
use etcd_plan_core::guard::{Guard, Refusal};
use etcd_plan_core::report::Report;
use etcd_plan_core::saved::{Moved, PinnedFacts, SavedPlan};

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

/// Says that a saved plan was made from facts that no longer hold. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", difference(.moved))]
pub struct FactsMoved {
    /// Everything that is no longer as it was.
    pub moved: Vec<Moved>,
}

fn difference(moved: &[Moved]) -> String {
    use std::fmt::Write as _;
    let mut text =
        String::from("the plan was made from facts that no longer hold, and nothing was changed:");
    for moved in moved {
        let _ = write!(text, "\n  {moved}");
    }
    let _ = write!(
        text,
        "\n    hint: see who changed that, and make the plan again"
    );
    text
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

    /// Says what the plan would take away; nothing when it takes nothing away.
    pub fn losses(&self) -> Vec<Loss> {
        let Self { state, .. } = self;
        Loss::of(
            state.plan,
            &state.observation,
            &state.situations,
            &self.preview(),
        )
    }

    /// Gives the facts that the plan stands on, to be kept with it.
    pub fn facts(&self) -> PinnedFacts {
        PinnedFacts::of(self.state.plan, &self.state.observation)
    }

    /// Gives the plan with what it stands on and what it would do, to be kept and carried out later.
    pub fn save(&self) -> SavedPlan {
        SavedPlan {
            made_at: UnixTime(self.state.inputs.now).to_string(),
            plan: self.state.plan.clone(),
            facts: Some(self.facts()),
            preview: Some(self.preview()),
            refusals: self.refusals.clone(),
        }
    }

    /// Goes on only if the facts are those that a saved plan was made from.
    ///
    /// # Errors
    ///
    /// When they are not: with everything that has moved.
    pub fn holding(self, facts: &PinnedFacts) -> Result<Self, FactsMoved> {
        let moved = facts.moved(&self.facts());
        if moved.is_empty() {
            Ok(self)
        } else {
            Err(FactsMoved { moved })
        }
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
