use super::{Change, Decision, StepContext};
use crate::host_journal::HostJournal;
use crate::names::HostPath;
use crate::op::WriteOp;

/// A run that changes something holds each host of the cluster, and reads again what the guards
/// relied on: between the first reading and the lock another run may have been there.
pub(super) fn decide(context: &StepContext<'_>) -> Decision {
    if !context.run.busy[context.cluster()] {
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
