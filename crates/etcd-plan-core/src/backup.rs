//! Backups: what a snapshot is called, what its manifest says, and which of them are outdated.

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, EtcdId, HostPath, MemberName};

/// What says of a snapshot where it came from. It lies beside it, under the same name with `.json`,
/// and on the host that it was taken from as [`last`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `etcd-plan-backup/1`.
    pub format: String,
    /// The name of the snapshot's file.
    pub file: String,
    /// Where the snapshot was put: on the control machine as it was asked for, or on its host.
    pub kept_at: String,
    /// The cluster.
    pub cluster: ClusterName,
    /// The cluster's id; 0 where no member could be asked, since its database was copied.
    pub cluster_id: EtcdId,
    /// The revision of the store.
    pub revision: u64,
    /// How many keys there were at that revision; none when they could not be counted.
    pub keys: Option<u64>,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    /// Whether it ends with the digest that etcd writes: a snapshot does, a copied database does not.
    pub sealed: bool,
    /// The version of the etcd that it was taken from.
    pub etcd_version: String,
    /// The member that it was taken from.
    pub taken_from: MemberName,
    /// When it was taken, in UTC: `2026-11-21T14:30:00Z`.
    pub taken_at: String,
    /// The same in seconds since 1970 UTC.
    pub taken_at_unix: i64,
}

impl Manifest {
    /// The format of the document.
    pub const FORMAT: &str = "etcd-plan-backup/1";

    /// Writes it as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the document has only text keys");
        text.push('\n');
        text
    }

    /// Reads what [`Manifest::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// When it is no such document: why, as one clause.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if read.format == Self::FORMAT {
            Ok(read)
        } else {
            Err(format!(
                "its format is `{}`, and this version reads `{}`",
                read.format,
                Self::FORMAT
            ))
        }
    }
}

/// The folder on hosts in which snapshots are made, and kept where that is asked for.
pub fn folder() -> HostPath {
    HostPath::fixed("/var/lib/etcd-plan/backup")
}

/// The manifest of the latest snapshot that was taken from a host.
pub fn last() -> HostPath {
    HostPath::fixed("/var/lib/etcd-plan/last-backup.json")
}

/// Gives the name of a snapshot's file, by cluster, revision and time: `etcd-r42-20261121T143000Z.db`.
pub fn file_name(cluster: &ClusterName, revision: u64, stamp: &str) -> String {
    format!("{cluster}-r{revision}-{stamp}.db")
}

/// Gives the name of the manifest that belongs to a snapshot's file.
pub fn manifest_name(file: &str) -> String {
    format!("{}.json", file.strip_suffix(".db").unwrap_or(file))
}

/// Gives the name under which a snapshot is made: nobody takes it for one that is whole.
pub(crate) fn unfinished_name(cluster: &ClusterName, stamp: &str) -> String {
    format!(".{cluster}-{stamp}.part")
}

/// Says whether a name is one that a run which was cut off can have left: of a snapshot, or of a manifest
/// that was staged.
pub(crate) fn is_unfinished(name: &str) -> bool {
    let ends_with = |ending| name.strip_suffix(ending).is_some();
    name.starts_with('.') && (ends_with(".part") || ends_with(".json.etcd-plan"))
}

/// Gives the snapshots of a cluster that are older than the newest `keep`, of names of files; those
/// of other clusters, and what has no name of ours, is nobody's to delete.
pub fn outdated<'a>(
    names: impl IntoIterator<Item = &'a str>,
    cluster: &ClusterName,
    keep: u32,
) -> Vec<&'a str> {
    let mut found: Vec<(&str, u64, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let (revision, stamp) = parts(name, cluster)?;
            Some((stamp, revision, name))
        })
        .collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    found
        .into_iter()
        .skip(keep)
        .map(|(.., name)| name)
        .collect()
}

/// Gives revision and time of the snapshot of a cluster, by the name of its file.
fn parts<'a>(name: &'a str, cluster: &ClusterName) -> Option<(u64, &'a str)> {
    let rest = name.strip_prefix(cluster.as_str())?.strip_prefix("-r")?;
    let (revision, stamp) = rest.strip_suffix(".db")?.split_once('-')?;
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let is_number =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    let is_stamp = is_number(day, 8) && is_number(time, 6);
    Some((revision.parse().ok()?, stamp)).filter(|_| is_stamp)
}

#[cfg(test)]
mod tests {
    use super::{file_name, folder, is_unfinished, manifest_name, outdated, unfinished_name};
    use crate::op::WriteOp;

    #[test]
    fn what_a_cut_has_left_of_any_run_is_known() {
        let cluster = "etcd".parse().expect("a name");
        let name = file_name(&cluster, 42, "20261121T143000Z");
        let manifest = folder().join(&manifest_name(&name));
        assert!(is_unfinished(&unfinished_name(
            &cluster,
            "20261121T143000Z"
        )));
        assert!(is_unfinished(WriteOp::staged(&manifest).file_name()));
        for whole in [name.as_str(), manifest.file_name(), ".profile"] {
            assert!(!is_unfinished(whole), "{whole}");
        }
    }

    #[test]
    fn the_newest_are_kept_and_what_is_not_ours_is_left_alone() {
        let cluster = "etcd".parse().expect("a name");
        let name = file_name(&cluster, 42, "20261121T143000Z");
        assert_eq!(name, "etcd-r42-20261121T143000Z.db");
        assert_eq!(manifest_name(&name), "etcd-r42-20261121T143000Z.json");
        let names = [
            "etcd-r9-20261121T143001Z.db",
            "etcd-r42-20261121T143000Z.db",
            "etcd-r42-20261120T143000Z.db",
            "etcd-r7-20261019T143000Z.db",
            "etcd-r1-r7-20261019T143000Z.db",
            "etcd-other-r7-20261019T143000Z.db",
            "etcd-r7-before-the-move.db",
            "etcd-r42-20261120T143000Z.json",
        ];
        assert_eq!(
            outdated(names, &cluster, 2),
            [
                "etcd-r42-20261120T143000Z.db",
                "etcd-r7-20261019T143000Z.db"
            ]
        );
        assert_eq!(outdated(names, &cluster, 4), [""; 0]);
    }
}
