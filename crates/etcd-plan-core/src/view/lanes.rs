//! What pictures of a plan show: steps that are alike on several hosts are one node.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::cert::RotationStage;
use crate::names::HostName;
use crate::plan::{Action, Barrier, FileSet, Plan, StepIndex};

/// A node of a picture: the steps of one cluster that are told in one breath, on all their hosts.
pub(super) struct Lane {
    pub(super) cluster: Option<u32>,
    pub(super) label: String,
    pub(super) kind: LaneKind,
}

/// What a node of a picture looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneKind {
    Guard,
    Gate,
    Barrier,
    Read,
    Change,
    Destructive,
}

impl LaneKind {
    pub(super) fn of(action: Action) -> Self {
        match action {
            Action::Judge { .. } => Self::Guard,
            Action::Gate => Self::Gate,
            Action::Await { .. } => Self::Barrier,
            action if action.is_destructive() => Self::Destructive,
            action if action.can_change() => Self::Change,
            _ => Self::Read,
        }
    }
}

/// A plan as pictures show it.
pub(super) struct Picture {
    pub(super) lanes: Vec<Lane>,
    pub(super) edges: BTreeSet<(usize, usize)>,
}

impl Picture {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut places: Vec<BTreeSet<(Option<&HostName>, StepIndex)>> = Vec::new();
        let mut by_key: BTreeMap<(Option<u32>, bool, Action), usize> = BTreeMap::new();
        let mut of_step = vec![0usize; plan.len()];
        for index in plan.indices() {
            let step = plan.step(index);
            let node = step.node();
            let cluster = (node.action != Action::Gate).then_some(node.cluster);
            let action = node.action.common();
            let key = (cluster, step.host().is_some(), action);
            let lane = *by_key.entry(key).or_insert_with(|| {
                lanes.push(Lane {
                    cluster,
                    label: label(action).to_owned(),
                    kind: LaneKind::of(action),
                });
                places.push(BTreeSet::new());
                lanes.len() - 1
            });
            // What happens on one host is there once, however many files and members it is about.
            let host = step.host_name();
            let nth = host.map_or(index, |_| StepIndex(0));
            places[lane].insert((host, nth));
            of_step[index.get()] = lane;
        }
        for (lane, places) in lanes.iter_mut().zip(&places) {
            if places.len() > 1 {
                let _ = write!(lane.label, " ×{}", places.len());
            }
        }
        let lane_of = |index: StepIndex| of_step[index.get()];
        let edges = plan
            .indices()
            .flat_map(|index| {
                plan.before(index)
                    .map(move |before| (lane_of(before.index()), lane_of(index)))
            })
            .filter(|(from, to)| from != to)
            .collect();
        Self { lanes, edges }
    }
}

/// Says in a few words what a node does.
pub(super) fn label(action: Action) -> &'static str {
    match action {
        Action::Assert => "check the inventory",
        Action::ReadFacts => "read what is there",
        Action::Judge { guard } => guard.as_str(),
        Action::Gate => "gate",
        Action::Lock => "lock",
        Action::Await { barrier } => match barrier {
            Barrier::Locked => "all are locked",
            Barrier::Staged => "everything new is ready",
            Barrier::Down => "all old members are down",
            Barrier::Placed => "everything is in its place",
            Barrier::Started => "all members were started",
            Barrier::Saved => "what it holds is saved",
            Barrier::Measured => "all was measured",
            Barrier::Sent => "all have the snapshot",
            Barrier::Proved => "it was proved",
            Barrier::Restored => "all new stores were made",
        },
        Action::Install => "install etcd",
        Action::Fetch => "fetch the packages",
        Action::EnsureAuthority => "certificate authority",
        Action::IssueCertificate { .. } => "issue certificate",
        Action::Stage { files } => match files {
            FileSet::Conf => "stage configuration",
            FileSet::Cert => "stage certificate",
        },
        Action::Stop => "stop etcd",
        Action::Purge => "move data aside",
        Action::MakeFolders => "make folders",
        Action::Promote { file } => match file.set() {
            FileSet::Conf => "put configuration in place",
            FileSet::Cert => "put certificate in place",
        },
        Action::Mark => "note the build",
        Action::Unmark => "drop the note",
        Action::Launch => "start etcd",
        Action::AwaitReady => "wait for its answer",
        Action::AddMember { .. } => "add as a learner",
        Action::AwaitLearner => "wait for the learner",
        Action::AwaitVoter => "wait for the voter",
        Action::PromoteMember { .. } => "give it its vote",
        Action::TakeBack { .. } => "take out again",
        Action::Withdraw => "move its data aside",
        Action::Spare { .. } => "ask the others",
        Action::RemoveMember { .. } => "take out a member",
        Action::Restart { .. } => "restart etcd",
        Action::Settle { .. } => "wait until it is back",
        Action::PutBack { .. } => "put back what was",
        Action::Refresh => "refresh without a restart",
        Action::RotateAuthority { stage } => match stage {
            RotationStage::Trust => "trust another authority",
            RotationStage::Issue => "issue by the other authority",
            RotationStage::Finish => "drop the old authority",
        },
        Action::Renew => "replace the certificate",
        Action::ProveRenewed => "prove it on a new connection",
        Action::ReturnCertificate => "give back what it had",
        Action::EndRotation => "end the rotation",
        Action::Compact => "compact the history",
        Action::Measure => "measure again",
        Action::Defragment { .. } => "defragment",
        Action::Disarm => "take back the alarm",
        Action::SendSnapshot => "bring the snapshot",
        Action::BuildStore => "make the new store",
        Action::PlaceStore => "put the store in place",
        Action::DropSnapshot => "delete the snapshot",
        Action::Snapshot => "save a snapshot",
        Action::FetchSnapshot => "bring it here",
        Action::RecordSnapshot => "note what was saved",
        Action::PruneSnapshots => "delete outdated ones",
        Action::Verify => "prove the cluster",
        Action::Unregister => "drop who is gone",
        Action::Register { .. } => "register with Prometheus",
    }
}
