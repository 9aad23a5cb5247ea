use super::{Change, Decision, Problem, StepContext};
use crate::op::{Awaited, EtcdFacts, ReadOp, ServiceState};

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().etcd()]
}

/// A member answers a linearizable read through mutual TLS: then it has joined a quorum. An open
/// port is not that: it is open before there is a cluster.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let await_healthy = context.asks().await_healthy();
    if let Ok(awaited) = facts.awaited(&await_healthy) {
        return if awaited.etcd.healthy {
            Ok(Decision::Nothing)
        } else {
            Err(not_ready(context, awaited))
        };
    }
    // Where something changes, all members are asked again: the proof compares what they say, and
    // answers from before and after an election do not agree.
    let is_known = !context.run.busy[context.cluster()];
    let was_healthy = |etcd: &EtcdFacts| etcd.healthy;
    if is_known && facts.etcd(&context.asks().etcd()).is_ok_and(was_healthy) {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        check: vec![await_healthy],
        forget: vec![context.asks().etcd()],
        ..Change::default()
    }))
}

fn not_ready(context: &StepContext<'_>, awaited: &Awaited) -> Problem {
    let name = &context.member().name;
    let what = match awaited.service.state {
        ServiceState::Failed | ServiceState::Stopped | ServiceState::Missing => "ended",
        _ => "did not become ready",
    };
    let mut message = format!("etcd of {name} {what} within {} ms", awaited.waited);
    for line in [awaited.etcd.said.trim(), awaited.log.trim()] {
        if !line.is_empty() {
            message.push('\n');
            message.push_str(line);
        }
    }
    Problem::new(message, crate::etcd_log::meaning(&awaited.log))
}
