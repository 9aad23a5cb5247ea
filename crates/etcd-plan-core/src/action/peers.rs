//! A member's peers are told where to reach it before it restarts there (etcd's runtime configuration
//! guide, facts.md S14).

use super::StepContext;
use crate::facts::MemberQuestions;
use crate::names::{EtcdId, Millis};
use crate::op::{EtcdAccess, MemberFacts, WriteOp};

/// How long it is tried, in milliseconds: a lead that was just handed over is found again by then.
const UPDATE_TIMEOUT: Millis = Millis(15_000);

/// A member that other members reach elsewhere than the inventory has it.
pub(super) struct Moves {
    /// Its id, which it keeps.
    pub(super) id: EtcdId,
    /// Where they reach it now.
    pub(super) from: String,
    /// Where they are to.
    pub(super) to: String,
}

/// Says whether others reach the step's member elsewhere than the inventory has it, by the list of its
/// cluster; none where nobody gives that.
pub(super) fn moves(context: &StepContext<'_>) -> Option<Moves> {
    let (spec, member) = (context.spec(), context.member());
    let listed = context.run.listed(context.cluster()).ok()?;
    let to = spec.peer_url(member);
    let known = find(listed, member.name.as_str())?;
    (known.peer_urls != [to.as_str()]).then(|| Moves {
        id: known.id,
        from: known.peer_urls.join(","),
        to,
    })
}

/// What tells the others where a member is, through one of them that is well, or through the member
/// itself where it is alone.
pub(super) fn update(context: &StepContext<'_>, id: EtcdId, peer_urls: &str) -> WriteOp {
    let (spec, own) = (context.spec(), context.member());
    let is_well = |member: &&crate::spec::MemberSpec| {
        let facts = context.run.observation.facts(&member.host.name).ok();
        let said = facts.and_then(|facts| MemberQuestions::new(spec, member).last_said(facts).ok());
        said.is_some_and(|said| said.healthy)
    };
    let mut others = spec.voters().filter(|member| member.name != own.name);
    let through = others.find(is_well).unwrap_or(own);
    WriteOp::UpdateMember {
        access: EtcdAccess {
            endpoint: spec.client_url(through),
            ..context.asks().access()
        },
        id,
        peer_urls: peer_urls.to_owned(),
        timeout: UPDATE_TIMEOUT,
    }
}

/// Gives what brings the others back to where a member was, whose configuration of before is put back;
/// nothing where that is the same place.
pub(super) fn update_back(context: &StepContext<'_>, before: &[u8], now: &[u8]) -> Option<WriteOp> {
    let url = |content: &[u8]| crate::facts::FoundConf::read(content).peer_url;
    let (before, now) = (url(before)?, url(now)?);
    let listed = context.run.listed(context.cluster()).ok()?;
    let known = find(listed, context.member().name.as_str())?;
    (before != now).then(|| update(context, known.id, &before))
}

fn find<'a>(listed: &'a [MemberFacts], name: &str) -> Option<&'a MemberFacts> {
    listed.iter().find(|known| known.name == name)
}
