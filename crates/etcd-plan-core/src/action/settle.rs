use super::ready::{TIMEOUT, is_ready, not_ready};
use super::restart::{files, is_restarted};
use super::{Change, Decision, Problem, StepContext, replace};
use crate::facts::MemberQuestions;
use crate::op::{EtcdFacts, ReadOp, WriteOp};
use crate::plan::Goal;

/// A member that has restarted is back: it answers a linearizable read, so that it has the log up to
/// what was committed by then, its own list names it, and it has raised no alarm. What it ran on
/// before is dropped then, and the next member may restart.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    if !is_restarted(context)? {
        let said = facts.etcd(&context.asks().etcd());
        let is_well = said.is_ok_and(|etcd| is_ready(context.member().learner, etcd));
        return if is_well && replace::is_left_over(context)? && !keeps_files(context)? {
            drop_kept(context)
        } else {
            Ok(Decision::Nothing)
        };
    }
    let question = context.asks().await_back();
    let Ok(awaited) = facts.awaited(&question) else {
        return Ok(wait(question));
    };
    if !is_ready(context.member().learner, &awaited.etcd) {
        if !awaited.service.state.is_alive() || awaited.waited >= TIMEOUT {
            return Err(stopped_at(context, not_ready(context, awaited)));
        }
        return Ok(wait(question));
    }
    let status = awaited.etcd.status.as_ref();
    let other = status.and_then(|status| replace::is_not_met(context, &status.version));
    if let Some(message) = other.or_else(|| is_not_well(context, &awaited.etcd)) {
        let hint = "see to that, and run again: it goes on from there";
        return Err(stopped_at(context, Problem::new(message, hint)));
    }
    drop_kept(context)
}

fn wait(question: ReadOp) -> Decision {
    Decision::Change(Change {
        check: vec![question],
        ..Change::default()
    })
}

fn stopped_at(context: &StepContext<'_>, problem: Problem) -> Problem {
    let Problem { message, hint } = problem;
    let name = &context.member().name;
    let what = match context.run.plan.goal() {
        Goal::Upgrade => "mend that, and upgrade again",
        Goal::RotateCa => "mend that, and rotate again: it goes on from there",
        _ => "mend the inventory, and reload again",
    };
    let also =
        format!("{name} gets back what it ran on before, and no other member restarts; {what}");
    let hint = if hint.is_empty() {
        also
    } else {
        format!("{hint}; {also}")
    };
    Problem::new(message, hint)
}

/// Says what is wrong with a member that answers.
fn is_not_well(context: &StepContext<'_>, etcd: &EtcdFacts) -> Option<String> {
    let name = &context.member().name;
    let own = etcd.status.as_ref()?.member_id;
    let is_listed = etcd.members.iter().any(|known| known.id == own);
    // A learner does not say who the members are.
    if !etcd.members.is_empty() && !is_listed {
        return Some(format!("{name} ({own}) is not in the list of members"));
    }
    let mut alarms = etcd.alarms.iter();
    let new = alarms.find(|alarm| alarm.member_id == own && !was_raised(context, alarm.member_id));
    new.map(|alarm| format!("{name} has raised the alarm {}", alarm.kind))
}

/// Says whether another member knew of an alarm before: a larger quota is a way out of one.
fn was_raised(context: &StepContext<'_>, raised_by: crate::names::EtcdId) -> bool {
    let (spec, run) = (context.spec(), context.run);
    let mut others = spec
        .members
        .iter()
        .filter(|member| member.name != context.member().name);
    others.any(|member| {
        let facts = run.observation.facts(&member.host.name).ok();
        let said = facts.and_then(|f| MemberQuestions::new(spec, member).last_said(f).ok());
        said.is_some_and(|said| said.alarms.iter().any(|alarm| alarm.member_id == raised_by))
    })
}

fn keeps_files(context: &StepContext<'_>) -> Result<bool, Problem> {
    let facts = context.facts()?;
    let mut kept = files(context)
        .into_iter()
        .map(|(_, path)| ReadOp::ReadFile { path });
    Ok(kept.any(|question| facts.bytes(&question).is_ok_and(Option::is_some)))
}

fn drop_kept(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let mut change = Change::default();
    for (_, path) in files(context) {
        let question = ReadOp::ReadFile { path: path.clone() };
        if facts.bytes(&question)?.is_some() {
            change.ops.push(WriteOp::RemoveFile { path });
            change.check.push(question);
        }
    }
    for (op, question) in replace::drop_all(context)? {
        change.ops.push(op);
        change.check.push(question);
    }
    Ok(if change.ops.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(change)
    })
}
