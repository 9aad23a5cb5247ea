//! What a session can be asked: typed operations, and their typed answers.
//!
//! An operation says what, never how: executors lower it to a shell, a simulator applies it to a
//! model. Reading and writing are two types, so that code which may only read cannot write.

mod batch;
mod file;
mod read;
mod reply;
mod service;
mod write;

pub use batch::{Batch, Op, OpFailure, OpResult};
pub use file::{Digest, FileContent, Ownership, digest, hex};
pub use read::{EtcdAccess, Fetch, ReadOp};
pub use reply::{
    Alarm, Awaited, Compaction, DataDirFacts, EndpointStatus, EtcdFacts, Fetched, FileFacts,
    FileKind, Holdings, Listener, MemberFacts, PackageFacts, PackageManager, ProcessFacts, Reply,
    RestoreTool, ServiceFacts, ServiceManager, ServiceState, SnapshotFacts, SystemFacts,
    VotersFacts,
};
pub use service::Service;
pub use write::{RestoredMember, WriteOp};
