use serde::Deserialize;

use super::number::number;
use super::{Unreadable, json};

/// What `snapshot status` says of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotStatus {
    /// CRC-32 (Castagnoli) of all that is in it.
    pub hash: u32,
    /// The revision of the store.
    pub revision: u64,
}

/// Reads what `etcdutl snapshot status -w json` prints, and `etcdctl` before 3.6.
///
/// # Errors
///
/// When it is not such a status.
pub fn snapshot_status(printed: &[u8]) -> Result<SnapshotStatus, Unreadable> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(deserialize_with = "number")]
        hash: u64,
        #[serde(deserialize_with = "number")]
        revision: u64,
    }
    let status: Status = json("snapshot status", printed)?;
    Ok(SnapshotStatus {
        hash: u32::try_from(status.hash).map_err(|_| Unreadable {
            command: "snapshot status",
            reason: format!("{} is no hash of 32 bits", status.hash),
        })?,
        revision: status.revision,
    })
}

#[cfg(test)]
mod tests {
    use super::{SnapshotStatus, snapshot_status};

    #[test]
    fn reads_each_minor_release() {
        let read = |printed| snapshot_status(printed).expect("a recorded status");
        let wanted = SnapshotStatus {
            hash: 3_661_932_355,
            revision: 5,
        };
        assert_eq!(
            read(include_bytes!("fixtures/3.4.23/snapshot.json")),
            wanted
        );
        assert_eq!(read(include_bytes!("fixtures/3.5.1/snapshot.json")), wanted);
        assert_eq!(read(include_bytes!("fixtures/3.6/snapshot.json")), wanted);
        for printed in [
            "",
            "{}",
            "Error: invalid database",
            "{\"hash\":4294967296,\"revision\":1}",
        ] {
            assert!(snapshot_status(printed.as_bytes()).is_err(), "{printed}");
        }
    }
}
