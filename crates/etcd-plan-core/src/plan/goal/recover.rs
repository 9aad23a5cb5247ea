//! A new cluster is made of what is left of one that has lost its quorum for good.

use super::{Goal, backup, create, restore};
use crate::plan::PlanError;
use crate::plan::leave::argument;
use crate::plan::options::{GoalOptions, Selection};
use crate::plan::step::StepIndex;
use crate::plan::steps::ClusterSteps;
use crate::spec::ClusterSpec;

/// Checks that one cluster is recovered in one piece, and that its snapshot comes to this machine.
pub(in crate::plan) fn check(
    goal: Goal,
    options: &GoalOptions,
    selection: &Selection,
    clusters: &[ClusterSpec],
) -> Result<(), PlanError> {
    let no = |what: &str, hint: &str| Err(argument(format!("the goal `{goal}` {what}"), hint));
    if goal != Goal::Recover {
        return Ok(());
    }
    if !(selection.tags.is_empty() && selection.skip_tags.is_empty()) {
        return no(
            "takes no tags",
            "a cluster is recovered in one piece: drop the tags",
        );
    }
    if clusters.len() > 1 {
        return no(
            "is of one cluster, and the plan has several",
            "name the hosts of one of them as the limit",
        );
    }
    if options.backup.to.is_none() {
        return no(
            "brings its snapshot to this machine",
            "name the folder for it, or none: the host that it is taken from may be lost next",
        );
    }
    Ok(())
}

/// Adds the steps for a cluster.
///
/// What the best survivor holds is saved first, as a backup is, and kept on the control machine. Then
/// all is as when a snapshot is restored; but the hosts keep the snapshot, and the note of which it is,
/// until nothing is left to be done: by that note a run goes on that was cut off.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let saved = backup::plan_snapshot(steps, locked);
    let staged = create::make_ready(steps, locked);
    let verified = restore::make_of_snapshot(steps, &[saved, staged]);
    let done = create::finish(steps, verified);
    restore::drop_snapshot(steps, &done);
}
