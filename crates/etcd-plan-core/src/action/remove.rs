//! Members that leave are removed through one that stays, so that nobody votes on its own removal.

use super::{Change, Decision, Problem, StepContext, ready};
use crate::facts::{MemberFound, MemberQuestions};
use crate::names::{EtcdId, Millis};
use crate::op::{EtcdAccess, EtcdFacts, MemberFacts, ReadOp, WriteOp};
use crate::run::RunContext;
use crate::spec::Leaver;

/// How long it is tried to hand over the lead, in milliseconds.
const MOVE_TIMEOUT: Millis = Millis(10_000);

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().etcd()]
}

/// One more of the members that leave is removed by its id. The leader hands over first: a leader that
/// is removed costs the cluster an election (facts.md S15).
pub(super) fn decide(context: &StepContext<'_>, nth: u32) -> Result<Decision, Problem> {
    let Some((leaver, known)) = next(context, nth)? else {
        return Ok(Decision::Nothing);
    };
    let said = said(context)?;
    let mut change = Change {
        check: questions(context),
        ..Change::default()
    };
    let mut first = "";
    let leads = said.status.as_ref().is_some_and(|s| s.leader == known.id);
    if let (true, Some(url), Some(to)) =
        (leads, known.client_urls.first(), successor(context, said))
    {
        first = ", once another member has taken over the lead";
        change.ops.push(WriteOp::MoveLeader {
            access: EtcdAccess {
                endpoint: url.clone(),
                ..context.asks().access()
            },
            to,
            timeout: MOVE_TIMEOUT,
        });
    }
    let name = leaver.name();
    change.lines = vec![format!("- {name} ({}) leaves the cluster{first}", known.id)];
    change.ops.push(WriteOp::RemoveMember {
        access: context.asks().access(),
        id: known.id,
    });
    Ok(Decision::Change(change))
}

/// Gives the member that a step removes, of those that are to leave; none when there is nothing to do
/// for it, since another member removes it or nobody is left to be removed.
///
/// # Errors
///
/// When nobody is healthy enough for that.
pub(crate) fn next<'a>(
    context: &StepContext<'a>,
    nth: u32,
) -> Result<Option<(&'a Leaver, &'a MemberFacts)>, Problem> {
    let cluster = context.cluster();
    let Some(remover) = context.run.remover(cluster) else {
        return Err(Problem::new(
            "no member that stays is healthy, and nobody can be removed",
            "bring the others back, and run again: it goes on from there",
        ));
    };
    if remover.name != context.member().name {
        return Ok(None);
    }
    let listed = in_order(context.run, cluster, said(context)?);
    let gone = context.spec().leaving.len() - listed.len();
    let before = (nth as usize).checked_sub(gone);
    Ok(before.and_then(|before| listed.get(before).copied()))
}

/// Gives what the member says itself: the list of another one may lag behind. In a preview it is not
/// known any more once the member would have removed another, or not yet where it is to join before.
fn said<'a>(context: &StepContext<'a>) -> Result<&'a EtcdFacts, Problem> {
    match context.asks().last_said(context.facts()?) {
        Ok(said) if !said.members.is_empty() => Ok(said),
        _ => Ok(context.run.speaker(context.cluster())?),
    }
}

/// Puts the members that leave, and that are listed, into the order in which they are removed: who is
/// not healthy costs a vote as long as it is counted; a leader leaves last.
fn in_order<'a>(
    run: &RunContext<'a>,
    cluster: usize,
    said: &'a EtcdFacts,
) -> Vec<(&'a Leaver, &'a MemberFacts)> {
    let spec = &run.plan.clusters()[cluster];
    let listed = |leaver: &Leaver| said.members.iter().find(|known| leaver.is(spec, known));
    let mut found: Vec<(&Leaver, &MemberFacts)> = spec
        .leaving
        .iter()
        .filter_map(|leaver| Some((leaver, listed(leaver)?)))
        .collect();
    let leader = said.status.as_ref().map(|status| status.leader);
    found.sort_by_key(|(leaver, known)| {
        let is_well = known.is_learner || is_well(run, cluster, leaver);
        (is_well, leader == Some(known.id))
    });
    found
}

/// Says whether a member that leaves is known to be healthy.
fn is_well(run: &RunContext<'_>, cluster: usize, leaver: &Leaver) -> bool {
    let spec = &run.plan.clusters()[cluster];
    let found = leaver
        .on_host()
        .and_then(|member| MemberFound::of(spec, member, run.observation).ok());
    found.is_some_and(|found| found.etcd.healthy)
}

/// Chooses who takes over the lead: of the voters that stay and are healthy, the one that has most of
/// the log.
fn successor(context: &StepContext<'_>, said: &EtcdFacts) -> Option<EtcdId> {
    let (spec, observation) = (context.spec(), context.run.observation);
    let rated = spec.voters().filter_map(|member| {
        let known = said
            .members
            .iter()
            .find(|known| !known.is_learner && known.peer_urls.contains(&spec.peer_url(member)))?;
        let facts = observation.facts(&member.host.name).ok()?;
        let answer = MemberQuestions::new(spec, member).last_said(facts).ok()?;
        let index = answer.status.as_ref().map(|status| status.raft_index);
        ready::is_ready(false, answer).then_some((index, std::cmp::Reverse(known.id)))
    });
    rated.max().map(|(_, id)| id.0)
}
