//! What a cluster holds is saved: a goal of its own, and the first thing that others do.

use super::create;
use crate::plan::action::{Action, Barrier};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    plan_snapshot(steps, locked);
}

/// Adds the steps that save what a cluster holds, and gives the one behind which it is saved.
///
/// From whom it is taken is known only when members were asked (`RunContext::snapshot_source`), so each
/// has the steps, and those of one of them do something. The snapshot is found whole on the host; then
/// it is brought to the control machine, or stays where it is, as the plan's options say; it is noted
/// on the host what was saved; and outdated ones go last.
pub(in crate::plan) fn plan_snapshot(
    steps: &mut ClusterSteps<'_, '_>,
    after: StepIndex,
) -> StepIndex {
    let is_fetched = steps.options().backup.to.is_some();
    let mut saved = Vec::new();
    for member in steps.members() {
        let at = At::Member(member);
        let mut last = steps.add(at, Action::Snapshot, [after]);
        if is_fetched {
            last = steps.add(at, Action::FetchSnapshot, [last]);
        }
        saved.push(steps.add(at, Action::RecordSnapshot, [last]));
    }
    if is_fetched {
        saved = vec![steps.add(At::Controller, Action::PruneSnapshots, saved)];
    }
    steps.barrier(Barrier::Saved, saved)
}
