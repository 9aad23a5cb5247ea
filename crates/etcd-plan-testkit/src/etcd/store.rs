//! What a member saves of its store, and what can be read of that.

use etcd_plan::core::names::{HostName, HostPath};
use etcd_plan::core::op::{Compaction, EtcdAccess, Ownership, SnapshotFacts};

use super::member::{Change, MemberState};
use crate::files::{FileTree, Node, sha256};
use crate::world::{ProcessKey, State};

/// What a snapshot begins with; a copied database does not.
const SEAL: &[u8] = b"sealed ";

impl State {
    /// Saves what the etcd at an endpoint holds into a file on the host that asks.
    pub(crate) fn save_snapshot(
        &mut self,
        from: &HostName,
        access: &EtcdAccess,
        path: &HostPath,
    ) -> Result<(), String> {
        let etcd = &self.etcds[self.dial(from, access)?];
        if !etcd.ready {
            return Err("context deadline exceeded".to_owned());
        }
        let content = [SEAL, &database(&etcd.member)].concat();
        let host = self.host_mut(from);
        if content.len() as u64 > host.free_bytes {
            return Err(format!("write {path}: no space left on device"));
        }
        let file = Node::file(content, Ownership::both("root"), 0o600);
        host.files.put(path, file)
    }
}

impl State {
    /// Says how far the history of the store at an endpoint is compacted; as done where nobody answers.
    pub(crate) fn compaction(
        &self,
        from: &HostName,
        access: &EtcdAccess,
        at: Option<u64>,
        keep: u64,
    ) -> Compaction {
        let key = self.dial(from, access).ok();
        let member = key.map(|key| &self.etcds[key].member);
        let revision = member.map_or(0, |member| member.revision);
        let at = at.unwrap_or(revision.saturating_sub(keep));
        let at = if at > 1 { at } else { 0 };
        Compaction {
            revision,
            at,
            done: member.is_none_or(|member| member.compacted >= at),
        }
    }

    /// Compacts the history of a cluster before a revision.
    pub(crate) fn compact(&mut self, at: &ProcessKey, revision: u64) -> Result<(), String> {
        if self.etcds[at].member.compacted >= revision {
            return Ok(());
        }
        if self.etcds[at].member.revision < revision {
            return Err("etcdserver: mvcc: required revision is a future revision".to_owned());
        }
        self.decide(at, &Change::Compact(revision))
    }

    /// Gives back what a member's database does not use.
    pub(crate) fn defragment(&mut self, at: &ProcessKey) {
        let etcd = self.etcds.get_mut(at).expect("it was dialled");
        etcd.member.free = 0;
    }

    /// Takes back all alarms.
    pub(crate) fn disarm(&mut self, at: &ProcessKey) -> Result<(), String> {
        self.decide(at, &Change::Disarm)
    }
}

/// Gives the bytes of the database of a member.
pub(super) fn database(member: &MemberState) -> Vec<u8> {
    serde_json::to_vec(member).expect("a member's state is plain data")
}

/// Says what a snapshot or database holds; none where nothing is.
pub(crate) fn judge(
    files: &FileTree,
    path: &HostPath,
    counts: bool,
) -> Result<Option<SnapshotFacts>, String> {
    let Some(bytes) = files.bytes(path) else {
        return Ok(None);
    };
    let state = read(bytes).ok_or("snapshot file integrity check failed")?;
    Ok(Some(SnapshotFacts {
        size: bytes.len() as u64,
        sha256: sha256(bytes),
        sealed: bytes.starts_with(SEAL).then_some(true),
        revision: state.revision,
        hash: 0,
        keys: counts.then_some(state.kv.len() as u64),
    }))
}

/// Reads a snapshot or database.
pub(crate) fn read(bytes: &[u8]) -> Option<MemberState> {
    serde_json::from_slice(bytes.strip_prefix(SEAL).unwrap_or(bytes)).ok()
}
