//! What clusters are like now: a document, judged from what was read.
//!
//! Reading is the engine's part (`etcd_plan::status`); here it is said what the answers mean.

mod backup;
mod document;
mod drift;
mod judge;
mod last_run;
mod prometheus;
mod text;
mod together;
mod view;
mod warnings;

pub use document::{
    BackupStatus, CertificateStatus, ClusterStatus, Drift, Finding, Health, MemberStatus, Role,
    Status, Stranger,
};
pub use drift::drift;
pub use judge::StatusInputs;
pub use last_run::{LastRun, OpenRun};
pub(crate) use text::size_of;
pub use view::questions;
