use std::collections::{BTreeMap, BTreeSet};

use etcd_plan::core::names::{EtcdId, HostPath};
use etcd_plan::core::op::{MemberFacts, RestoredMember};
use serde::{Deserialize, Serialize};

use super::EtcdConfig;
use super::ids::{cluster_id, initial_member_id};

/// The size of a database that holds nothing.
const EMPTY_DB_BYTES: u64 = 20_480;

/// What a member knows and keeps in its data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberState {
    /// The cluster that it belongs to.
    pub cluster_id: EtcdId,
    /// Its own id.
    pub id: EtcdId,
    /// The members, by id.
    pub members: BTreeMap<EtcdId, MemberFacts>,
    /// The members that were removed: they can never come back.
    pub removed: BTreeSet<EtcdId>,
    /// The raft term.
    pub term: u64,
    /// Everything that was decided, from the cluster's first moment.
    pub log: Vec<Entry>,
    /// The keys and values.
    pub kv: BTreeMap<String, String>,
    /// The store's revision; 1 when nothing was ever put.
    pub revision: u64,
    /// The revision before which history is compacted; 0 when it never was.
    pub compacted: u64,
    /// The bytes of its database that history uses.
    pub history: u64,
    /// The bytes of its database that nothing uses: it gives them back when it is defragmented.
    pub free: u64,
    /// The members that have raised the alarm of a full quota.
    pub full: BTreeSet<EtcdId>,
}

/// One decision of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The world's time at which it was proposed, so that two histories can be told apart; 0 for
    /// the entries that every first member writes for itself.
    at: u64,
    change: Change,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Add(MemberFacts),
    Remove(EtcdId),
    Promote(EtcdId),
    Update(EtcdId, Vec<String>),
    Publish {
        id: EtcdId,
        name: String,
        client_urls: Vec<String>,
    },
    Put(String, String),
    Delete(String),
    Compact(u64),
    Full(EtcdId),
    Age(u64),
    Disarm,
}

impl MemberState {
    /// Makes what a first member of a new cluster knows: `initial-cluster`, and nothing else.
    pub(crate) fn bootstrap(config: &EtcdConfig) -> Self {
        let names: BTreeSet<&String> = config.initial_cluster.iter().map(|(n, _)| n).collect();
        let members: BTreeMap<EtcdId, MemberFacts> = names
            .into_iter()
            .map(|name| {
                let peer_urls = config.urls_of(name);
                let id = initial_member_id(&peer_urls, &config.token);
                let member = MemberFacts {
                    id,
                    name: name.clone(),
                    peer_urls,
                    client_urls: Vec::new(),
                    is_learner: false,
                };
                (id, member)
            })
            .collect();
        let mut state = Self {
            cluster_id: cluster_id(members.keys().copied()),
            id: initial_member_id(&config.urls_of(&config.name), &config.token),
            members: BTreeMap::new(),
            removed: BTreeSet::new(),
            term: 1,
            log: Vec::new(),
            kv: BTreeMap::new(),
            revision: 1,
            compacted: 0,
            history: 0,
            free: 0,
            full: BTreeSet::new(),
        };
        for member in members.into_values() {
            state.append(0, Change::Add(member));
        }
        state
    }

    /// Makes what a member of a new cluster knows that is made of a snapshot.
    pub(crate) fn restored(held: &Self, member: &RestoredMember, bump: u64) -> Self {
        let members: BTreeMap<EtcdId, MemberFacts> = member
            .initial_cluster
            .split(',')
            .filter_map(|entry| entry.split_once('='))
            .map(|(name, url)| {
                let peer_urls = vec![url.to_owned()];
                let id = initial_member_id(&peer_urls, &member.token);
                let member = MemberFacts {
                    id,
                    name: name.to_owned(),
                    peer_urls,
                    client_urls: Vec::new(),
                    is_learner: false,
                };
                (id, member)
            })
            .collect();
        let revision = held.revision + bump;
        let mut state = Self {
            cluster_id: cluster_id(members.keys().copied()),
            id: initial_member_id(std::slice::from_ref(&member.peer_url), &member.token),
            members: BTreeMap::new(),
            removed: BTreeSet::new(),
            term: 1,
            log: Vec::new(),
            kv: held.kv.clone(),
            revision,
            compacted: if bump > 0 { revision } else { held.compacted },
            history: held.history,
            free: 0,
            full: BTreeSet::new(),
        };
        for member in members.into_values() {
            state.append(0, Change::Add(member));
        }
        state
    }

    /// Makes what a member knows that joins the cluster of `peer` under an id that it has there.
    pub(crate) fn joining(peer: &Self, id: EtcdId) -> Self {
        Self {
            cluster_id: peer.cluster_id,
            id,
            members: peer.members.clone(),
            removed: peer.removed.clone(),
            term: 0,
            log: Vec::new(),
            kv: BTreeMap::new(),
            revision: 1,
            compacted: 0,
            history: 0,
            free: 0,
            full: BTreeSet::new(),
        }
    }

    /// Decides something.
    pub(crate) fn append(&mut self, at: u64, change: Change) {
        self.apply(&change);
        self.log.push(Entry { at, change });
    }

    /// Takes over what the leader has beyond the own log, as raft does: by position. Says whether
    /// the logs agreed up to there; where they did not, both histories are now mixed.
    pub(crate) fn catch_up(&mut self, leader: &Self) -> bool {
        // A new one gets a snapshot: what a cluster was restored with is in nobody's log.
        if self.log.is_empty() {
            let id = self.id;
            *self = leader.clone();
            self.id = id;
            return true;
        }
        let known = self.log.len().min(leader.log.len());
        let agreed = self.log[..known] == leader.log[..known];
        for entry in &leader.log[known..] {
            self.apply(&entry.change);
        }
        self.log.clone_from(&leader.log);
        self.term = self.term.max(leader.term);
        agreed
    }

    /// Goes through the members that vote.
    pub(crate) fn voters(&self) -> impl Iterator<Item = &MemberFacts> {
        self.members.values().filter(|member| !member.is_learner)
    }

    /// Says whether it has a vote itself.
    pub(crate) fn votes(&self) -> bool {
        self.voters().any(|member| member.id == self.id)
    }

    /// Gives how many voters make a majority.
    pub(crate) fn quorum(&self) -> usize {
        self.voters().count() / 2 + 1
    }

    /// Gives the raft index.
    pub(crate) fn index(&self) -> u64 {
        self.log.len() as u64
    }

    /// Gives the size of the database.
    pub(crate) fn db_size(&self) -> u64 {
        self.db_size_in_use() + self.free
    }

    /// Gives how much of the database is in use.
    pub(crate) fn db_size_in_use(&self) -> u64 {
        let used = self.kv.iter().map(|(key, value)| key.len() + value.len());
        EMPTY_DB_BYTES + used.sum::<usize>() as u64 + self.history
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Add(member) => {
                let known = self.members.entry(member.id);
                known.or_insert_with(|| member.clone());
            }
            Change::Remove(id) => {
                self.members.remove(id);
                self.removed.insert(*id);
            }
            Change::Promote(id) => {
                if let Some(member) = self.members.get_mut(id) {
                    member.is_learner = false;
                }
            }
            // Late versions leave a learner one; others do not (facts.md S13).
            Change::Update(id, peer_urls) => {
                if let Some(member) = self.members.get_mut(id) {
                    member.peer_urls.clone_from(peer_urls);
                    member.is_learner = false;
                }
            }
            Change::Publish {
                id,
                name,
                client_urls,
            } => {
                if let Some(member) = self.members.get_mut(id) {
                    member.name.clone_from(name);
                    member.client_urls.clone_from(client_urls);
                }
            }
            Change::Put(key, value) => {
                let before = self.kv.insert(key.clone(), value.clone());
                self.history += before.map_or(0, |before| (key.len() + before.len()) as u64);
                self.revision += 1;
            }
            Change::Delete(key) => {
                if let Some(before) = self.kv.remove(key) {
                    self.history += (key.len() + before.len()) as u64;
                    self.revision += 1;
                }
            }
            Change::Compact(revision) => {
                self.compacted = *revision;
                self.free += std::mem::take(&mut self.history);
            }
            Change::Age(bytes) => {
                self.history += bytes;
                self.revision += 10;
            }
            Change::Full(id) => {
                self.full.insert(*id);
            }
            Change::Disarm => self.full.clear(),
        }
    }
}

/// Gives the write-ahead log in a data directory.
pub(crate) fn wal_file(data_dir: &HostPath) -> HostPath {
    data_dir.join("member").join("wal").join("0.wal")
}

/// Gives the database in a data directory.
pub(crate) fn db_file(data_dir: &HostPath) -> HostPath {
    data_dir.join("member").join("snap").join("db")
}
