use super::{Change, Decision, Problem, StepContext};
use crate::names::Millis;
use crate::op::{ReadOp, WriteOp};

/// How long a member may take to go down. etcd needs about a second (facts.md section 1); the rest
/// is for a slow disk.
const TIMEOUT: Millis = Millis(90_000);

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().service()]
}

/// What runs is stopped where the cluster is purged.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let service = context.facts()?.service(&context.asks().service())?;
    if !context.run.purges(context.cluster()) || !service.state.is_alive() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("- etcd of {} is stopped", context.member().name)],
        ops: vec![WriteOp::StopService {
            service: context.spec().service(),
            timeout: TIMEOUT,
        }],
        check: vec![context.asks().service(), context.asks().listeners()],
        forget: vec![context.asks().etcd(), context.asks().await_healthy()],
        ..Change::default()
    }))
}
