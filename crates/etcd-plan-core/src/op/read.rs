use serde::{Deserialize, Serialize};

use super::Service;
use crate::names::{HostPath, Millis, Port};

/// A question to a host. Answering it changes nothing there.
///
/// Questions are keys: what a host answered is kept under the question, and asked again it is
/// replaced (see [`crate::facts::HostFacts`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadOp {
    /// What machine it is. Answer: [`super::SystemFacts`].
    System,
    /// Which etcd is there, and which package manager. Answer: [`super::PackageFacts`].
    Package,
    /// Which etcds run there, and how each was started. Answer: `Vec<`[`super::ProcessFacts`]`>`.
    Processes,
    /// Kind, owner, mode, size and digest of a file or folder, links not followed. Answer:
    /// `Option<`[`super::FileFacts`]`>`, none when nothing is there.
    Stat {
        /// The file or folder.
        path: HostPath,
    },
    /// The content of a file of at most 1 MiB. Answer: `Option<Vec<u8>>`, none when nothing is there.
    ReadFile {
        /// The file.
        path: HostPath,
    },
    /// The names of what lies in a folder, sorted. Answer: `Vec<String>`, empty when there is no
    /// such folder.
    Folder {
        /// The folder.
        path: HostPath,
    },
    /// The state of a service. Answer: [`super::ServiceFacts`].
    Service {
        /// The service.
        service: Service,
    },
    /// How long after the last change of a file the process of a service began. Answer: `Option<i64>`,
    /// milliseconds, negative when it began before; hosts say it to the second. None when the service
    /// does not run, or the file is not there.
    StartedAfter {
        /// The service.
        service: Service,
        /// The file.
        path: HostPath,
    },
    /// Who listens on these ports, on whichever address. Answer: `Vec<`[`super::Listener`]`>`.
    Listeners {
        /// The ports.
        ports: Vec<Port>,
    },
    /// What lies in a data directory. Answer: [`super::DataDirFacts`].
    DataDir {
        /// The data directory.
        path: HostPath,
    },
    /// What the etcd at an endpoint says of itself and its cluster. Answer: [`super::EtcdFacts`].
    Etcd {
        /// How it is reached.
        access: EtcdAccess,
    },
    /// How many keys the cluster at an endpoint holds. Answer: `Option<u64>`, none when it does not
    /// answer.
    KeyCount {
        /// How it is reached.
        access: EtcdAccess,
    },
    /// What depends on the cluster at an endpoint: whose keys it holds, leases, watchers. Answer:
    /// `Option<`[`super::Holdings`]`>`, none when it does not answer.
    Holdings {
        /// How it is reached.
        access: EtcdAccess,
    },
    /// Whether the cluster at an endpoint asks its clients who they are (etcd's users and roles).
    /// Answer: `Option<bool>`, none when it does not answer.
    Auth {
        /// How it is reached.
        access: EtcdAccess,
    },
    /// Waits until several etcds are healthy, and have been so together for some time, or the time is
    /// over. Answer: [`super::VotersFacts`].
    AwaitVoters {
        /// How each is reached.
        voters: Vec<EtcdAccess>,
        /// For how long they must have been healthy together.
        steady: Millis,
        /// How long at the most.
        timeout: Millis,
    },
    /// Whether the history of the store before a revision is compacted. Answer: [`super::Compaction`].
    Compaction {
        /// How the etcd is reached.
        access: EtcdAccess,
        /// Before which revision; none for the one that leaves `keep` revisions.
        at: Option<u64>,
        /// How many revisions are to be left; of no meaning where `at` is given.
        keep: u64,
    },
    /// What a snapshot holds, or a database that was copied, as the tool on the host judges it. Answer:
    /// `Option<`[`super::SnapshotFacts`]`>`, none when nothing is there.
    Snapshot {
        /// The file.
        path: HostPath,
        /// How the etcd is reached that it was taken from: it counts the keys that there were; none
        /// where nobody can.
        count_by: Option<EtcdAccess>,
    },
    /// Which revision a member's store has: as its etcd says, or where that does not answer, since it
    /// stands still or was never ready, by its database. Answer: `Option<u64>`, none where there is no
    /// database.
    HeldRevision {
        /// The data directory.
        data: HostPath,
        /// How the etcd is reached.
        access: EtcdAccess,
    },
    /// Which tool restores snapshots there. Answer: [`super::RestoreTool`].
    RestoreTool,
    /// A piece of a file of any size: `length` bytes from `offset` on, a multiple of `length`; less at
    /// its end. Answer: `Option<Vec<u8>>`.
    FilePart {
        /// The file.
        path: HostPath,
        /// Where the piece begins, in bytes.
        offset: u64,
        /// How long it is, in bytes.
        length: u64,
    },
    /// Brings a file to the control machine. The engine asks for its pieces and answers itself; no
    /// session is ever asked this. Answer: [`super::Fetched`].
    Fetch(Fetch),
    /// Which certificate the etcd at an endpoint presents on a new connection. Answer: `Option<String>`,
    /// the SHA-256 of the certificate in lower-case hexadecimal; none where no tool is there to see it
    /// (`openssl`), or nobody answers.
    Presented {
        /// How it is reached.
        access: EtcdAccess,
    },
    /// Waits until the etcd at an endpoint is healthy, its service has failed, or the time is over.
    /// A learner answers no linearizable read: it is as well as it can be once it knows its leader.
    /// Answer: [`super::Awaited`].
    AwaitHealthy {
        /// The service that is awaited.
        service: Service,
        /// How it is reached.
        access: EtcdAccess,
        /// Whether it is enough that it answers as a learner.
        as_learner: bool,
        /// How long at the most.
        timeout: Millis,
    },
}

/// A file on its way from a host to the control machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fetch {
    /// The file on the host.
    pub path: HostPath,
    /// Its place on the control machine, absolute, or relative to the folder of the run.
    pub to: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal: what does not have it is not kept.
    pub sha256: String,
    /// The text of the manifest that is written beside it first, with `.json` for the ending `.db`.
    pub manifest: String,
}

/// How `etcdctl` on a host reaches an etcd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EtcdAccess {
    /// The client URL, such as `https://10.10.10.10:2379`.
    pub endpoint: String,
    /// The certificate of the authority that signed the server's certificate.
    pub cacert: HostPath,
    /// The client certificate.
    pub cert: HostPath,
    /// Its key.
    pub key: HostPath,
}
