//! A new cluster is made of a snapshot.

use super::{Goal, create};
use crate::plan::PlanError;
use crate::plan::action::{Action, Barrier};
use crate::plan::leave::argument;
use crate::plan::options::{GoalOptions, Selection};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;
use crate::spec::ClusterSpec;

/// Checks that there is a snapshot where the goal is to restore one, for one cluster and in one piece,
/// and only there.
pub(in crate::plan) fn check(
    goal: Goal,
    options: &GoalOptions,
    selection: &Selection,
    clusters: &[ClusterSpec],
) -> Result<(), PlanError> {
    let no = |what: &str, hint: &str| Err(argument(format!("the goal `{goal}` {what}"), hint));
    let has_tags = !(selection.tags.is_empty() && selection.skip_tags.is_empty());
    match (goal, &options.restore) {
        (Goal::Restore, None) => no("needs a snapshot", "name the file that `backup` has made"),
        (Goal::Restore, Some(_)) if has_tags => no(
            "takes no tags",
            "a cluster is restored in one piece: drop the tags",
        ),
        (Goal::Restore, Some(_)) if clusters.len() > 1 => no(
            "is of one cluster, and the plan has several",
            "name the hosts of one of them as the limit",
        ),
        (Goal::Restore, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => no("takes no snapshot", "snapshots are for the goal `restore`"),
    }
}

/// Adds the steps for a cluster.
///
/// All is as when a cluster is built anew; but before anything is stopped, every host has the snapshot,
/// and every member's store is made of it beside its place (design.md, rule 5), of one file and with one
/// new token (facts.md S37).
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let staged = create::make_ready(steps, locked);
    let verified = make_of_snapshot(steps, &[staged]);
    let dropped = drop_snapshot(steps, &[verified]);
    // The note that it is being built goes last: what a cut leaves until then is no cluster to keep.
    let done = steps.barrier(Barrier::Proved, dropped);
    create::finish(steps, done);
}

/// Adds the steps that make a new cluster of a snapshot, and gives the proof of it.
pub(super) fn make_of_snapshot(steps: &mut ClusterSteps<'_, '_>, ready: &[StepIndex]) -> StepIndex {
    let members = steps.members();
    let send = |member| {
        let ready = ready.iter().copied();
        steps.add(At::Member(member), Action::SendSnapshot, ready)
    };
    let sent: Vec<_> = members.map(send).collect();
    let sent = steps.barrier(Barrier::Sent, sent);
    let built: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::BuildStore, [sent]))
        .collect();
    let restored = steps.barrier(Barrier::Restored, built);
    let down = create::stop(steps, restored);
    let placed = create::place(steps, down, true);
    create::start(steps, placed)
}

/// Adds the steps that take the snapshot away from the hosts again.
pub(super) fn drop_snapshot(
    steps: &mut ClusterSteps<'_, '_>,
    after: &[StepIndex],
) -> Vec<StepIndex> {
    let members = steps.members();
    let drop = |member| {
        let after = after.iter().copied();
        steps.add(At::Member(member), Action::DropSnapshot, after)
    };
    members.map(drop).collect()
}
