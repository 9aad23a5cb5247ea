//! Reads what `etcdctl` prints, of etcd 3.4 to 3.6.
//!
//! Fields that are zero are left out by etcd, and fields that we do not know are passed over, so
//! that a newer etcd can be read as far as it resembles the older ones.

mod alarms;
mod holdings;
mod key_count;
mod members;
mod number;
mod snapshot;
mod status;

pub use alarms::alarm_list;
pub use holdings::{key_prefixes, lease_count};
pub use key_count::key_count;
pub use members::member_list;
pub use snapshot::{SnapshotStatus, snapshot_status};
pub use status::endpoint_status;

/// Says that `etcdctl` printed something else than was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what `etcdctl {command}` printed cannot be read: {reason}")]
pub struct Unreadable {
    /// The command, without its options.
    pub command: &'static str,
    /// Why, in the words of the JSON reader.
    pub reason: String,
}

/// Reads the JSON that a command printed.
fn json<T: serde::de::DeserializeOwned>(
    command: &'static str,
    printed: &[u8],
) -> Result<T, Unreadable> {
    serde_json::from_slice(printed).map_err(|error| Unreadable {
        command,
        reason: error.to_string(),
    })
}
