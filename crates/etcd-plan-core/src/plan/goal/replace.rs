//! A new host takes the place of a member.

use super::{create, join, remove};
use crate::plan::action::Action;
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
///
/// A member that lives is replaced once the new one has its vote, so that the cluster bears as many
/// failures as before all the time. One that is dead is taken out first: it costs a vote as long as it
/// is counted, and etcd may refuse to add another one meanwhile (facts.md S10 and S12).
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let mut last = join::make_ready(steps, locked);
    let is_dead = steps.leaving().next().is_none();
    if is_dead {
        last = remove::remove(steps, &last);
    }
    for member in steps.selected() {
        last = join::join(steps, member, last);
    }
    if !is_dead {
        for member in steps.selected() {
            last.push(steps.add(At::Member(member), Action::AwaitVoter, last.clone()));
        }
        last = remove::remove(steps, &last);
    }
    join::finish(steps, &last);
}
