//! A cluster is taken away: the seeds' `-t etcd_purge`, behind all guards.

use super::create;
use crate::plan::action::Action;
use crate::plan::build::ClusterSteps;
use crate::plan::step::{At, StepIndex};

/// Adds the steps for a cluster.
///
/// All members are stopped before the first data is moved aside, and Prometheus forgets them at the
/// end. What is there of files besides `etcd.conf`, and of packages, stays.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let down = create::stop(steps, locked);
    let purged: Vec<StepIndex> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Purge, [down]))
        .collect();
    for infra in steps.infra() {
        steps.add(infra, Action::Unregister, purged.iter().copied());
    }
}
