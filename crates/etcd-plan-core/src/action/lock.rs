use super::{Change, Decision, StepContext};
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
    let holder = format!(
        "{}, since {}",
        context.run.inputs.holder, context.run.inputs.stamp
    );
    Decision::Change(Change {
        ops: vec![WriteOp::Lock { path, holder }],
        check: context.asks().all(),
        ..Change::default()
    })
}
