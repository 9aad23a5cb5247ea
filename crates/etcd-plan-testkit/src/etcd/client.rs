use std::collections::BTreeMap;

use etcd_plan::core::names::EtcdId;
use etcd_plan::core::op::{Alarm, MemberFacts};

use super::config::Endpoint;
use super::ids::added_member_id;
use super::member::{Change, MemberState};
use super::{EtcdConfig, Instance};
use crate::world::{ProcessKey, SimWorld, State};

/// What a client call answers; the error is in etcd's words.
type Answer<T> = Result<T, String>;

/// What clients of the simulated etcd do. `via` names the host of the member that is asked; where
/// several run there, the first by unit name is.
impl SimWorld {
    /// Puts a key, and gives the revision.
    ///
    /// # Errors
    ///
    /// When nothing answers there, or the member has no quorum or no vote.
    pub fn put(&self, via: &str, key: &str, value: &str) -> Answer<u64> {
        let change = Change::Put(key.to_owned(), value.to_owned());
        self.on_member(via, |state, at| {
            if state.etcds[at].member.full.is_empty() {
                state.decide(at, &change)
            } else {
                Err("etcdserver: mvcc: database space exceeded".to_owned())
            }
        })?;
        Ok(self.member_state(via)?.revision)
    }

    /// Deletes a key; fine when it is not there.
    ///
    /// # Errors
    ///
    /// As [`SimWorld::put`].
    pub fn delete(&self, via: &str, key: &str) -> Answer<()> {
        let change = Change::Delete(key.to_owned());
        self.on_member(via, |state, at| state.decide(at, &change))
    }

    /// Reads a key from the store of one member, as a linearizable read does.
    ///
    /// # Errors
    ///
    /// As [`SimWorld::put`].
    pub fn get(&self, via: &str, key: &str) -> Answer<Option<String>> {
        let state = self.shared.lock();
        let at = state.asked(via)?;
        serving(&state.etcds[&at])?;
        Ok(state.etcds[&at].member.kv.get(key).cloned())
    }

    /// Gives all keys and values in the store of one member, with or without a quorum.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn keys(&self, via: &str) -> Answer<BTreeMap<String, String>> {
        Ok(self.member_state(via)?.kv)
    }

    /// Gives everything that a member knows.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn member_state(&self, via: &str) -> Answer<MemberState> {
        let state = self.shared.lock();
        let at = state.asked(via)?;
        Ok(state.etcds[&at].member.clone())
    }

    /// Gives the leader that a member follows.
    ///
    /// # Errors
    ///
    /// When no etcd runs there, or it has none.
    pub fn leader(&self, via: &str) -> Answer<EtcdId> {
        let state = self.shared.lock();
        let at = state.asked(via)?;
        let leader = state.etcds[&at].leader;
        leader.ok_or_else(|| "etcdserver: no leader".to_owned())
    }

    /// Gives the configuration that the etcd on a host has read at its start.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn running_config(&self, via: &str) -> Answer<EtcdConfig> {
        let state = self.shared.lock();
        let at = state.asked(via)?;
        Ok(state.etcds[&at].config.clone())
    }

    /// Gives the version that the etcd on a host runs on.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn running_version(&self, via: &str) -> Answer<String> {
        let state = self.shared.lock();
        let at = state.asked(via)?;
        Ok(state.etcds[&at].version.clone())
    }

    /// Adds a member under a peer URL, as a learner or a voter, and gives its id.
    ///
    /// # Errors
    ///
    /// When the rules of facts.md S12 and S13 refuse: a URL that a member has, a second learner,
    /// or a voter that could cost the cluster its quorum.
    pub fn member_add(&self, via: &str, peer_url: &str, learner: bool) -> Answer<EtcdId> {
        self.on_member(via, |state, at| state.add_member(at, peer_url, learner))
    }

    /// Removes a member.
    ///
    /// # Errors
    ///
    /// When there is none with this id, or the rest would have no quorum.
    pub fn member_remove(&self, via: &str, id: EtcdId) -> Answer<()> {
        self.on_member(via, |state, at| state.remove_member(at, id))
    }

    /// Gives a learner a vote.
    ///
    /// # Errors
    ///
    /// When it is no learner, or does not run and so has not caught up.
    pub fn member_promote(&self, via: &str, id: EtcdId) -> Answer<()> {
        self.on_member(via, |state, at| state.promote_member(at, id))
    }

    /// Lets a cluster ask its clients who they are, as `etcdctl auth enable` does. What the tests' own
    /// client asks for is answered all the same.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn auth_enable(&self, via: &str) -> Answer<()> {
        let cluster = self.member_state(via)?.cluster_id;
        self.shared.lock().with_users.insert(cluster);
        Ok(())
    }

    /// Lets a member raise an alarm, of which all members of its cluster tell.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn raise_alarm(&self, via: &str, kind: &str) -> Answer<()> {
        let MemberState { cluster_id, id, .. } = self.member_state(via)?;
        let mut state = self.shared.lock();
        let alarms = state.alarms.entry(cluster_id).or_default();
        alarms.push(Alarm {
            member_id: id,
            kind: kind.to_owned(),
        });
        Ok(())
    }

    /// Takes all alarms of a cluster away, as `etcdctl alarm disarm` does.
    ///
    /// # Errors
    ///
    /// When no etcd runs there.
    pub fn disarm(&self, via: &str) -> Answer<()> {
        let cluster = self.member_state(via)?.cluster_id;
        self.shared.lock().alarms.remove(&cluster);
        Ok(())
    }

    /// Gives the store so many bytes of history, of ten writes that left no key.
    ///
    /// # Errors
    ///
    /// As [`SimWorld::put`].
    pub fn age(&self, via: &str, bytes: u64) -> Answer<()> {
        self.on_member(via, |state, at| state.decide(at, &Change::Age(bytes)))
    }

    /// Lets a member raise the alarm of a full quota: no write is taken until it is disarmed.
    ///
    /// # Errors
    ///
    /// As [`SimWorld::put`].
    pub fn fill_quota(&self, via: &str) -> Answer<()> {
        self.on_member(via, |state, at| {
            let id = state.etcds[at].member.id;
            state.decide(at, &Change::Full(id))
        })
    }

    fn on_member<T>(
        &self,
        via: &str,
        call: impl FnOnce(&mut State, &ProcessKey) -> Answer<T>,
    ) -> Answer<T> {
        let mut state = self.shared.lock();
        let at = state.asked(via)?;
        let answer = call(&mut state, &at)?;
        state.settle();
        self.shared.changed.notify_all();
        Ok(answer)
    }
}

const NOT_ENOUGH: &str = "etcdserver: re-configuration failed due to not enough started members";

/// What a member that is asked lets its cluster decide.
impl State {
    /// Adds a member, and gives its id.
    pub(crate) fn add_member(
        &mut self,
        at: &ProcessKey,
        peer_url: &str,
        learner: bool,
    ) -> Answer<EtcdId> {
        let etcd = &self.etcds[at];
        serving(etcd)?;
        may_add(self, &etcd.member, peer_url, learner)?;
        let urls = vec![peer_url.to_owned()];
        let seconds = self.host(&at.0).clock_ms(self.now_ms) / 1000;
        let id = added_member_id(&urls, &etcd.config.token, seconds);
        if etcd.member.removed.contains(&id) {
            return Err("etcdserver: member not found".to_owned());
        }
        let member = MemberFacts {
            id,
            name: String::new(),
            peer_urls: urls,
            client_urls: Vec::new(),
            is_learner: learner,
        };
        self.decide(at, &Change::Add(member))?;
        Ok(id)
    }

    /// Removes a member.
    pub(crate) fn remove_member(&mut self, at: &ProcessKey, id: EtcdId) -> Answer<()> {
        let member = &self.etcds[at].member;
        if !member.members.contains_key(&id) {
            return Err("etcdserver: member not found".to_owned());
        }
        let left: Vec<EtcdId> = voters(member).filter(|voter| *voter != id).collect();
        let started = left.iter().filter(|id| self.runs(member, **id)).count();
        let voted = voters(member).any(|voter| voter == id);
        if voted && (left.is_empty() || started < left.len() / 2 + 1) {
            return Err(NOT_ENOUGH.to_owned());
        }
        self.decide(at, &Change::Remove(id))
    }

    /// Changes where other members reach a member.
    pub(crate) fn update_member(
        &mut self,
        at: &ProcessKey,
        id: EtcdId,
        peer_urls: &str,
    ) -> Answer<()> {
        let members = &self.etcds[at].member.members;
        let urls: Vec<String> = peer_urls.split(',').map(str::to_owned).collect();
        if !members.contains_key(&id) {
            return Err("etcdserver: member not found".to_owned());
        }
        let mut others = members.values().filter(|known| known.id != id);
        if others.any(|known| known.peer_urls.iter().any(|url| urls.contains(url))) {
            return Err("etcdserver: Peer URLs already exists".to_owned());
        }
        self.decide(at, &Change::Update(id, urls))
    }

    /// Gives a learner a vote.
    pub(crate) fn promote_member(&mut self, at: &ProcessKey, id: EtcdId) -> Answer<()> {
        let member = &self.etcds[at].member;
        match member.members.get(&id) {
            None => return Err("etcdserver: member not found".to_owned()),
            Some(known) if !known.is_learner => {
                return Err("etcdserver: can only promote a learner member".to_owned());
            }
            Some(_) if !self.runs(member, id) => {
                let words =
                    "etcdserver: can only promote a learner member which is in sync with leader";
                return Err(words.to_owned());
            }
            Some(_) => {}
        }
        self.decide(at, &Change::Promote(id))
    }

    /// Lets another voter take over the lead.
    pub(crate) fn move_leader(&mut self, at: &ProcessKey, to: EtcdId) -> Answer<()> {
        let etcd = &self.etcds[at];
        if etcd.leader != Some(etcd.member.id) {
            return Err("no leader endpoint given at []".to_owned());
        }
        let is_voter = voters(&etcd.member).any(|voter| voter == to);
        if !is_voter || !self.runs(&etcd.member, to) {
            return Err("etcdserver: bad leader transferee".to_owned());
        }
        let cluster = etcd.member.cluster_id;
        self.moved_leads.insert(cluster, to);
        Ok(())
    }

    /// Lets a cluster decide something, at every member that has a part in the quorum.
    pub(super) fn decide(&mut self, at: &ProcessKey, change: &Change) -> Answer<()> {
        serving(&self.etcds[at])?;
        self.now_ms += 1;
        let (now, cluster, leader) = {
            let etcd = &self.etcds[at];
            (self.now_ms, etcd.member.cluster_id, etcd.leader)
        };
        for etcd in self.etcds.values_mut() {
            if etcd.member.cluster_id == cluster && etcd.leader == leader {
                etcd.member.append(now, change.clone());
            }
        }
        Ok(())
    }

    fn asked(&self, via: &str) -> Answer<ProcessKey> {
        let mut keys = self.etcds.keys();
        let found = keys.find(|(host, _)| host.as_str() == via);
        found
            .cloned()
            .ok_or_else(|| format!("dial tcp {via}: connect: connection refused"))
    }

    /// Says whether a member of the same cluster runs and follows the same leader.
    fn runs(&self, asked: &MemberState, id: EtcdId) -> bool {
        self.etcds.values().any(|etcd| {
            etcd.member.cluster_id == asked.cluster_id
                && etcd.member.id == id
                && etcd.leader.is_some()
        })
    }
}

/// Says why a member does not answer linearizable reads and writes.
pub(super) fn serving(etcd: &Instance) -> Answer<()> {
    if !etcd.ready {
        return Err("context deadline exceeded".to_owned());
    }
    if !etcd.member.votes() {
        return Err("etcdserver: rpc not supported for learner".to_owned());
    }
    match etcd.leader {
        Some(_) => Ok(()),
        None => Err("etcdserver: no leader".to_owned()),
    }
}

fn voters(member: &MemberState) -> impl Iterator<Item = EtcdId> {
    member.voters().map(|voter| voter.id)
}

fn may_add(state: &State, member: &MemberState, peer_url: &str, learner: bool) -> Answer<()> {
    if Endpoint::parse(peer_url).is_none() {
        return Err(format!("invalid URL \"{peer_url}\""));
    }
    let mut members = member.members.values();
    if members.any(|known| known.peer_urls.iter().any(|url| url == peer_url)) {
        return Err("etcdserver: Peer URLs already exists".to_owned());
    }
    if learner {
        return if member.members.values().any(|known| known.is_learner) {
            Err("etcdserver: too many learner members in cluster".to_owned())
        } else {
            Ok(())
        };
    }
    let voters: Vec<EtcdId> = voters(member).collect();
    let started = voters.iter().filter(|id| state.runs(member, **id)).count();
    let needed = voters.len().div_ceil(2) + 1;
    // One member may always become two: there is no other way to grow.
    if voters.len() > 1 && started < needed {
        return Err(NOT_ENOUGH.to_owned());
    }
    Ok(())
}
