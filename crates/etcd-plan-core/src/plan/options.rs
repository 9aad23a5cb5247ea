use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Subtask;
use crate::cert::RotationStage;
use crate::names::HostName;

/// Which steps of a plan are wanted. A selection selects steps; it never drops a guard that they
/// need.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only steps on these hosts, and those on the controller that serve them; none for all.
    pub limit: Option<BTreeSet<HostName>>,
    /// Only steps of these subtasks; empty for all.
    pub tags: BTreeSet<Subtask>,
    /// No steps of these subtasks.
    pub skip_tags: BTreeSet<Subtask>,
}

impl Selection {
    /// Says whether steps of this subtask are wanted.
    pub fn takes(&self, subtask: Subtask) -> bool {
        let named = |tags: &BTreeSet<Subtask>| tags.iter().any(|tag| subtask.is_selected_by(*tag));
        (self.tags.is_empty() || named(&self.tags)) && !named(&self.skip_tags)
    }

    /// Says whether steps on this host are wanted.
    pub fn takes_host(&self, host: &HostName) -> bool {
        self.limit.as_ref().is_none_or(|limit| limit.contains(host))
    }

    /// Says whether a subtask was asked for by name, or by the name of the one it is part of.
    pub fn names(&self, subtask: Subtask) -> bool {
        self.takes(subtask) && !self.tags.is_empty()
    }
}

/// What goals ask for besides hosts and subtasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GoalOptions {
    /// What becomes of the snapshots that the plan takes.
    #[serde(skip_serializing_if = "is_default")]
    pub backup: BackupOptions,
    /// What maintenance leaves as it is.
    #[serde(skip_serializing_if = "is_default")]
    pub maintain: MaintainOptions,
    /// What is restored; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreOptions>,
    /// What is rotated, and how.
    #[serde(skip_serializing_if = "is_default")]
    pub rotate: RotateOptions,
}

impl GoalOptions {
    /// Says whether nothing was asked for that is not so anyhow.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What becomes of the snapshots that a plan takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupOptions {
    /// The folder on the control machine that they are brought to, absolute, or relative to the
    /// folder of the run; none where they stay on the host that they were taken from. By default
    /// `backups`.
    pub to: Option<String>,
    /// How many of a cluster are kept there, with the new one; none for all, which is the default.
    pub keep: Option<u32>,
    /// Whether none is taken where the goal would take one before it does something else; by default it
    /// is taken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skip: bool,
}

impl Default for BackupOptions {
    fn default() -> Self {
        Self {
            to: Some("backups".to_owned()),
            keep: None,
            skip: false,
        }
    }
}

/// What maintenance leaves as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintainOptions {
    /// How many revisions of the history stay, for watchers that are behind and for reads of the past;
    /// by default 10000, or none where the quota is full.
    pub keep_revisions: u64,
    /// From which part of a database that is not in use it is defragmented, in percent; by default 20.
    pub threshold: u8,
}

impl Default for MaintainOptions {
    fn default() -> Self {
        Self {
            keep_revisions: 10_000,
            threshold: 20,
        }
    }
}

/// What is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreOptions {
    /// The snapshot on the control machine, absolute, or relative to the folder of the run.
    pub snapshot: String,
    /// By how much the revision is raised where the tool on the hosts can; by default 1000000000, as
    /// etcd's page on recovery has it: more than a cluster writes in a week.
    pub bump_revision: u64,
}

impl RestoreOptions {
    /// By how much the revision is raised where nobody says it.
    pub const BUMP: u64 = 1_000_000_000;
}

/// How certificates, or the authority, are rotated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RotateOptions {
    /// Which stage of the rotation of an authority the plan is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<RotationStage>,
    /// Whether what was rotated shortly before is rotated once more; by default certificates that were
    /// issued within the last hour are kept, and an authority that was made within the last day.
    #[serde(skip_serializing_if = "is_default")]
    pub again: bool,
    /// Whether the old authority is dropped though clients' certificates that are known here are of it; by
    /// default that is a reason to refuse.
    #[serde(skip_serializing_if = "is_default")]
    pub leave_clients: bool,
}

impl RotateOptions {
    /// For how long a certificate that was just issued is not issued again unasked, in seconds: an hour.
    /// So the same command goes on with a rotation that was cut off.
    pub const KEPT_FOR: i64 = 60 * 60;
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// When what is there is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeRule {
    /// Only what stands in the way: remains that are no cluster as the inventory has it.
    WhenNeeded,
    /// All that is there: the cluster is rebuilt, or destroyed.
    Always,
}
