use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::{Address, ClusterName, GroupName, HostName, MemberName};
use crate::plan::{Action, Goal, GoalOptions, PurgeRule, Selection, StepId, Subtask};
use crate::spec::Connection;

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    /// `etcd-plan/1`.
    pub(super) format: String,
    pub(super) goal: Goal,
    pub(super) purge: PurgeRule,
    pub(super) selection: Selection,
    #[serde(default, skip_serializing_if = "GoalOptions::is_default")]
    pub(super) options: GoalOptions,
    pub(super) clusters: Vec<Cluster>,
    pub(super) steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cluster {
    pub(super) name: ClusterName,
    pub(super) group: GroupName,
    pub(super) parameters: BTreeMap<String, Parameter>,
    pub(super) members: Vec<Member>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) leaving: Vec<Leaving>,
    pub(super) infra: Vec<Host>,
}

/// A parameter's value as it would be written, and where it came from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) value: String,
    pub(super) origin: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) seq: u32,
    pub(super) name: MemberName,
    pub(super) address: Address,
    pub(super) learner: bool,
    pub(super) host: Host,
}

/// A member that is to leave the cluster.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaving {
    pub(super) named: String,
    pub(super) dead: bool,
    /// None when its host is not in the inventory.
    pub(super) member: Option<Member>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    pub(super) name: HostName,
    pub(super) connection: Connection,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) id: StepId,
    /// None for the gate.
    pub(super) cluster: Option<ClusterName>,
    /// None for the controller.
    pub(super) host: Option<HostName>,
    pub(super) subtask: Option<Subtask>,
    pub(super) tags: Vec<String>,
    pub(super) action: Action,
    pub(super) summary: String,
    pub(super) waits_for: Vec<StepId>,
    pub(super) why_it_waits: String,
    pub(super) file: Option<File>,
}

/// The file that a step writes, as it is rendered from the inventory. What only a run knows stands
/// in angle brackets.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(in crate::view) struct File {
    pub(in crate::view) path: String,
    pub(in crate::view) owner: String,
    pub(in crate::view) group: String,
    pub(in crate::view) mode: String,
    /// None for certificates and keys, which never stand in a plan.
    pub(in crate::view) content: Option<String>,
}
