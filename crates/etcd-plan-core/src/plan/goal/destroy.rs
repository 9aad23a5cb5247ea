//! A cluster is taken away: the seeds' `-t etcd_purge`, behind all guards.

use super::{backup, create};
use crate::plan::action::Action;
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
///
/// What the cluster holds is saved first, unless that was not wanted. All members are stopped before the
/// first data is moved aside, and Prometheus forgets them at the end. What is there of files besides `etcd.conf`, and of packages, stays.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let mut ready = create::lock(steps, gate);
    if !steps.options().backup.skip {
        ready = backup::plan_snapshot(steps, ready);
    }
    let down = create::stop(steps, ready);
    let purged: Vec<StepIndex> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Purge, [down]))
        .collect();
    for infra in steps.infra() {
        steps.add(infra, Action::Unregister, purged.iter().copied());
    }
}
