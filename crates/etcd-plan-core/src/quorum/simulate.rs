use std::collections::BTreeMap;

use super::{Effect, Membership};
use crate::action::StepContext;
use crate::plan::{Step, StepIndex};
use crate::run::RunContext;

/// A step with which a cluster would lose its quorum, or for which it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The step.
    pub step: StepIndex,
    /// The members as they would be then.
    pub then: Membership,
}

/// Goes through the steps of a cluster, and gives the first one with which it would lose its quorum:
/// when the step is done, half done, or has failed.
///
/// Each step is judged in the worst state that it can meet: all that it waits for is done, and of all
/// that may be done at the same time whatever takes a member down. In a cluster of one or two voters
/// that are all healthy a restart is let pass, since there is no way around it.
pub fn simulate(run: &RunContext<'_>, cluster: usize, before: &Membership) -> Option<Loss> {
    let steps = Effects::of(run, cluster, before);
    for (position, (step, effect)) in steps.in_order.iter().enumerate() {
        let state = steps.worst_before(before, position);
        if !state.has_quorum() {
            if effect.is_decided() {
                return Some(Loss {
                    step: *step,
                    then: state,
                });
            }
            continue;
        }
        let is_unavoidable = matches!(effect, Effect::Restart(_)) && state.bears_none();
        let lost = state.outcomes(effect);
        let lost = lost.into_iter().find(|outcome| !outcome.has_quorum());
        if let Some(then) = lost.filter(|_| !is_unavoidable) {
            return Some(Loss { step: *step, then });
        }
    }
    None
}

/// The steps that do something to the votes, each behind all that it waits for.
struct Effects {
    in_order: Vec<(StepIndex, Effect)>,
    /// For each of them, which of the earlier ones it waits for.
    waits_for: Vec<Vec<bool>>,
}

impl Effects {
    fn of(run: &RunContext<'_>, cluster: usize, before: &Membership) -> Self {
        let mut in_order: Vec<(StepIndex, Effect)> = Vec::new();
        let mut waits_for = Vec::new();
        // Which of the steps with an effect stand before each step.
        let mut ancestors: BTreeMap<StepIndex, Vec<bool>> = BTreeMap::new();
        let mut state = before.clone();
        let is_of_cluster = |step: &Step<'_>| step.node().cluster as usize == cluster;
        for step in run.plan.steps().filter(is_of_cluster) {
            let mut own = vec![false; in_order.len()];
            for earlier in step.waits_for() {
                let theirs = ancestors.get(&earlier.index()).into_iter().flatten();
                own.iter_mut()
                    .zip(theirs)
                    .for_each(|(own, theirs)| *own |= theirs);
                let is_it = |(index, _): &(StepIndex, Effect)| *index == earlier.index();
                if let Some(position) = in_order.iter().position(is_it) {
                    own[position] = true;
                }
            }
            let context = StepContext { run, step };
            if let Some(effect) = Effect::of(&context, &state) {
                state = state.outcomes(&effect).pop().unwrap_or(state);
                in_order.push((step.index(), effect));
                waits_for.push(own.clone());
            }
            ancestors.insert(step.index(), own);
        }
        Self {
            in_order,
            waits_for,
        }
    }

    /// Gives the worst state in which a step can be begun.
    fn worst_before(&self, before: &Membership, position: usize) -> Membership {
        let done = |earlier: usize| self.waits_for[position].get(earlier) == Some(&true);
        let follows = |later: usize| self.waits_for[later].get(position) == Some(&true);
        let mut state = before.clone();
        for (other, (_, effect)) in self.in_order.iter().enumerate() {
            let is_beside = other != position && !done(other) && !follows(other);
            let outcomes = if done(other) {
                state.outcomes(effect).pop()
            } else if is_beside && effect.takes_down() {
                state.outcomes(effect).into_iter().next()
            } else {
                None
            };
            state = outcomes.unwrap_or(state);
        }
        state
    }
}
