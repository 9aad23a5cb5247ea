use std::collections::BTreeSet;

use super::ready::TIMEOUT;
use super::{Change, Decision, Problem, StepContext, restart};
use crate::facts::MemberQuestions;
use crate::names::{EtcdId, Millis};
use crate::op::{EtcdAccess, EtcdFacts, ReadOp};
use crate::plan::Turn;
use crate::spec::MemberSpec;

/// How long members must have been well together once one of them has restarted, in milliseconds: for as
/// long as etcd itself wants peers connected before it counts on them (`HealthInterval` in its
/// `server.go`). The connections of one that just came back are made one after the other.
const STEADY: Millis = Millis(5_000);

/// How many entries a voter may be behind the furthest one: they are asked one after the other, so that
/// a busy cluster writes some in between, and one that is this far behind is still catching up.
const LAG_MOST: u64 = 1_000;

/// How long one question waits, in milliseconds: a run that is to stop must not wait for the whole time.
const AT_ONCE: Millis = Millis(15_000);

/// Before a member that is well goes down, the other voters are read again, from its host: all of them
/// are in the list, healthy, with one leader and no new alarm, not behind, and that for some time once
/// one of them has restarted. One that is down already costs nobody anything.
pub(super) fn decide(context: &StepContext<'_>, turn: Turn) -> Result<Decision, Problem> {
    if turn == Turn::Unwell || !restart::is_its_turn(context, turn)? {
        return Ok(Decision::Nothing);
    }
    let others = others(context);
    if others.is_empty() {
        return Ok(Decision::Nothing);
    }
    let question = question(context, &others);
    let wait = Decision::Change(Change {
        check: vec![question.clone()],
        ..Change::default()
    });
    let Ok(found) = context.facts()?.voters(&question) else {
        return Ok(wait);
    };
    match trouble(context, &others, &found.etcds) {
        None => Ok(Decision::Nothing),
        Some(_) if found.waited < TIMEOUT => Ok(wait),
        Some(message) => Err(Problem::new(
            format!(
                "{} does not restart, since the others cannot do without it: {message}",
                context.member().name
            ),
            "see to that, and run again: it goes on from there",
        )),
    }
}

fn others<'a>(context: &StepContext<'a>) -> Vec<&'a MemberSpec> {
    let own = &context.member().name;
    let voters = context.spec().voters();
    voters.filter(|member| member.name != *own).collect()
}

/// From the member's host, as the member itself reaches the others: with its certificate.
fn question(context: &StepContext<'_>, others: &[&MemberSpec]) -> ReadOp {
    let spec = context.spec();
    let access = |member: &&MemberSpec| EtcdAccess {
        endpoint: spec.client_url(member),
        ..context.asks().access()
    };
    let has_restarted = |member: &&MemberSpec| {
        let asks = MemberQuestions::new(spec, member);
        let facts = context.run.observation.facts(&member.host.name);
        facts.is_ok_and(|facts| facts.etcd(&asks.etcd()).is_err())
    };
    ReadOp::AwaitVoters {
        voters: others.iter().map(access).collect(),
        steady: if others.iter().any(has_restarted) {
            STEADY
        } else {
            Millis(0)
        },
        timeout: AT_ONCE,
    }
}

/// Says what is wrong with the others.
fn trouble(
    context: &StepContext<'_>,
    others: &[&MemberSpec],
    etcds: &[EtcdFacts],
) -> Option<String> {
    let named = || others.iter().map(|member| &member.name).zip(etcds);
    if let Some((name, etcd)) = named().find(|(_, etcd)| !etcd.healthy) {
        let said = etcd.said.trim().lines().next_back().unwrap_or_default();
        return Some(format!("{name} is not healthy: {said}"));
    }
    let statuses = || named().filter_map(|(name, etcd)| Some((name, etcd.status.as_ref()?)));
    let leaders: BTreeSet<EtcdId> = statuses().map(|(_, status)| status.leader).collect();
    if leaders.len() > 1 || leaders.contains(&EtcdId(0)) {
        return Some("they do not agree on a leader".to_owned());
    }
    let is_listed = |id| {
        let mut lists = etcds.iter().map(|etcd| &etcd.members);
        lists.all(|members| {
            members
                .iter()
                .any(|known| known.id == id && !known.is_learner)
        })
    };
    if let Some((name, _)) = statuses().find(|(_, status)| !is_listed(status.member_id)) {
        return Some(format!("{name} is not in every list of members"));
    }
    let furthest = statuses().map(|(_, status)| status.raft_index).max();
    let lag = |index| furthest.unwrap_or_default().saturating_sub(index);
    let mut behind = statuses().map(|(name, status)| (name, lag(status.raft_applied_index)));
    if let Some((name, lag)) = behind.find(|(_, lag)| *lag > LAG_MOST) {
        return Some(format!("{name} is {lag} raft entries behind"));
    }
    let mut alarms = etcds.iter().flat_map(|etcd| &etcd.alarms);
    let new = alarms.find(|alarm| !was_raised(context, alarm.member_id));
    new.map(|alarm| format!("member {} has raised {}", alarm.member_id, alarm.kind))
}

/// Says whether an alarm was there before this run: a larger quota is a way out of one. Members that have
/// restarted in this run tell of what is so since.
fn was_raised(context: &StepContext<'_>, raised_by: EtcdId) -> bool {
    let (spec, observation) = (context.spec(), context.run.observation);
    let mut members = spec.members.iter();
    members.any(|member| {
        let asks = MemberQuestions::new(spec, member);
        let facts = observation.facts(&member.host.name).ok();
        let said = facts.and_then(|facts| facts.etcd(&asks.etcd()).ok());
        said.is_some_and(|said| said.alarms.iter().any(|alarm| alarm.member_id == raised_by))
    })
}
