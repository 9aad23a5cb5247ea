//! History is compacted, databases give back what they do not use, an alarm of a full quota goes.

use super::restart::{MOVE_TIMEOUT, successor};
use super::{Change, Decision, Problem, StepContext};
use crate::facts::MemberQuestions;
use crate::op::{EndpointStatus, EtcdFacts, ReadOp, WriteOp};
use crate::plan::Turn;
use crate::status::size_of;

/// What is not in use of a database and not worth the time for which its member answers nothing, in
/// bytes: a fresh one has some such pages too.
const LITTLE: u64 = 256 << 10;

/// The part of a database that is worth it where the quota is full, in percent.
const WHERE_FULL: u64 = 1;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![context.asks().etcd()];
    // A learner answers no read.
    if !context.member().learner {
        questions.push(history(context));
    }
    questions
}

fn history(context: &StepContext<'_>) -> ReadOp {
    ReadOp::Compaction {
        access: context.asks().access(),
        at: None,
        keep: context.step.plan().options().maintain.keep_revisions,
    }
}

fn compacted(asks: MemberQuestions<'_>, revision: u64) -> ReadOp {
    ReadOp::Compaction {
        access: asks.access(),
        at: Some(revision),
        keep: 0,
    }
}

/// All but what is to be kept is compacted; where the quota is full, all.
pub(super) fn decide_compact(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !is_asked(context) {
        return Ok(Decision::Nothing);
    }
    let history = context.facts()?.compaction(&history(context))?;
    let is_full = is_full(said(context)?);
    if !is_full && history.done {
        return Ok(Decision::Nothing);
    }
    let at = if is_full {
        history.revision
    } else {
        history.at
    };
    let question = compacted(context.asks(), at);
    if context
        .facts()?
        .compaction(&question)
        .is_ok_and(|now| now.done)
    {
        return Ok(Decision::Nothing);
    }
    let kept = match history.revision - at {
        0 => "all of it, since the quota is full".to_owned(),
        kept => format!("{kept} revisions are kept"),
    };
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "- history before revision {at} is compacted: {kept}"
        )],
        ops: vec![WriteOp::Compact {
            access: context.asks().access(),
            revision: at,
        }],
        check: vec![question, context.asks().etcd()],
        ..Change::default()
    }))
}

/// What a member said before the history was compacted is no longer true.
pub(super) fn decide_measure(context: &StepContext<'_>) -> Decision {
    let Some(at) = compacted_by_run(context) else {
        return Decision::Nothing;
    };
    let question = compacted(context.asks(), at);
    let is_asked = context
        .facts()
        .is_ok_and(|facts| facts.compaction(&question).is_ok());
    if is_asked {
        return Decision::Nothing;
    }
    Decision::Change(Change {
        check: vec![question, context.asks().etcd()],
        ..Change::default()
    })
}

/// Gives the revision before which this run has compacted; none where it has not.
fn compacted_by_run(context: &StepContext<'_>) -> Option<u64> {
    let source = context.run.snapshot_source(context.cluster())?;
    let facts = context.run.observation.facts(&source.host.name).ok()?;
    let access = MemberQuestions::new(context.spec(), source).access();
    let mut answers = facts.iter();
    answers.find_map(|(question, _)| match question {
        ReadOp::Compaction {
            access: of,
            at: Some(at),
            ..
        } if *of == access => Some(*at),
        _ => None,
    })
}

/// A member whose database has much that is not in use is defragmented, if its turn has come; the
/// leader hands over first. It has to answer again before the next one.
pub(super) fn decide_defragment(
    context: &StepContext<'_>,
    turn: Turn,
) -> Result<Decision, Problem> {
    let said = said(context)?;
    let name = &context.member().name;
    let status = said
        .status
        .as_ref()
        .filter(|_| said.can_be_read() || context.member().learner);
    let Some(status) = status else {
        return Err(Problem::new(
            format!("{name} does not answer: {}", said.said.trim()),
            "no other member is defragmented; see its log, and run again",
        ));
    };
    let Some(free) = worth(context, said, status) else {
        return Ok(Decision::Nothing);
    };
    let leads = status.leader == status.member_id;
    if leads && turn != Turn::Leader {
        return Ok(Decision::Nothing);
    }
    let mut change = Change::default();
    let mut first = "";
    if leads && let Some(to) = successor(context) {
        first = " once another member has taken over the lead";
        change.ops.push(WriteOp::MoveLeader {
            access: context.asks().access(),
            to,
            timeout: MOVE_TIMEOUT,
        });
    }
    let (free, size) = (size_of(free), size_of(status.db_size));
    change.lines = vec![format!(
        "~ {name} is defragmented{first}: {free} of {size} are not in use"
    )];
    change.ops.push(WriteOp::Defragment {
        access: context.asks().access(),
    });
    change.check = vec![context.asks().etcd()];
    Ok(Decision::Change(change))
}

/// Gives how much of a database is not in use, in bytes, where that is worth it.
fn worth(context: &StepContext<'_>, said: &EtcdFacts, status: &EndpointStatus) -> Option<u64> {
    let free = status.db_size.saturating_sub(status.db_size_in_use?);
    let threshold = if is_full(said) {
        WHERE_FULL
    } else {
        u64::from(context.step.plan().options().maintain.threshold)
    };
    let is_much = free.saturating_mul(100) >= status.db_size.saturating_mul(threshold);
    (free >= LITTLE && is_much).then_some(free)
}

/// The alarm goes when there is room again, and not before: it would be back with the next write.
pub(super) fn decide_disarm(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !is_asked(context) || !is_full(said(context)?) {
        return Ok(Decision::Nothing);
    }
    let (spec, run) = (context.spec(), context.run);
    let quota = spec.settings.storage.quota.0;
    for member in &spec.members {
        let facts = run.observation.facts(&member.host.name);
        let said = facts.and_then(|facts| MemberQuestions::new(spec, member).last_said(facts))?;
        let size = said.status.as_ref().map_or(0, |status| status.db_size);
        if size >= quota {
            return Err(Problem::new(
                format!(
                    "the database of {} has {} still, and its quota is {}",
                    member.name,
                    size_of(size),
                    size_of(quota)
                ),
                "delete keys that nobody needs, or raise `etcd_quota_backend_bytes` and reload; then \
                 run again",
            ));
        }
    }
    Ok(Decision::Change(Change {
        lines: vec!["- the alarm NOSPACE is taken back".to_owned()],
        ops: vec![WriteOp::DisarmAlarms {
            access: context.asks().access(),
        }],
        check: vec![context.asks().etcd()],
        ..Change::default()
    }))
}

/// Says whether what is of the whole cluster is done through this member.
fn is_asked(context: &StepContext<'_>) -> bool {
    let source = context.run.snapshot_source(context.cluster());
    source.is_some_and(|source| source.name == context.member().name)
}

fn said<'a>(context: &StepContext<'a>) -> Result<&'a EtcdFacts, Problem> {
    Ok(context.asks().last_said(context.facts()?)?)
}

fn is_full(said: &EtcdFacts) -> bool {
    said.alarms.iter().any(crate::op::Alarm::is_nospace)
}
