use super::{Change, Decision, Problem, StepContext};
use crate::host_journal::HostJournal;
use crate::names::Millis;
use crate::op::{ReadOp, WriteOp};
use crate::plan::{Goal, PurgeRule};

/// How long a member may take to go down. etcd needs about a second (facts.md section 1); the rest
/// is for a slow disk.
const TIMEOUT: Millis = Millis(90_000);

/// How long a member has to go down by itself.
///
/// All members are stopped at once, and a leader tries for seven seconds to hand over to one that
/// is going down too (six of six times in the lab: 7.0 to 7.4 s for one of three, at most 1.2 s for
/// the others). Everything it has acknowledged is in its log by then, so that what is moved aside is
/// whole. A member whose data stays in use is never to be stopped so.
const KILL_AFTER: Millis = Millis(1_000);

/// Where what serves is taken away on purpose, it is also asked how much that is, and whose.
pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![context.asks().service()];
    // How far a run came that was cut off: see guard/backups.rs.
    if context.step.plan().goal() == Goal::Destroy {
        questions.push(HostJournal::question(&context.spec().name));
    }
    // Without a quorum nobody could say it.
    let is_served = context.step.plan().goal() != Goal::Recover;
    if is_served && context.step.plan().purge_rule() == PurgeRule::Always {
        questions.push(context.asks().key_count());
        questions.push(context.asks().holdings());
    }
    questions
}

/// What runs is stopped where the cluster is purged, or where it stands in the way of a join.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let service = context.facts()?.service(&context.asks().service())?;
    let is_taken_away = context
        .run
        .takes_away(context.cluster(), context.member())?;
    if !is_taken_away || !service.state.is_alive() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("- etcd of {} is stopped", context.member().name)],
        ops: vec![WriteOp::StopService {
            service: context.spec().service(),
            timeout: TIMEOUT,
            kill_after: Some(KILL_AFTER),
        }],
        check: vec![context.asks().service(), context.asks().listeners()],
        forget: vec![context.asks().etcd(), context.asks().await_healthy()],
        ..Change::default()
    }))
}
