//! Membership is changed through etcdctl on the host of a member that takes no part in the join,
//! so that it can be changed back when the new host is lost.

use super::{Change, Decision, Problem, StepContext};
use crate::facts::{MemberQuestions, Standing};
use crate::names::{EtcdId, Millis};
use crate::op::{MemberFacts, ReadOp, WriteOp};

/// How long adding is tried, in milliseconds. etcd refuses until all peers were connected for five
/// seconds (facts.md section 1): the last one may have just joined.
const ADD_TIMEOUT: Millis = Millis(30_000);

/// How long a promotion is tried, in milliseconds: the learner has to catch up first, and gets a
/// database of up to 8 GiB (facts.md S25) over the network.
const PROMOTE_TIMEOUT: Millis = Millis(600_000);

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![sponsor(context).etcd()]
}

/// A member that the cluster does not know is added as a learner. One that was added by hand is
/// known.
pub(super) fn decide_add(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let (spec, member) = (context.spec(), context.member());
    let peer_url = spec.peer_url(member);
    let listed = context.run.listed(context.cluster())?;
    if Standing::of(&peer_url, listed) != Standing::Unlisted {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {} is added as a learner", member.name)],
        ops: vec![WriteOp::AddMember {
            access: sponsor(context).access(),
            name: member.name.clone(),
            peer_url,
            timeout: ADD_TIMEOUT,
        }],
        check: questions(context),
        ..Change::default()
    }))
}

/// A learner gets its vote, unless it is wanted as one. etcd itself says when it has caught up.
pub(super) fn decide_promote(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let member = context.member();
    let listed = listed_by_sponsor(context)?;
    let known = listed.iter().find(|known| {
        let url = context.spec().peer_url(member);
        known.peer_urls.contains(&url)
    });
    let Some(known) = known else {
        return Err(Problem::new(
            format!("the cluster does not list {}", member.name),
            "see who else changes the cluster's members, and run again",
        ));
    };
    if !known.is_learner || member.learner {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {} ({}) gets its vote", member.name, known.id)],
        ops: vec![WriteOp::PromoteMember {
            access: sponsor(context).access(),
            id: known.id,
            timeout: PROMOTE_TIMEOUT,
        }],
        check: questions(context),
        ..Change::default()
    }))
}

/// A member that did not come to join is removed by its id; one that has its vote stays.
pub(super) fn decide_take_back(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let member = context.member();
    let listed = listed_by_sponsor(context)?;
    let standing = Standing::of(&context.spec().peer_url(member), listed);
    let failed: Option<EtcdId> = match standing {
        Standing::Unlisted | Standing::Voter(_) => None,
        Standing::Learner(_) if member.learner => None,
        Standing::Learner(id) | Standing::Unstarted(id) => Some(id),
    };
    let Some(id) = failed else {
        return Ok(Decision::Nothing);
    };
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "- {} ({id}) is taken out of the cluster again, since it did not come to join",
            member.name
        )],
        ops: vec![WriteOp::RemoveMember {
            access: sponsor(context).access(),
            id,
        }],
        check: questions(context),
        ..Change::default()
    }))
}

/// The questions about the member on whose host the step happens.
fn sponsor<'a>(context: &StepContext<'a>) -> MemberQuestions<'a> {
    let sponsor = context
        .step
        .host_member()
        .expect("membership is changed on a member's host: see goal/join.rs");
    MemberQuestions::new(context.spec(), sponsor)
}

/// Gives what that member says itself: the list of another one may lag behind. One that has left since
/// says nothing any more.
fn listed_by_sponsor<'a>(context: &StepContext<'a>) -> Result<&'a [MemberFacts], Problem> {
    let etcd = sponsor(context).last_said(context.facts()?)?;
    if !etcd.members.is_empty() {
        return Ok(&etcd.members);
    }
    context.run.listed(context.cluster()).map_err(|_| {
        Problem::new(
            format!("the cluster does not list its members: {}", etcd.said),
            "see that the cluster is healthy, and run again: the join goes on",
        )
    })
}
