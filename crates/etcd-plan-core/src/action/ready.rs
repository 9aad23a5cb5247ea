use super::{Change, Decision, Problem, StepContext};
use crate::names::{EtcdId, Millis};
use crate::op::{Awaited, EtcdFacts, ReadOp, ServiceState};

/// How long a member is waited for until it answers, in milliseconds: systemd's default for
/// `TimeoutStartSec`, after which it would give up too.
pub(super) const TIMEOUT: Millis = Millis(90_000);

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().etcd()]
}

/// A member answers a linearizable read through mutual TLS: then it has joined a quorum. An open
/// port is not that: it is open before there is a cluster.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !context.run.takes_part(context.cluster(), context.member()) {
        return Ok(Decision::Nothing);
    }
    wait(
        context,
        context.asks().await_healthy(),
        context.member().learner,
    )
}

/// A member that joins has found its leader. Whether it has caught up with it, etcd says when it is
/// promoted.
pub(super) fn decide_learner(context: &StepContext<'_>) -> Result<Decision, Problem> {
    wait(context, context.asks().await_learner(), true)
}

/// A new member answers as what it is wanted to be. What it said as a learner is forgotten: others may
/// be removed through it from now on.
pub(super) fn decide_voter(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let asks = context.asks();
    let decision = wait(context, asks.await_back(), context.member().learner)?;
    Ok(match decision {
        Decision::Nothing => Decision::Nothing,
        Decision::Change(mut change) => {
            change.forget.push(asks.await_learner());
            Decision::Change(change)
        }
    })
}

fn wait(
    context: &StepContext<'_>,
    question: ReadOp,
    as_learner: bool,
) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    if let Ok(awaited) = facts.awaited(&question) {
        if is_ready(as_learner, &awaited.etcd) {
            return Ok(Decision::Nothing);
        }
        if !awaited.service.state.is_alive() || awaited.waited >= TIMEOUT {
            return Err(not_ready(context, awaited));
        }
    } else if !context.run.busy[context.cluster()] {
        // Where something changes, all members are asked again: the proof compares what they say,
        // and answers from before and after an election do not agree.
        let etcd = facts.etcd(&context.asks().etcd());
        if etcd.is_ok_and(|etcd| is_ready(as_learner, etcd)) {
            return Ok(Decision::Nothing);
        }
    }
    Ok(Decision::Change(Change {
        check: vec![question],
        forget: vec![context.asks().etcd()],
        ..Change::default()
    }))
}

/// A learner answers no linearizable read; that it has found its leader is all that can be asked.
pub(super) fn is_ready(as_learner: bool, etcd: &EtcdFacts) -> bool {
    let has_leader = etcd
        .status
        .as_ref()
        .is_some_and(|status| status.leader != EtcdId(0));
    etcd.healthy || (as_learner && has_leader)
}

pub(super) fn not_ready(context: &StepContext<'_>, awaited: &Awaited) -> Problem {
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
