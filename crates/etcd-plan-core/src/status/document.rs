use serde::{Deserialize, Serialize};

use super::LastRun;
use crate::cert::UnixTime;
use crate::names::{ClusterName, EtcdId, HostName, MemberName};
use crate::op::{Alarm, ServiceState};
use crate::plan::StepId;

/// What clusters are like, read at one time. `format` is `etcd-plan-status/1`; all fields are always
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `etcd-plan-status/1`.
    pub format: String,
    /// When it was read, in UTC: `2026-11-21T14:30:00Z`.
    pub read_at: String,
    /// The clusters, in the order of their names.
    pub clusters: Vec<ClusterStatus>,
}

/// How well a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The wanted members are there and answer, with one leader and no alarm.
    Healthy,
    /// It serves, and something is wrong.
    Degraded,
    /// No member answers a linearizable read: nobody can write.
    Down,
    /// There is none: nothing runs, and there is no data.
    Absent,
    /// Too little could be read to tell.
    Unknown,
}

/// What one cluster is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Its name.
    pub name: ClusterName,
    /// How well it is.
    pub health: Health,
    /// The id that its members agree on; none when none answered, or they differ.
    pub cluster_id: Option<EtcdId>,
    /// The leader; none when there is none, or nobody says who it is.
    pub leader: Option<MemberName>,
    /// How many members vote, as the inventory has it.
    pub voters: usize,
    /// How many of them must answer.
    pub quorum: usize,
    /// How many of them answer.
    pub answering: usize,
    /// How many more voters may fail now while the cluster goes on.
    pub tolerance: usize,
    /// The store's highest revision that was seen.
    pub revision: Option<u64>,
    /// The wanted quota of the database in bytes.
    pub quota: u64,
    /// The latest backup that was taken of it, as far as its hosts know; none where they know of none.
    pub backup: Option<BackupStatus>,
    /// The members of the inventory, in their order.
    pub members: Vec<MemberStatus>,
    /// Members that the cluster lists, and the inventory does not have.
    pub strangers: Vec<Stranger>,
    /// Alarms that are raised, by whichever member they were told.
    pub alarms: Vec<Alarm>,
    /// What is wrong; nothing in a healthy cluster.
    pub problems: Vec<Finding>,
    /// What will go wrong: certificates that run out, a database that gets near its quota.
    pub warnings: Vec<Finding>,
    /// The latest run that changed something; none where no host has a journal of one.
    pub last_run: Option<LastRun>,
    /// What `apply` would change where the cluster is as such there.
    pub drift: Vec<Drift>,
}

/// The latest backup of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupStatus {
    /// When it was taken, in UTC: `2026-11-21T14:30:00Z`.
    pub taken_at: String,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
    /// The member that it was taken from.
    pub taken_from: MemberName,
    /// The revision of the store in it.
    pub revision: u64,
    /// How many keys it has; none when they could not be counted.
    pub keys: Option<u64>,
    /// Its size in bytes.
    pub size: u64,
    /// Where it was put: on the control machine as it was asked for, or `HOST:PATH`.
    pub kept_at: String,
}

/// What a member of the inventory is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberStatus {
    /// Its name.
    pub name: MemberName,
    /// Its host.
    pub host: HostName,
    /// Where clients reach it.
    pub client_url: String,
    /// Its id in the cluster; none when nobody lists it.
    pub id: Option<EtcdId>,
    /// What it is in the cluster.
    pub role: Role,
    /// The state of its service; none when that could not be read.
    pub service: Option<ServiceState>,
    /// Whether it answers: a linearizable read, or for a learner, its status with a leader.
    pub healthy: bool,
    /// Its version, as it says itself.
    pub version: Option<String>,
    /// The size of its database in bytes.
    pub db_size: Option<u64>,
    /// The part of it in use, in bytes; none from servers that do not say.
    pub db_size_in_use: Option<u64>,
    /// The part of the quota that the database has used up, in percent.
    pub quota_used_percent: Option<u64>,
    /// Its raft term.
    pub raft_term: Option<u64>,
    /// The raft index that it has applied.
    pub raft_applied_index: Option<u64>,
    /// How many raft entries it is behind the furthest member. Members are asked at slightly
    /// different times, so a few are none.
    pub raft_lag: Option<u64>,
    /// The certificate on its host; none when there is none, or it could not be read.
    pub certificate: Option<CertificateStatus>,
}

/// What a member is in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It leads.
    Leader,
    /// It votes and follows.
    Follower,
    /// It has no vote.
    Learner,
    /// It did not answer, or has no leader.
    Unknown,
}

/// How long a certificate is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateStatus {
    /// The last moment at which it is valid, in UTC: `2046-11-16T14:30:00Z`.
    pub not_after: String,
    /// Whole days until then; negative when that has passed.
    pub days_left: i64,
}

/// A member that the cluster lists, and the inventory does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// Its id.
    pub id: EtcdId,
    /// Its name; empty before it started for the first time.
    pub name: String,
    /// Its peer URLs.
    pub peer_urls: Vec<String>,
}

/// Something that is wrong, or will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The member that it is about; none for the cluster as a whole.
    pub member: Option<MemberName>,
    /// What it is, as one sentence without a full stop.
    pub what: String,
    /// The next action.
    pub hint: String,
}

impl Finding {
    /// Makes one about a member.
    pub(super) fn of_member(name: &MemberName, what: impl Into<String>, hint: &str) -> Self {
        Self {
            member: Some(name.clone()),
            what: what.into(),
            hint: hint.to_owned(),
        }
    }

    /// Makes one about the cluster as a whole.
    pub(super) fn of_cluster(what: impl Into<String>, hint: &str) -> Self {
        Self {
            member: None,
            what: what.into(),
            hint: hint.to_owned(),
        }
    }
}

/// Something that is not as the inventory has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The step that would change it.
    pub step: StepId,
    /// Its host; none for the control machine.
    pub host: Option<HostName>,
    /// What would change, a line each: `+` new, `~` changed, `-` taken away.
    pub lines: Vec<String>,
    /// The difference between the file that is there and the wanted one, of files that may be shown.
    pub diff: Option<String>,
}

impl Status {
    /// The format of the document.
    pub const FORMAT: &str = "etcd-plan-status/1";

    /// Begins with no cluster.
    pub fn begin(read_at: UnixTime) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            read_at: read_at.to_string(),
            clusters: Vec::new(),
        }
    }

    /// Takes in a cluster.
    pub fn add(&mut self, cluster: ClusterStatus) {
        let before = |other: &ClusterStatus| other.name < cluster.name;
        let at = self.clusters.partition_point(before);
        self.clusters.insert(at, cluster);
    }

    /// Says whether every cluster is healthy.
    pub fn is_healthy(&self) -> bool {
        let mut clusters = self.clusters.iter();
        clusters.all(|cluster| cluster.health == Health::Healthy)
    }

    /// Says whether something is not as the inventory has it.
    pub fn has_drift(&self) -> bool {
        self.clusters
            .iter()
            .any(|cluster| !cluster.drift.is_empty())
    }

    /// Writes the document as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the document has only text keys")
    }
}

impl Health {
    /// Gives the name of the health.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

impl Role {
    /// Gives the name of the role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Learner => "learner",
            Self::Unknown => "unknown",
        }
    }
}
