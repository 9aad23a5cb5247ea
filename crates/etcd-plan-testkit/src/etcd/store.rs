//! What a member saves of its store, and what can be read of that.

use etcd_plan::core::names::{HostName, HostPath};
use etcd_plan::core::op::{
    Compaction, EtcdAccess, Ownership, RestoreTool, RestoredMember, SnapshotFacts,
};

use sha2::Digest as _;

use super::member::{Change, MemberState, db_file, wal_file};
use crate::files::{FileTree, Node, sha256};
use crate::host::Host;
use crate::world::{ProcessKey, State};

/// The size of a page, in bytes: a database has whole ones.
const PAGE: usize = 512;

/// How long the digest is that a snapshot ends with, and a copied database does not, in bytes.
const SEAL: usize = 32;

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
        let mut content = database(&etcd.member);
        let seal = sha2::Sha256::digest(&content);
        content.extend_from_slice(&seal);
        let host = self.host_mut(from);
        if content.len() as u64 > host.free_bytes {
            return Err(format!("write {path}: no space left on device"));
        }
        let file = Node::file(content, Ownership::both("root"), 0o600);
        host.files.put(path, file)
    }
}

impl State {
    /// Says which revision a member holds, by its database where it does not answer; none where there is
    /// no database.
    pub(crate) fn held_revision(
        &self,
        from: &HostName,
        data: &HostPath,
        access: &EtcdAccess,
    ) -> Result<Option<u64>, String> {
        let Some(bytes) = self.host(from).files.bytes(&db_file(data)) else {
            return Ok(None);
        };
        let etcd = self.dial(from, access).map(|key| &self.etcds[key]);
        if let Some(etcd) = etcd.ok().filter(|etcd| etcd.ready) {
            return Ok(Some(etcd.member.revision));
        }
        let held = read(bytes).ok_or("snapshot file integrity check failed")?;
        Ok(Some(held.revision))
    }

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
    let mut bytes = serde_json::to_vec(member).expect("a member's state is plain data");
    bytes.resize(bytes.len().next_multiple_of(PAGE), b' ');
    bytes
}

/// Takes a snapshot apart: what it holds, and the digest, which a copied database does not have.
fn parts(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    if bytes.len() % PAGE == SEAL {
        let (held, seal) = bytes.split_at(bytes.len() - SEAL);
        (held, Some(seal))
    } else {
        (bytes, None)
    }
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
    let (held, seal) = parts(bytes);
    Ok(Some(SnapshotFacts {
        size: bytes.len() as u64,
        sha256: sha256(bytes),
        sealed: seal.map(|seal| sha2::Sha256::digest(held)[..] == *seal),
        revision: state.revision,
        hash: 0,
        keys: counts.then_some(state.kv.len() as u64),
    }))
}

/// Says which tool restores snapshots on a host: etcdutl came with 3.5, and it raises revisions since
/// 3.6, if not for late patches.
pub(crate) fn tool(host: &Host) -> RestoreTool {
    let version = host.packages.installed.as_ref().map(ToString::to_string);
    let is_since = |minor: u32| {
        let minors = (minor..9).map(|minor| format!("3.{minor}."));
        let version = version.as_deref().unwrap_or_default();
        { minors }.any(|begin| version.starts_with(&begin))
    };
    let name = match &version {
        Some(_) if is_since(5) => "etcdutl",
        Some(_) => "etcdctl",
        None => "",
    };
    RestoreTool {
        name: name.to_owned(),
        bumps: is_since(6),
    }
}

/// Makes a member's store of a snapshot.
pub(crate) fn restore(
    host: &mut Host,
    (snapshot, into): (&HostPath, &HostPath),
    member: &RestoredMember,
    bump: Option<u64>,
    is_copy: bool,
) -> Result<(), String> {
    let bytes = host.files.bytes(snapshot).ok_or("no such snapshot")?;
    let held = read(bytes).ok_or("snapshot file integrity check failed")?;
    if parts(bytes).1.is_some() == is_copy {
        return Err("snapshot missing hash but --skip-hash-check=false".to_owned());
    }
    let tool = tool(host);
    if bump.is_some() && !tool.bumps {
        return Err("unknown flag: --bump-revision".to_owned());
    }
    let root = || Ownership::both("root");
    host.files.remove_all(into);
    host.files.remove_all(&into.with_suffix(".token"));
    let state = MemberState::restored(&held, member, bump.unwrap_or(0));
    let content = database(&state);
    let (wal, db) = (wal_file(into), db_file(into));
    host.files
        .put(&wal, Node::file(content.clone(), root(), 0o600))?;
    host.files.put(&db, Node::file(content, root(), 0o600))?;
    let token = Node::file(member.token.clone(), root(), 0o600);
    host.files.put(&into.with_suffix(".token"), token)
}

/// Copies the database in a data directory, without the digest that snapshots end with.
pub(crate) fn copy(host: &mut Host, data: &HostPath, to: &HostPath) -> Result<(), String> {
    let database = host.files.bytes(&db_file(data));
    let database = database.ok_or_else(|| format!("cannot stat '{}'", db_file(data)))?;
    let copy = Node::file(database.to_vec(), Ownership::both("root"), 0o600);
    host.files.put(to, copy)
}

/// Puts a store that was restored into a data directory.
pub(crate) fn place(
    host: &mut Host,
    from: &HostPath,
    to: &HostPath,
    owner: &Ownership,
) -> Result<(), String> {
    let (made, member) = (from.join("member"), to.join("member"));
    match (
        host.files.get(&made).is_some(),
        host.files.get(&member).is_some(),
    ) {
        (true, true) => return Err(format!("both {made} and {member} are there")),
        (false, false) => return Err(format!("there is neither {made} nor {member}")),
        (false, true) => {}
        (true, false) => {
            host.files.own_all(from, owner);
            host.files.make_folders(to)?;
            host.files.rename(&made, &member)?;
        }
    }
    host.files.make_dir(to, owner, 0o700)?;
    host.files.remove_all(from);
    host.files.remove_all(&from.with_suffix(".token"));
    Ok(())
}

/// Reads a snapshot or database.
pub(crate) fn read(bytes: &[u8]) -> Option<MemberState> {
    serde_json::from_slice(parts(bytes).0).ok()
}
