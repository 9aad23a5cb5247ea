//! The store of a cluster gets rid of what nobody needs: history, and room that is not in use.

use super::create;
use crate::plan::action::{Action, Barrier, Turn};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster: compact, defragment each, disarm, in that order (etcd's maintenance
/// guide; facts.md S25 and S26).
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    // Through whom is known only when members were asked.
    let compacted: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Compact, [locked]))
        .collect();
    let measured: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Measure, compacted.clone()))
        .collect();
    let mut last = steps.barrier(Barrier::Measured, measured);
    // A member answers nothing meanwhile: one at a time, followers first.
    for turn in [Turn::Follower, Turn::Leader] {
        for member in steps.members() {
            last = steps.add(At::Member(member), Action::Defragment { turn }, [last]);
        }
    }
    let disarmed: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Disarm, [last]))
        .collect();
    let ready: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::AwaitReady, disarmed.clone()))
        .collect();
    steps.add(At::Controller, Action::Verify, ready);
}
