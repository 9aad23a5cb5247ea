use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Ownership;
use crate::names::{Address, EtcdId, EtcdVersion, HostPath, Millis, Port};

/// The answer to an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A change was made.
    Done,
    /// To `Lock`, when it was taken over from a run that was not heard of any more: whose it was, as
    /// one clause.
    TakenOver(String),
    /// To `System`.
    System(SystemFacts),
    /// To `Package`.
    Package(PackageFacts),
    /// To `Processes`.
    Processes(Vec<ProcessFacts>),
    /// To `Stat`.
    Stat(Option<FileFacts>),
    /// To `ReadFile` and `FilePart`.
    Bytes(Option<Vec<u8>>),
    /// To `Folder`.
    Names(Vec<String>),
    /// To `Service`.
    Service(ServiceFacts),
    /// To `StartedAfter`.
    StartedAfter(Option<i64>),
    /// To `Listeners`.
    Listeners(Vec<Listener>),
    /// To `DataDir`.
    DataDir(DataDirFacts),
    /// To `Etcd`.
    Etcd(EtcdFacts),
    /// To `KeyCount`.
    KeyCount(Option<u64>),
    /// To `Holdings`.
    Holdings(Option<Holdings>),
    /// To `Auth`.
    Auth(Option<bool>),
    /// To `AwaitVoters`.
    Voters(VotersFacts),
    /// To `Compaction`.
    Compaction(Compaction),
    /// To `Snapshot`.
    Snapshot(Option<SnapshotFacts>),
    /// To `HeldRevision`.
    HeldRevision(Option<u64>),
    /// To `RestoreTool`.
    RestoreTool(RestoreTool),
    /// To `Fetch`.
    Fetched(Fetched),
    /// To `AwaitHealthy`.
    Awaited(Awaited),
    /// To `Presented`.
    Presented(Option<String>),
}

/// What machine a host is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemFacts {
    /// The name that the host calls itself.
    pub hostname: String,
    /// The architecture as `uname -m` says it: `x86_64`.
    pub arch: String,
    /// `ID` of os-release: `debian`; empty when there is none.
    pub os: String,
    /// `VERSION_ID` of os-release: `12`; empty when there is none.
    pub os_version: String,
    /// How services are run there.
    pub services: ServiceManager,
    /// Whether operations run as root, or need not to (a sandbox).
    pub privileged: bool,
    /// Whether the host is a sandbox, whose cluster nobody depends on.
    pub throwaway: bool,
    /// The kernel's boot id: another one means that the host was restarted.
    pub boot_id: String,
    /// The host's clock, in milliseconds since 1970 UTC.
    pub clock_ms: u64,
}

/// How services are run on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceManager {
    /// systemd is process 1.
    Systemd,
    /// Processes with pid files: a sandbox.
    Processes,
    /// None that we know.
    Unknown,
}

/// A package manager that we can install etcd with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageManager {
    /// Debian's and Ubuntu's `apt-get`.
    Apt,
    /// `dnf`, of EL 8 and later.
    Dnf,
    /// `yum`, of EL 7.
    Yum,
}

/// Which etcd is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFacts {
    /// What `etcd --version` says; none when there is no `etcd`.
    pub etcd: Option<EtcdVersion>,
    /// What `etcdctl version` says; none when there is no `etcdctl`.
    pub etcdctl: Option<EtcdVersion>,
    /// The package manager, if one that we know is there and may be used.
    pub manager: Option<PackageManager>,
}

/// An etcd that runs, and how it was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// The process.
    pub pid: u32,
    /// The service that it belongs to, without `.service`; none where it belongs to none, as in a
    /// container.
    pub unit: Option<String>,
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// The variables of its environment that etcd reads: `ETCD_…`. None where we may not see them.
    pub environment: BTreeMap<String, String>,
}

/// What kind of thing lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Anything else.
    Other,
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// What it is.
    pub kind: FileKind,
    /// The owner's name; the number where it has none, [`FileFacts::ANYONE`] in a sandbox.
    pub user: String,
    /// The group's name; the number where it has none, [`FileFacts::ANYONE`] in a sandbox.
    pub group: String,
    /// The permission bits, such as `0o640`.
    pub mode: u32,
    /// The size in bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal, of regular files.
    pub sha256: Option<String>,
}

impl FileFacts {
    /// Stands for every user and group. A sandbox owns its files under one user and cannot give
    /// them away, so it reports those as owned by whoever is wanted.
    pub const ANYONE: &str = "*";

    /// Says whether the owner and the group are the wanted ones.
    pub fn is_owned_by(&self, wanted: &Ownership) -> bool {
        let fits = |found: &str, wanted: &str| found == wanted || found == Self::ANYONE;
        fits(&self.user, &wanted.user) && fits(&self.group, &wanted.group)
    }
}

/// The state of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Whether it runs.
    pub state: ServiceState,
    /// The process, while there is one.
    pub pid: Option<u32>,
    /// Whether it is started at boot; always so in a sandbox, which has no boot.
    pub enabled: bool,
}

/// Whether a service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It runs and has said so.
    Running,
    /// It was started and has not yet said that it is ready: etcd before there is a quorum.
    Starting,
    /// It is going down.
    Stopping,
    /// It does not run.
    Stopped,
    /// It ended with an error.
    Failed,
    /// No such service is known.
    Missing,
}

impl ServiceState {
    /// Says whether a process of the service is there.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Starting | Self::Stopping)
    }
}

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// On which address.
    pub address: Address,
    /// On which port.
    pub port: Port,
    /// The process, where it can be told.
    pub pid: Option<u32>,
    /// Its program's name, where it can be told.
    pub program: Option<String>,
}

/// What lies in a data directory.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four answers of one look, each asked for by itself"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataDirFacts {
    /// Whether the folder is there.
    pub exists: bool,
    /// Whether a file system is mounted there, or a link leads elsewhere: then the folder stays where
    /// it is, and only what it holds is moved aside, within it.
    pub fixed: bool,
    /// Whether it holds anything at all; in a fixed folder, but for `lost+found` and what was moved
    /// aside.
    pub empty: bool,
    /// Whether it holds a write-ahead log: `member/wal/*.wal`.
    pub wal: bool,
    /// Free bytes of the file system that holds it, or would.
    pub free_bytes: u64,
    /// What earlier purges moved aside, in order of their names: `<path>.purged-*`, or
    /// `<path>/.purged-*` in a fixed folder.
    pub purged: Vec<HostPath>,
}

/// What an etcd says of itself and its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EtcdFacts {
    /// Whether a linearizable read through it succeeded.
    pub healthy: bool,
    /// Its status, when it answered.
    pub status: Option<EndpointStatus>,
    /// The members it knows; empty when it did not answer.
    pub members: Vec<MemberFacts>,
    /// Alarms that are raised.
    pub alarms: Vec<Alarm>,
    /// What `etcdctl` said when something failed; empty otherwise.
    pub said: String,
}

impl EtcdFacts {
    /// Says whether it can be read: it is healthy, or unhealthy only in that `etcdctl` calls one so
    /// that has raised the alarm of a full quota (3.5 and later do), under which it takes no writes.
    pub fn can_be_read(&self) -> bool {
        let has_leader = |status: &EndpointStatus| status.leader != EtcdId(0);
        let is_full = !self.alarms.is_empty() && self.alarms.iter().all(Alarm::is_nospace);
        self.healthy || (is_full && self.status.as_ref().is_some_and(has_leader))
    }
}

impl Alarm {
    /// Says whether the alarm is that of a full quota.
    pub fn is_nospace(&self) -> bool {
        self.kind == "NOSPACE"
    }
}

/// The status of one endpoint, from `etcdctl endpoint status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointStatus {
    /// The cluster's id.
    pub cluster_id: EtcdId,
    /// The member's own id.
    pub member_id: EtcdId,
    /// The leader's id; 0 while there is none.
    pub leader: EtcdId,
    /// The version of the server.
    pub version: String,
    /// The size of the database in bytes.
    pub db_size: u64,
    /// The part of it in use, in bytes; none from servers that do not say.
    pub db_size_in_use: Option<u64>,
    /// The store's revision.
    pub revision: u64,
    /// The raft term.
    pub raft_term: u64,
    /// The raft index.
    pub raft_index: u64,
    /// The raft index that was applied.
    pub raft_applied_index: u64,
    /// Whether the member has no vote.
    pub is_learner: bool,
}

/// A member as `etcdctl member list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberFacts {
    /// Its id.
    pub id: EtcdId,
    /// Its name; empty before it started for the first time.
    pub name: String,
    /// Its peer URLs.
    pub peer_urls: Vec<String>,
    /// Its client URLs; none before it started for the first time.
    pub client_urls: Vec<String>,
    /// Whether it has no vote.
    pub is_learner: bool,
}

/// An alarm that is raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The member that raised it.
    pub member_id: EtcdId,
    /// Which: `NOSPACE` or `CORRUPT`.
    pub kind: String,
}

/// What depends on a cluster, as one of its members says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holdings {
    /// What keys begin with, such as `/pg/`, each with how many of the first 1000 keys do; `*` stands for
    /// keys without such a part.
    pub prefixes: BTreeMap<String, u64>,
    /// How many leases there are; none when that could not be read.
    pub leases: Option<u64>,
    /// How many watchers this member serves; none when its metrics could not be read, for which the
    /// host needs `curl` or `wget`.
    pub watchers: Option<u64>,
}

/// How far the history of a store is compacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compaction {
    /// The revision of the store.
    pub revision: u64,
    /// The revision that was asked about; 0 where there are not as many as are to be left.
    pub at: u64,
    /// Whether all before that is compacted; so it is where that is 0.
    pub done: bool,
}

/// What a snapshot holds, or a database that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotFacts {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of the whole file in lower-case hexadecimal.
    pub sha256: String,
    /// Whether the digest that etcd writes at the end of a snapshot is that of what stands before it;
    /// none where there is no such digest, as in a database that was copied.
    pub sealed: Option<bool>,
    /// The revision of the store in it.
    pub revision: u64,
    /// The tool's own hash (CRC-32) of all that is in it.
    pub hash: u32,
    /// How many keys there were at that revision; none when nobody could count them.
    pub keys: Option<u64>,
}

/// The tool on a host that restores snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTool {
    /// `etcdutl`, or `etcdctl` where there is no such; empty where there is neither.
    pub name: String,
    /// Whether it can raise the revision and mark what was before as compacted (3.6, and late patches
    /// of 3.4 and 3.5).
    pub bumps: bool,
}

/// A file that has come to the control machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// How waiting for a healthy etcd ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// What the etcd says at the end.
    pub etcd: EtcdFacts,
    /// The state of its service at the end.
    pub service: ServiceFacts,
    /// How long it took.
    pub waited: Millis,
    /// The last lines of its log when it is not healthy; empty otherwise.
    pub log: String,
}

/// What several etcds say after they were waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotersFacts {
    /// What each says at the end, in the order in which they were asked for.
    pub etcds: Vec<EtcdFacts>,
    /// How long it took.
    pub waited: Millis,
}
