use super::{Change, Decision, StepContext};
use crate::host_journal::HostJournal;
use crate::names::HostPath;
use crate::op::WriteOp;
use crate::plan::Goal;

/// A run that changes something holds each host of the cluster, and reads again what the guards
/// relied on: between the first reading and the lock another run may have been there.
pub(super) fn decide(context: &StepContext<'_>) -> Decision {
    if !context.run.busy[context.cluster()] || !is_worked_on(context) {
        return Decision::Nothing;
    }
    let spec = context.spec();
    let path = HostPath::fixed(&format!("/run/etcd-plan/{}.lock", spec.name));
    let holder = HostJournal::holder(context.run);
    let journal = HostJournal::path(&spec.name);
    Decision::Change(Change {
        ops: vec![WriteOp::Lock {
            path,
            holder,
            journal,
        }],
        check: context.asks().all(),
        ..Change::default()
    })
}

/// A backup asks nothing of hosts but of the one that the snapshot is taken from.
fn is_worked_on(context: &StepContext<'_>) -> bool {
    let source = || context.run.snapshot_source(context.cluster());
    context.step.plan().goal() != Goal::Backup
        || source().is_some_and(|source| source.name == context.member().name)
}
