use std::fmt;
use std::sync::Arc;

use super::{Action, Plan, Subtask};
use crate::names::{HostName, serde_through_text};
use crate::spec::{ClusterSpec, HostSpec, Leaver, MemberSpec};

/// Where a step happens, within its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// On the machine that runs the plan.
    Controller,
    /// On the host of the member at this position.
    Member(u32),
    /// On the host of the member at this position of those that are to leave.
    Leaving(u32),
    /// On the host at this position of group `infra`.
    Infra(u32),
}

impl At {
    /// Gives the place of the host at a position of group `infra`: that of its member where it
    /// carries one, so that a host has one place in its cluster.
    pub(crate) fn of_infra(cluster: &ClusterSpec, position: usize) -> Self {
        let host = &cluster.infra[position].name;
        let infra = u32::try_from(position).expect("hosts are counted in 32 bits");
        Self::of_member(cluster, host).unwrap_or(Self::Infra(infra))
    }

    /// Gives the place of a host that carries a member, or one that is to leave.
    fn of_member(cluster: &ClusterSpec, host: &HostName) -> Option<Self> {
        let is_it = |member: &MemberSpec| member.host.name == *host;
        let member = cluster.members.iter().position(is_it);
        let leaves = |leaver: &Leaver| leaver.member.as_ref().is_some_and(is_it);
        let leaving = || cluster.leaving.iter().position(leaves);
        match member {
            Some(member) => u32::try_from(member).ok().map(Self::Member),
            None => u32::try_from(leaving()?).ok().map(Self::Leaving),
        }
    }

    /// Gives the place of a host of a cluster, by its name.
    pub(crate) fn of_host(cluster: &ClusterSpec, host: &HostName) -> Option<Self> {
        let infra = || cluster.infra.iter().position(|infra| infra.name == *host);
        Self::of_member(cluster, host)
            .or_else(|| infra().map(|position| Self::of_infra(cluster, position)))
    }
}

/// A step as the plan keeps it. Names and sentences are made from it when they are asked for: a
/// plan of a thousand clusters has tens of thousands of steps, and most are never printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepNode {
    pub(crate) cluster: u32,
    pub(crate) at: At,
    pub(crate) action: Action,
}

/// The position of a step in its plan, in the order in which steps were planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIndex(pub(crate) u32);

impl StepIndex {
    pub(super) fn of(position: usize) -> Self {
        Self(u32::try_from(position).expect("steps are counted in 32 bits"))
    }

    /// Gives the position as a number, for tables beside the plan.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// The stable name of a step. It reads like a path: `etcd/10.10.10.11/etcd_conf/etcd.conf`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(Arc<str>);

impl StepId {
    /// Gives the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for StepId {
    type Err = crate::names::NameError;

    /// # Errors
    ///
    /// When the text is empty.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(crate::names::NameError::new("is empty"));
        }
        Ok(Self(text.into()))
    }
}

serde_through_text!(StepId);

/// One node of a plan.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) index: StepIndex,
}

impl<'a> Step<'a> {
    pub(crate) fn node(self) -> StepNode {
        self.plan.node(self.index)
    }

    /// Gives the plan.
    pub fn plan(self) -> &'a Plan {
        self.plan
    }

    /// Gives the step's position.
    pub fn index(self) -> StepIndex {
        self.index
    }

    /// Gives what the step does.
    pub fn action(self) -> Action {
        self.node().action
    }

    /// Gives the cluster; none for the gate, which is one for all.
    pub fn cluster(self) -> Option<&'a ClusterSpec> {
        match self.node().action {
            Action::Gate => None,
            _ => Some(&self.plan.clusters()[self.node().cluster as usize]),
        }
    }

    /// Gives the host; none for a step on the controller.
    pub fn host(self) -> Option<&'a HostSpec> {
        let cluster = self.cluster()?;
        match self.node().at {
            At::Controller => None,
            At::Member(position) => Some(&cluster.members[position as usize].host),
            At::Leaving(_) => self.host_member().map(|member| &member.host),
            At::Infra(position) => Some(&cluster.infra[position as usize]),
        }
    }

    /// Gives the name of the host; none for a step on the controller.
    pub fn host_name(self) -> Option<&'a HostName> {
        self.host().map(|host| &host.name)
    }

    /// Gives the member that the step is about, on whichever host it happens.
    pub fn member(self) -> Option<&'a MemberSpec> {
        match self.node().action.member() {
            Some(position) => self.cluster()?.members.get(position as usize),
            None => self.host_member(),
        }
    }

    /// Gives the member on whose host the step happens.
    pub fn host_member(self) -> Option<&'a MemberSpec> {
        let cluster = self.cluster()?;
        match self.node().at {
            At::Member(position) => cluster.members.get(position as usize),
            At::Leaving(position) => {
                let leaver = cluster.leaving.get(position as usize)?;
                leaver.member.as_ref()
            }
            At::Controller | At::Infra(_) => None,
        }
    }

    /// Gives the subtask; none for the gate and barriers.
    pub fn subtask(self) -> Option<Subtask> {
        self.action().subtask()
    }

    /// Gives the tags that select the step; none for what no selection removes.
    pub fn tags(self) -> Vec<&'static str> {
        self.subtask().map(Subtask::tags).unwrap_or_default()
    }

    /// Gives the step's stable name.
    pub fn id(self) -> StepId {
        let Some(cluster) = self.cluster() else {
            return StepId("gate".into());
        };
        let host = self.host_name().map_or("controller", HostName::as_str);
        let object = self.object();
        let text = match self.subtask() {
            Some(subtask) => format!("{}/{host}/{subtask}/{object}", cluster.name),
            None => format!("{}/{host}/{object}", cluster.name),
        };
        StepId(text.into())
    }

    /// Gives the last part of the step's name: what it is about.
    fn object(self) -> String {
        match self.action() {
            Action::Assert => "inventory".into(),
            Action::ReadFacts => "facts".into(),
            Action::Judge { guard } => guard.as_str().into(),
            Action::Gate => "gate".into(),
            Action::Lock => "lock".into(),
            Action::Await { barrier } => barrier.as_str().into(),
            Action::Install => "package".into(),
            Action::Fetch | Action::FetchSnapshot => "fetched".into(),
            Action::EnsureAuthority => "authority".into(),
            Action::IssueCertificate { .. } | Action::Register { .. } => self.member_name(),
            Action::AddMember { .. } => format!("add/{}", self.member_name()),
            Action::AwaitLearner => "learner".into(),
            Action::AwaitVoter => "voter".into(),
            Action::PromoteMember { .. } => format!("promote/{}", self.member_name()),
            Action::TakeBack { .. } => format!("take-back/{}", self.member_name()),
            Action::RemoveMember { nth } => format!("remove/{}", nth + 1),
            Action::Withdraw => "withdraw".into(),
            Action::Spare { turn } => format!("spare/{}", turn.as_str()),
            Action::Restart { turn } => format!("restart/{}", turn.as_str()),
            Action::Settle { turn } => format!("settle/{}", turn.as_str()),
            Action::PutBack { turn } => format!("put-back/{}", turn.as_str()),
            Action::Refresh => "refresh".into(),
            Action::RotateAuthority { stage } => format!("rotate/{stage}"),
            Action::Renew => "renewed".into(),
            Action::ProveRenewed => "proved".into(),
            Action::ReturnCertificate => "returned".into(),
            Action::EndRotation => "rotated".into(),
            Action::Compact => "compact".into(),
            Action::Measure => "measured".into(),
            Action::Defragment { turn } => format!("defragment/{}", turn.as_str()),
            Action::Disarm => "disarm".into(),
            Action::SendSnapshot => "sent".into(),
            Action::BuildStore => "store".into(),
            Action::PlaceStore => "placed".into(),
            Action::DropSnapshot => "dropped".into(),
            Action::Snapshot => "snapshot".into(),
            Action::RecordSnapshot => "recorded".into(),
            Action::PruneSnapshots => "outdated".into(),
            Action::Stage { .. } => "staged".into(),
            Action::Stop => "stop".into(),
            Action::Purge => "data".into(),
            Action::MakeFolders => "folders".into(),
            Action::Promote { file } => file.name().into(),
            Action::Mark => "begun".into(),
            Action::Launch => "start".into(),
            Action::AwaitReady => "ready".into(),
            Action::Verify => "verify".into(),
            Action::Unmark => "done".into(),
            Action::Unregister => "gone".into(),
        }
    }

    fn member_name(self) -> String {
        self.member()
            .map(|member| member.name.to_string())
            .unwrap_or_default()
    }

    /// Says whether the step is one of those that the gate waits for.
    pub fn is_above_gate(self) -> bool {
        matches!(
            self.action(),
            Action::Assert | Action::ReadFacts | Action::Judge { .. }
        )
    }

    /// Goes through the steps that this one waits for.
    pub fn waits_for(self) -> impl Iterator<Item = Step<'a>> {
        self.plan.before(self.index)
    }
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({})", self.id())
    }
}
