use super::Membership;
use crate::action::{StepContext, removal, restart_turn};
use crate::op::MemberFacts;
use crate::plan::Action;
use crate::run::RunContext;
use crate::spec::MemberSpec;

use super::membership::Vote;

/// What a step does to a member, which is named by its peer URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is added as a learner that does not run.
    Add(String),
    /// It starts.
    Start(String),
    /// It gets its vote.
    Promote(String),
    /// It is removed.
    Remove(String),
    /// It stops, and does not come back.
    Stop(String),
    /// It stops, and starts again.
    Restart(String),
}

impl Effect {
    /// Gives what a step would do to the votes, by what was observed; nothing when it does nothing to
    /// them.
    ///
    /// What is there for a failure only touches the member that failed: one that is a learner is taken
    /// out again, one that is down is started.
    pub fn of(context: &StepContext<'_>, membership: &Membership) -> Option<Self> {
        let url = |member: &MemberSpec| context.spec().peer_url(member);
        let own = || context.step.host_member().map(url);
        let about = || context.step.member().map(url);
        match context.step.action() {
            Action::Stop | Action::Purge => {
                let is_taken_away = context.run.takes_away(context.cluster(), context.member());
                own()
                    .filter(|_| is_taken_away.unwrap_or(true))
                    .map(Self::Stop)
            }
            Action::Launch => {
                let service = context.facts().ok()?.service(&context.asks().service());
                let runs = service.is_ok_and(|service| service.state.is_alive());
                // What runs there now and is of no use is stopped before.
                let run = context.run;
                let is_taken_away = run.takes_away(context.cluster(), context.member());
                let stays = runs && !is_taken_away.unwrap_or(false);
                own().filter(|_| !stays).map(Self::Start)
            }
            Action::AddMember { .. } => about()
                .filter(|url| membership.get(url).is_none())
                .map(Self::Add),
            Action::PromoteMember { .. } if context.member().learner => None,
            Action::PromoteMember { .. } => about()
                .filter(|url| membership.get(url).is_some_and(|member| !member.votes))
                .map(Self::Promote),
            Action::RemoveMember { nth } => {
                let (_, known) = removal(context, nth).ok()??;
                known.peer_urls.first().cloned().map(Self::Remove)
            }
            Action::Restart { turn } => {
                let due = restart_turn(context).ok()?;
                own().filter(|_| due == Some(turn)).map(Self::Restart)
            }
            Action::Assert
            | Action::ReadFacts
            | Action::Judge { .. }
            | Action::Gate
            | Action::Lock
            | Action::Await { .. }
            | Action::Install
            | Action::Fetch
            | Action::Spare { .. }
            | Action::EnsureAuthority
            | Action::IssueCertificate { .. }
            | Action::Stage { .. }
            | Action::MakeFolders
            | Action::Promote { .. }
            | Action::Mark
            | Action::AwaitReady
            | Action::AwaitLearner
            | Action::AwaitVoter
            | Action::TakeBack { .. }
            | Action::Withdraw
            | Action::Settle { .. }
            | Action::PutBack { .. }
            | Action::Refresh
            | Action::RotateAuthority { .. }
            | Action::Renew
            | Action::ProveRenewed
            | Action::ReturnCertificate
            | Action::EndRotation
            | Action::Verify
            | Action::Unmark
            | Action::Unregister
            | Action::Register { .. }
            | Action::SendSnapshot
            | Action::BuildStore
            | Action::PlaceStore
            | Action::DropSnapshot
            | Action::Compact
            | Action::Measure
            | Action::Defragment { .. }
            | Action::Disarm
            | Action::Snapshot
            | Action::FetchSnapshot
            | Action::RecordSnapshot
            | Action::PruneSnapshots => None,
        }
    }

    /// Says whether it decides who is a member, which takes a quorum.
    pub fn is_decided(&self) -> bool {
        matches!(self, Self::Add(_) | Self::Promote(_) | Self::Remove(_))
    }

    /// Says whether it takes a member down, be it for a while.
    pub fn takes_down(&self) -> bool {
        matches!(self, Self::Stop(_) | Self::Restart(_))
    }
}

impl Membership {
    /// Gives the members of a cluster as one of them that is healthy lists them; none where nobody is.
    ///
    /// Whoever was not asked counts as down: a member that leaves and whose host is dead or gone.
    pub fn of(run: &RunContext<'_>, cluster: usize) -> Option<Self> {
        let spec = &run.plan.clusters()[cluster];
        let listed = run.listed(cluster).ok()?;
        let leaving = spec
            .leaving
            .iter()
            .filter_map(|leaver| leaver.member.as_ref());
        let known: Vec<&MemberSpec> = spec.members.iter().chain(leaving).collect();
        let find = |listed: &MemberFacts| {
            let mut known = known.iter();
            known.find(|member| spec.is_listed_as(member, listed))
        };
        let is_well = |listed: &MemberFacts| {
            let member = find(listed)?;
            let facts = run.observation.facts(&member.host.name).ok()?;
            let asks = crate::facts::MemberQuestions::new(spec, member);
            asks.last_said(facts).ok().map(|said| said.healthy)
        };
        let members = listed.iter().filter_map(|member| {
            let vote = Vote {
                votes: !member.is_learner,
                is_well: is_well(member).unwrap_or(false),
            };
            // One that moves is called by where it will be: so the steps call it.
            let url = find(member).map(|member| spec.peer_url(member));
            Some((url.or_else(|| member.peer_urls.first().cloned())?, vote))
        });
        Some(members.collect())
    }
}
