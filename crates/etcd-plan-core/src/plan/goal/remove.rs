//! Members leave a cluster that lives, and the others stay as they are.

use super::create;
use crate::plan::action::Action;
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
///
/// All hosts are locked. The members leave one after the other, through one that stays; what they have
/// left on their hosts is stopped and moved aside. At the end the others learn who is left, and the
/// cluster is proved.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let removed = remove(steps, &[locked]);
    let mut ready = Vec::new();
    for member in steps.members() {
        let at = At::Member(member);
        let refreshed = steps.add(at, Action::Refresh, removed.iter().copied());
        ready.push(steps.add(at, Action::AwaitReady, [refreshed]));
    }
    let verified = steps.add(At::Controller, Action::Verify, ready);
    for infra in steps.infra() {
        steps.add(infra, Action::Unregister, [verified]);
    }
}

/// Nobody knows yet which of those that stay is well enough to remove others through it, so it is
/// planned on the host of each: the first that is does it. No etcd is stopped and no data moved before
/// its member is out of the cluster.
pub(super) fn remove(steps: &mut ClusterSteps<'_, '_>, last: &[StepIndex]) -> Vec<StepIndex> {
    let mut last = last.to_vec();
    for nth in 0..steps.leaving_count() {
        for member in steps.members() {
            last = vec![steps.add(At::Member(member), Action::RemoveMember { nth }, last)];
        }
    }
    let gone: Vec<StepIndex> = steps
        .leaving()
        .map(|at| {
            let stopped = steps.add(at, Action::Stop, last.iter().copied());
            steps.add(at, Action::Purge, [stopped])
        })
        .collect();
    if gone.is_empty() { last } else { gone }
}
