use serde::{Deserialize, Serialize};

use super::{FileSet, MemberFile, Subtask};
use crate::cert::RotationStage;
use crate::guard::Guard;

/// What a step does. A closed set of values: a plan holds no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// The checks of the inventory, done when the plan was made.
    Assert,
    /// Everything that the run must know of a host is read, in one round trip.
    ReadFacts,
    /// A guard is judged on what was read.
    Judge {
        /// Which.
        guard: Guard,
    },
    /// The one node behind which changes begin.
    Gate,
    /// The host is locked for this run, and what was read is read again.
    Lock,
    /// Several steps are waited for.
    Await {
        /// Which.
        barrier: Barrier,
    },
    /// etcd and etcdctl are installed.
    Install,
    /// The packages of another version are fetched, or sent, and nothing is installed.
    Fetch,
    /// The authority is there, or is made.
    EnsureAuthority,
    /// A member's certificate is good, or is issued.
    IssueCertificate {
        /// The member's position in its cluster.
        member: u32,
    },
    /// Files are written beside their final places.
    Stage {
        /// Which.
        files: FileSet,
    },
    /// What runs is stopped.
    Stop,
    /// Data is moved aside.
    Purge,
    /// etcd's folders are made.
    MakeFolders,
    /// A staged file goes to its final place.
    Promote {
        /// Which.
        file: MemberFile,
    },
    /// It is noted on the host that the cluster is being built.
    Mark,
    /// etcd is enabled and started.
    Launch,
    /// etcd is waited for until it answers.
    AwaitReady,
    /// A member is added to the cluster that lives, as a learner: on the host of another member.
    AddMember {
        /// The new member's position in its cluster.
        member: u32,
    },
    /// A learner is waited for until it has found its leader.
    AwaitLearner,
    /// A learner that has caught up gets its vote: on the host of another member.
    PromoteMember {
        /// The new member's position in its cluster.
        member: u32,
    },
    /// A new member is waited for until it answers with its vote, before another one leaves.
    AwaitVoter,
    /// A member that did not come to join is taken out of the cluster again: on the host of another
    /// member, and only when a step of its join has failed.
    TakeBack {
        /// The member's position in its cluster.
        member: u32,
    },
    /// What a failed join has left on its host is stopped and moved aside.
    Withdraw,
    /// The other voters are waited for until they can do without a member, if this turn is its.
    Spare {
        /// Whose turn it is.
        turn: Turn,
    },
    /// One more of the members that are to leave is taken out of the cluster: on the host of a member
    /// that stays, if that is the one through which members are removed.
    ///
    /// A plan is made before anybody knows who is well and who leads. Which one is next is told by
    /// what was read just before: who is not healthy first, the leader last, after it has handed over.
    RemoveMember {
        /// How many were removed before.
        nth: u32,
    },
    /// A member whose effective configuration changed restarts on the new one, if this turn is its.
    Restart {
        /// Whose turn it is.
        turn: Turn,
    },
    /// A member that has restarted is waited for until it is well, and what it ran on before is
    /// dropped then.
    Settle {
        /// In which turn it has restarted.
        turn: Turn,
    },
    /// A member that did not come back gets what it ran on before, and is started with it: only when
    /// its restart has failed.
    PutBack {
        /// In which turn it has restarted.
        turn: Turn,
    },
    /// A member that runs on gets files that name the members as they are now, without a restart.
    Refresh,
    /// The rotation of the authority is brought to a stage, on the control machine.
    RotateAuthority {
        /// Which.
        stage: RotationStage,
    },
    /// A member that runs on gets its new certificate and key, both at once and without a restart. What
    /// it had is kept.
    Renew,
    /// A member that got a new certificate is waited for until it is well on new connections, and what it
    /// had is dropped then.
    ProveRenewed,
    /// A member that is not well with its new certificate gets back what it had: only when that has
    /// failed.
    ReturnCertificate,
    /// The rotation of the authority is at its end, on the control machine.
    EndRotation,
    /// The history of the cluster's store is compacted, through one member.
    Compact,
    /// A member is asked again how much room it uses, where the history was compacted.
    Measure,
    /// A member's database gives back what it does not use, if this turn is its.
    Defragment {
        /// Whose turn it is.
        turn: Turn,
    },
    /// The alarm of a full quota is taken back, through one member.
    Disarm,
    /// The snapshot that is to be restored is brought to a host, and found whole there.
    SendSnapshot,
    /// A member's store is made of the snapshot, beside its place.
    BuildStore,
    /// The store that was made goes to its place.
    PlaceStore,
    /// The snapshot that was brought to a host is deleted there.
    DropSnapshot,
    /// What the cluster holds is saved into a file on a member's host, if it is this one's turn: a
    /// healthy follower, or the lone member.
    Snapshot,
    /// The snapshot is brought to the control machine.
    FetchSnapshot,
    /// It is noted on the host what was saved, and what is outdated there goes.
    RecordSnapshot,
    /// Outdated snapshots on the control machine are deleted.
    PruneSnapshots,
    /// The cluster is proved to be what the inventory says.
    Verify,
    /// The note that the cluster is being built is taken away.
    Unmark,
    /// Members that are gone are taken out of Prometheus's targets.
    Unregister,
    /// A member is registered with Prometheus.
    Register {
        /// The member's position in its cluster.
        member: u32,
    },
}

/// Whose turn it is while members restart one after the other: through all members three times, so
/// that those that are down already come first, and the leader last (design.md, rule 7).
///
/// A plan is made before anybody knows who leads. Each member takes the first turn that is its by
/// what was read just before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Members that are not healthy.
    Unwell,
    /// Members that follow.
    Follower,
    /// The leader.
    Leader,
}

impl Turn {
    /// All turns, in their order.
    pub const ALL: [Self; 3] = [Self::Unwell, Self::Follower, Self::Leader];

    /// Gives the turn's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unwell => "unwell",
            Self::Follower => "follower",
            Self::Leader => "leader",
        }
    }
}

/// What a barrier waits for, on all hosts of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Barrier {
    /// All hosts are locked, and what the guards relied on still holds.
    Locked,
    /// All that replaces what a purge takes away is there.
    Staged,
    /// All old members are down.
    Down,
    /// All that a new member starts on is in its place.
    Placed,
    /// All members were started.
    Started,
    /// What the cluster holds is saved.
    Saved,
    /// Every member has said how much room it uses.
    Measured,
    /// Every host has the snapshot that is to be restored.
    Sent,
    /// Every member's new store was made.
    Restored,
    /// The cluster was proved.
    Proved,
}

impl Barrier {
    /// Gives the barrier's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Staged => "staged",
            Self::Down => "down",
            Self::Placed => "placed",
            Self::Started => "started",
            Self::Saved => "saved",
            Self::Measured => "measured",
            Self::Sent => "sent",
            Self::Restored => "restored",
            Self::Proved => "proved",
        }
    }
}

impl Action {
    /// Gives the subtask that the action belongs to; none for the gate and barriers, which no
    /// selection removes.
    pub fn subtask(self) -> Option<Subtask> {
        Some(match self {
            Self::Assert => Subtask::Assert,
            Self::Judge { guard } => guard.subtask(),
            Self::ReadFacts | Self::Lock => Subtask::Check,
            Self::Gate | Self::Await { .. } => return None,
            Self::Install | Self::Fetch => Subtask::Install,
            Self::Stop | Self::Purge => Subtask::Purge,
            Self::MakeFolders => Subtask::Dir,
            Self::EnsureAuthority
            | Self::IssueCertificate { .. }
            | Self::RotateAuthority { .. }
            | Self::Renew
            | Self::ProveRenewed
            | Self::ReturnCertificate
            | Self::EndRotation => Subtask::Cert,
            Self::Stage { files } => files.subtask(),
            Self::Promote { file } => file.set().subtask(),
            Self::Mark
            | Self::Launch
            | Self::AwaitReady
            | Self::AddMember { .. }
            | Self::AwaitLearner
            | Self::AwaitVoter
            | Self::PromoteMember { .. }
            | Self::TakeBack { .. }
            | Self::Withdraw
            | Self::Spare { .. }
            | Self::RemoveMember { .. }
            | Self::Restart { .. }
            | Self::Settle { .. }
            | Self::PutBack { .. }
            | Self::Verify
            | Self::Unmark => Subtask::Launch,
            Self::Refresh => Subtask::Conf,
            Self::Compact
            | Self::Measure
            | Self::Defragment { .. }
            | Self::Disarm
            | Self::SendSnapshot
            | Self::BuildStore
            | Self::PlaceStore
            | Self::DropSnapshot
            | Self::Snapshot
            | Self::FetchSnapshot
            | Self::RecordSnapshot
            | Self::PruneSnapshots => Subtask::Store,
            Self::Register { .. } | Self::Unregister => Subtask::Register,
        })
    }

    /// Gives an action that is the same for all steps that a person would tell in one breath: those
    /// about one member or file each, of all members and all files of a set.
    pub(crate) fn common(self) -> Self {
        match self {
            Self::IssueCertificate { .. } => Self::IssueCertificate { member: 0 },
            Self::Register { .. } => Self::Register { member: 0 },
            Self::AddMember { .. } => Self::AddMember { member: 0 },
            Self::PromoteMember { .. } => Self::PromoteMember { member: 0 },
            Self::TakeBack { .. } => Self::TakeBack { member: 0 },
            Self::Spare { .. } => Self::Spare { turn: Turn::Unwell },
            Self::RemoveMember { .. } => Self::RemoveMember { nth: 0 },
            Self::Restart { .. } => Self::Restart { turn: Turn::Unwell },
            Self::Settle { .. } => Self::Settle { turn: Turn::Unwell },
            Self::PutBack { .. } => Self::PutBack { turn: Turn::Unwell },
            Self::Defragment { .. } => Self::Defragment { turn: Turn::Unwell },
            Self::Promote { file } => Self::Promote {
                file: file.set().files()[0],
            },
            other => other,
        }
    }

    /// Says whether the action can change something, on a host or on the controller.
    pub fn can_change(self) -> bool {
        match self {
            Self::Assert
            | Self::ReadFacts
            | Self::Judge { .. }
            | Self::Gate
            | Self::Await { .. }
            | Self::AwaitReady
            | Self::AwaitLearner
            | Self::Spare { .. }
            | Self::Measure
            | Self::AwaitVoter
            | Self::Verify => false,
            Self::Lock
            | Self::Install
            | Self::Fetch
            | Self::EnsureAuthority
            | Self::IssueCertificate { .. }
            | Self::Stage { .. }
            | Self::Stop
            | Self::Purge
            | Self::MakeFolders
            | Self::Promote { .. }
            | Self::Mark
            | Self::Launch
            | Self::AddMember { .. }
            | Self::PromoteMember { .. }
            | Self::TakeBack { .. }
            | Self::Withdraw
            | Self::RemoveMember { .. }
            | Self::Restart { .. }
            | Self::Settle { .. }
            | Self::PutBack { .. }
            | Self::Refresh
            | Self::RotateAuthority { .. }
            | Self::Renew
            | Self::ProveRenewed
            | Self::ReturnCertificate
            | Self::EndRotation
            | Self::Compact
            | Self::Defragment { .. }
            | Self::Disarm
            | Self::SendSnapshot
            | Self::BuildStore
            | Self::PlaceStore
            | Self::DropSnapshot
            | Self::Snapshot
            | Self::FetchSnapshot
            | Self::RecordSnapshot
            | Self::PruneSnapshots
            | Self::Unmark
            | Self::Unregister
            | Self::Register { .. } => true,
        }
    }

    /// Says whether the action takes something away that the same plan cannot bring back.
    pub fn is_destructive(self) -> bool {
        matches!(
            self,
            Self::Stop
                | Self::Purge
                | Self::TakeBack { .. }
                | Self::Withdraw
                | Self::RemoveMember { .. }
        )
    }

    /// Says whether the facts that the guards relied on are read once more just before the action:
    /// it takes something away, be it only for as long as a restart takes.
    pub fn looks_again(self) -> bool {
        self.is_destructive()
            || matches!(
                self,
                Self::Restart { .. } | Self::PutBack { .. } | Self::ReturnCertificate
            )
    }

    /// Says whether the action is there for the case only that something before it has failed.
    pub fn is_contingent(self) -> bool {
        matches!(
            self,
            Self::TakeBack { .. } | Self::Withdraw | Self::PutBack { .. } | Self::ReturnCertificate
        )
    }

    /// Says whether the action is begun even when a step on the same host, which it waits for, has
    /// failed.
    pub fn bears_failure_of(self, before: Self) -> bool {
        match (self, before) {
            (Self::TakeBack { member }, Self::PromoteMember { member: promoted }) => {
                member == promoted
            }
            (Self::PutBack { turn }, Self::Settle { turn: settled }) => turn == settled,
            (Self::ReturnCertificate, Self::ProveRenewed) => true,
            _ => false,
        }
    }

    /// Gives the position of the member that the action is about, where it happens on another host
    /// than that member's.
    pub fn member(self) -> Option<u32> {
        match self {
            Self::IssueCertificate { member }
            | Self::Register { member }
            | Self::AddMember { member }
            | Self::PromoteMember { member }
            | Self::TakeBack { member } => Some(member),
            _ => None,
        }
    }

    /// Says whether the action is always part of a plan, whatever tags select: guards and all that
    /// they stand on.
    pub fn is_safety(self) -> bool {
        matches!(
            self,
            Self::Assert
                | Self::ReadFacts
                | Self::Judge { .. }
                | Self::Gate
                | Self::Lock
                | Self::Await { .. }
        )
    }

    /// Gives the guards that must have been judged before the action: those in whose name it could
    /// do harm.
    pub fn guards(self) -> &'static [Guard] {
        use Guard::{
            Alive, Drift, Foreign, Members, Prerequisites, Readable, Safeguard, Stranger, Whole,
        };
        match self {
            Self::Stop | Self::Purge => {
                &[Readable, Prerequisites, Stranger, Safeguard, Alive, Whole]
            }
            Self::AddMember { .. }
            | Self::PromoteMember { .. }
            | Self::TakeBack { .. }
            | Self::Withdraw
            | Self::RemoveMember { .. } => {
                &[Readable, Prerequisites, Stranger, Safeguard, Whole, Members]
            }
            Self::Restart { .. } | Self::Settle { .. } | Self::PutBack { .. } => {
                &[Readable, Prerequisites, Foreign, Stranger, Members]
            }
            Self::Compact
            | Self::Measure
            | Self::Defragment { .. }
            | Self::Disarm
            | Self::Snapshot
            | Self::FetchSnapshot
            | Self::RecordSnapshot
            | Self::PruneSnapshots
            | Self::RotateAuthority { .. }
            | Self::Renew
            | Self::ProveRenewed
            | Self::ReturnCertificate
            | Self::EndRotation => &[Readable, Prerequisites, Stranger, Members],
            Self::Launch => &[Readable, Prerequisites, Foreign, Stranger, Whole, Drift],
            Self::Stage { .. } => &[Readable, Prerequisites, Stranger],
            Self::Promote { .. } | Self::Refresh => &[Readable, Prerequisites, Stranger, Safeguard],
            _ if self.can_change() => &[Readable, Prerequisites],
            _ => &[Readable],
        }
    }
}
