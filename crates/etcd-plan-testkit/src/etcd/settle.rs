use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use etcd_plan::core::names::{EtcdId, HostName};
use etcd_plan::core::op::MemberFacts;

use super::Instance;
use super::config::Endpoint;
use super::member::{Change, MemberState};
use super::tls::Side;
use crate::services::Ended;
use crate::world::{ProcessKey, State};

/// Members that talk to each other: of one cluster, with certificates that each takes of all others, and
/// joined by a network (a member that nobody reaches is alone). Those of one cluster that do not take each
/// other's certificates are told apart by a number.
type Circle = (EtcdId, Option<ProcessKey>, usize);

impl State {
    /// Lets all members do what they would do without further input: find each other, elect,
    /// catch up, publish themselves, leave when they were removed. What they know is kept.
    pub(crate) fn settle(&mut self) {
        while self.settle_once() {}
        let keys: Vec<ProcessKey> = self.etcds.keys().cloned().collect();
        for key in keys {
            let etcd = self.etcds.remove(&key).expect("its key was listed");
            etcd.persist(self.host_mut(&key.0), false);
            self.etcds.insert(key, etcd);
        }
    }

    /// Says whether a process ended, after which everything has to be looked at again.
    fn settle_once(&mut self) -> bool {
        let mut circles: BTreeMap<Circle, Vec<ProcessKey>> = BTreeMap::new();
        for (key, etcd) in &self.etcds {
            let alone = !self.is_reachable_as_peer(key, etcd);
            let (id, alone) = (etcd.member.cluster_id, alone.then(|| key.clone()));
            let is_fit = |number: &usize| {
                let keys = circles.get(&(id, alone.clone(), *number));
                let mut keys = keys.into_iter().flatten();
                keys.all(|other| self.as_peer(key).meets(&self.as_peer(other)))
            };
            let mut numbers = 0..=self.etcds.len();
            let number = numbers.find(is_fit).expect("a circle of its own is fit");
            let circle = circles.entry((id, alone, number)).or_default();
            circle.push(key.clone());
        }
        self.note_mismatches(&circles);
        let mut ended = false;
        for keys in circles.values() {
            ended |= self.settle_circle(keys);
        }
        ended
    }

    /// Gives what a member shows to its peers, and whom it trusts.
    fn as_peer(&self, key: &ProcessKey) -> Side<'_> {
        let etcd = &self.etcds[key];
        Side::of(
            &self.host(&key.0).files,
            &etcd.config.peer_tls,
            &etcd.peer_ca,
        )
    }

    fn settle_circle(&mut self, keys: &[ProcessKey]) -> bool {
        let authority = self.authority(keys);
        let gone: Vec<&ProcessKey> = keys
            .iter()
            .filter(|key| authority.removed.contains(&self.etcds[key].member.id))
            .collect();
        if !gone.is_empty() {
            for key in gone {
                let words = "the member has been permanently removed from the cluster\n\
                             the data-dir used by this member must be removed";
                self.end_process(key, &Ended::stopped(words));
            }
            return true;
        }
        let present: Vec<&ProcessKey> = keys
            .iter()
            .filter(|key| authority.members.contains_key(&self.etcds[key].member.id))
            .collect();
        let voters = present.iter().filter_map(|key| {
            let id = self.etcds[key].member.id;
            let voter = authority.voters().find(|voter| voter.id == id)?;
            Some((voter.name.clone(), id))
        });
        let voters: BTreeSet<(String, EtcdId)> = voters.collect();
        if voters.len() < authority.quorum() {
            for key in keys {
                let etcd = self.etcds.get_mut(key).expect("its key was listed");
                etcd.leader = None;
                etcd.say("publish error: etcdserver: request timed out (no quorum)");
            }
            return false;
        }
        let (_, first) = voters.first().expect("a quorum has a voter");
        let moved = self.moved_leads.get(&authority.cluster_id).copied();
        let moved = moved.filter(|to| voters.iter().any(|(_, id)| id == to));
        let leader = moved.unwrap_or(*first);
        self.agree(&present, &authority, leader);
        false
    }

    /// Brings all members of a quorum to one log, and makes those that are new known to all.
    fn agree(&mut self, present: &[&ProcessKey], authority: &MemberState, leader: EtcdId) {
        let follows = |key: &&ProcessKey| self.etcds[*key].leader == Some(leader);
        let elected = !present.iter().any(follows);
        let term = authority.term + u64::from(elected);
        let mut publishing = Vec::new();
        for &key in present {
            let etcd = self.etcds.get_mut(key).expect("its key was listed");
            if !etcd.member.catch_up(authority) {
                self.corruptions.push(format!(
                    "{}: {} had another history than the cluster {} that it speaks to",
                    key.0, etcd.config.name, authority.cluster_id
                ));
            }
            etcd.member.term = term;
            etcd.leader = Some(leader);
            let known = &etcd.member.members[&etcd.member.id];
            if known.name != etcd.config.name || known.client_urls != etcd.config.client_urls {
                publishing.push(Change::Publish {
                    id: etcd.member.id,
                    name: etcd.config.name.clone(),
                    client_urls: etcd.config.client_urls.clone(),
                });
            }
            if !etcd.ready {
                etcd.ready = true;
                etcd.say("ready to serve client requests");
            }
        }
        let at = self.now_ms.max(1);
        for change in publishing {
            for &key in present {
                let etcd = self.etcds.get_mut(key).expect("its key was listed");
                etcd.member.append(at, change.clone());
            }
        }
    }

    /// Gives the state that wins an election: the highest term, then the longest log.
    fn authority(&self, keys: &[ProcessKey]) -> MemberState {
        let states = keys.iter().map(|key| &self.etcds[key]);
        let winner = states.max_by_key(|etcd| {
            let member = &etcd.member;
            (member.term, member.log.len(), Reverse(&etcd.config.name))
        });
        winner.expect("a circle has a member").member.clone()
    }

    /// Says whether others reach the member under a peer URL that the cluster has for it.
    fn is_reachable_as_peer(&self, key: &ProcessKey, etcd: &Instance) -> bool {
        let here = self.host(&key.0);
        let known = self.known_to_others(key, etcd);
        here.is_reachable()
            && known.is_some_and(|known| {
                known.peer_urls.iter().any(|url| {
                    Endpoint::parse(url).is_some_and(|endpoint| {
                        here.has(&endpoint.address) && etcd.serves_peers_on(&endpoint)
                    })
                })
            })
    }

    /// Gives what the others know of a member, those of them that know most: it can be told elsewhere while
    /// it does not hear of that. Alone it knows best itself.
    fn known_to_others<'a>(
        &'a self,
        key: &ProcessKey,
        etcd: &'a Instance,
    ) -> Option<&'a MemberFacts> {
        let same = |other: &Instance| other.member.cluster_id == etcd.member.cluster_id;
        let others = self
            .etcds
            .iter()
            .filter(|(of, other)| *of != key && same(other));
        let best = others.map(|(_, other)| &other.member);
        let best = best.max_by_key(|member| (member.term, member.log.len()));
        let knows = best.filter(|best| best.log.len() >= etcd.member.log.len());
        let id = etcd.member.id;
        let known = knows.and_then(|knows| knows.members.get(&id));
        known.or_else(|| etcd.member.members.get(&id))
    }

    /// Logs on both sides that members of different clusters call each other.
    fn note_mismatches(&mut self, circles: &BTreeMap<Circle, Vec<ProcessKey>>) {
        let mut notes: Vec<(ProcessKey, String)> = Vec::new();
        for keys in circles.values() {
            for key in keys {
                let etcd = &self.etcds[key];
                let peers = etcd.member.members.values();
                let urls = peers.flat_map(|peer| &peer.peer_urls);
                for url in urls.filter(|url| !etcd.config.peer_urls.contains(url)) {
                    let Some((other, other_id)) = self.called(&key.0, url) else {
                        continue;
                    };
                    if other_id != etcd.member.cluster_id {
                        let own = etcd.member.cluster_id;
                        notes.push((
                            key.clone(),
                            format!("request cluster ID mismatch (got {other_id} want {own})"),
                        ));
                        notes.push((
                            other,
                            format!("request cluster ID mismatch (got {own} want {other_id})"),
                        ));
                    }
                }
            }
        }
        for (key, line) in notes {
            let etcd = self.etcds.get_mut(&key).expect("nothing ended since");
            if !etcd.log.contains(&line) {
                etcd.say(line);
            }
        }
    }

    /// Finds who answers at a peer URL, and of which cluster it is.
    fn called(&self, from: &HostName, url: &str) -> Option<(ProcessKey, EtcdId)> {
        let endpoint = Endpoint::parse(url)?;
        let host = self.route(from, &endpoint.address)?;
        self.etcds
            .iter()
            .find(|((of, _), etcd)| *of == host.name && etcd.serves_peers_on(&endpoint))
            .map(|(key, etcd)| (key.clone(), etcd.member.cluster_id))
    }
}
