use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::facts::{CertificateState, ClusterKeys, HostFacts, Observation};
use crate::names::{ClusterName, HostName};
use crate::op::{EtcdFacts, FileContent, FileFacts, Listener, ReadOp, Reply, digest};
use crate::plan::Plan;

/// The place of facts that are of no host.
const CONTROL_MACHINE: &str = "control machine";

/// Facts by their names, as words: `file /etc/etcd/etcd.conf` is `file of etcd:etcd, 0644, sha256 …`.
pub type Facts = BTreeMap<String, String>;

/// What a plan was made from besides its inventory: the facts that its steps stand on, as far as
/// they stay as they are while nobody changes anything.
///
/// What moves by itself is no part of it: process numbers, revisions, sizes, who leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFacts {
    /// The facts of each host.
    pub hosts: BTreeMap<HostName, Facts>,
    /// What the control machine holds for each cluster: authority and certificates.
    pub keys: BTreeMap<ClusterName, Facts>,
}

/// A fact that is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where: a host, or the control machine's keys for a cluster.
    pub place: String,
    /// Which fact.
    pub fact: String,
    /// What it was; none when it was not known.
    pub before: Option<String>,
    /// What it is; none when it is not known.
    pub now: Option<String>,
}

impl Moved {
    /// Says whether it is about authority or certificates on the control machine.
    pub fn is_about_keys(&self) -> bool {
        self.place.starts_with(CONTROL_MACHINE)
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_nothing = |value: &Option<String>| value.clone().unwrap_or("not known".to_owned());
        let (before, now) = (or_nothing(&self.before), or_nothing(&self.now));
        write!(
            f,
            "{}: {}\n    was: {before}\n    is:  {now}",
            self.place, self.fact
        )
    }
}

impl PinnedFacts {
    /// Takes the facts that a plan stands on out of what was read.
    pub fn of(plan: &Plan, observation: &Observation) -> Self {
        let hosts = observation.hosts.iter().map(|(host, facts)| {
            let facts = match facts {
                Ok(facts) => of_host(plan, facts),
                Err(_) => [("reached".to_owned(), "no".to_owned())].into(),
            };
            (host.clone(), facts)
        });
        let clusters = plan.clusters().iter().zip(&observation.keys);
        let keys = clusters.map(|(spec, keys)| {
            let names = spec.members.iter().map(|member| member.name.as_str());
            (spec.name.clone(), of_keys(names, keys))
        });
        Self {
            hosts: hosts.collect(),
            keys: keys.collect(),
        }
    }

    /// Says what is no longer as it was; nothing when all still holds.
    pub fn moved(&self, now: &Self) -> Vec<Moved> {
        let hosts: BTreeSet<&HostName> = self.hosts.keys().chain(now.hosts.keys()).collect();
        let clusters: BTreeSet<&ClusterName> = self.keys.keys().chain(now.keys.keys()).collect();
        let hosts = hosts.into_iter().flat_map(|host| {
            let (before, now) = (self.hosts.get(host), now.hosts.get(host));
            compare(host.as_str(), before, now)
        });
        let keys = clusters.into_iter().flat_map(|cluster| {
            let (before, now) = (self.keys.get(cluster), now.keys.get(cluster));
            compare(
                &format!("{CONTROL_MACHINE}, cluster {cluster}"),
                before,
                now,
            )
        });
        hosts.chain(keys).collect()
    }
}

fn compare(place: &str, before: Option<&Facts>, now: Option<&Facts>) -> Vec<Moved> {
    let none = Facts::new();
    let (before, now) = (before.unwrap_or(&none), now.unwrap_or(&none));
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| Moved {
            place: place.to_owned(),
            fact: name.clone(),
            before: before.get(name).cloned(),
            now: now.get(name).cloned(),
        })
        .collect()
}

fn of_host(plan: &Plan, facts: &HostFacts) -> Facts {
    let mut pinned = Facts::new();
    for (question, answer) in facts.iter() {
        match answer {
            Ok(reply) => pin(&mut pinned, plan, question, reply),
            Err(_) => {
                let name = crate::action::describe(question);
                pinned.insert(name, "could not be read".to_owned());
            }
        }
    }
    pinned
}

fn pin(pinned: &mut Facts, plan: &Plan, question: &ReadOp, reply: &Reply) {
    let mut put = |name: String, value: String| {
        pinned.insert(name, value);
    };
    let list = |texts: &[String]| match texts {
        [] => "none".to_owned(),
        some => some.join(", "),
    };
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    match (question, reply) {
        (_, Reply::System(system)) => {
            let machine = [&*system.os, &*system.os_version, &*system.arch].join(" ");
            put("system".to_owned(), machine);
        }
        (_, Reply::Package(package)) => {
            let version = |version: Option<&crate::names::EtcdVersion>| {
                or_none(version.map(ToString::to_string))
            };
            put("version of etcd".to_owned(), version(package.etcd.as_ref()));
            let etcdctl = version(package.etcdctl.as_ref());
            put("version of etcdctl".to_owned(), etcdctl);
        }
        // Backups come and go, and no step stands on those that there are.
        (ReadOp::Folder { path }, _) if *path == crate::backup::folder() => {}
        (ReadOp::ReadFile { path }, _) if *path == crate::backup::last() => {}
        (ReadOp::Stat { path }, Reply::Stat(file)) => {
            put(format!("file {path}"), or_none(file.as_ref().map(of_file)));
        }
        (ReadOp::ReadFile { path }, Reply::Bytes(bytes)) => {
            let content = bytes
                .as_ref()
                .map(|bytes| format!("sha256 {}", digest(bytes)));
            put(format!("content of {path}"), or_none(content));
        }
        (ReadOp::Folder { path }, Reply::Names(names)) => {
            // Hosts are shared: what other clusters have there comes and goes as they like.
            let is_ours = |name: &&String| {
                let mut clusters = plan.clusters().iter();
                clusters.any(|cluster| name.starts_with(cluster.name.as_str()))
            };
            let mut names: Vec<String> = names.iter().filter(is_ours).cloned().collect();
            names.sort();
            put(format!("names in {path}"), list(&names));
        }
        (ReadOp::Service { service }, Reply::Service(facts)) => {
            let state = if facts.state.is_alive() {
                "runs"
            } else {
                "does not run"
            };
            let boot = if facts.enabled {
                "starts at boot"
            } else {
                "does not start at boot"
            };
            put(service.unit(), format!("{state}, {boot}"));
        }
        (_, Reply::Listeners(listeners)) => {
            put("listeners".to_owned(), list(&of_listeners(listeners)));
        }
        (ReadOp::DataDir { path }, Reply::DataDir(data)) => {
            let state = match (data.exists, data.empty, data.wal) {
                (false, ..) => "none",
                (_, true, _) => "empty",
                (.., true) => "a member's data",
                _ => "no member's data",
            };
            put(format!("data in {path}"), state.to_owned());
            let purged: Vec<String> = data.purged.iter().map(ToString::to_string).collect();
            put(format!("data moved aside from {path}"), list(&purged));
        }
        (ReadOp::Etcd { access }, Reply::Etcd(etcd)) => {
            put(format!("etcd at {}", access.endpoint), of_etcd(etcd));
            put(
                format!("members known at {}", access.endpoint),
                list(&of_members(etcd)),
            );
        }
        (ReadOp::Auth { access }, Reply::Auth(auth)) => {
            let words = match auth {
                Some(true) => "yes",
                Some(false) => "no",
                None => "not known",
            };
            put(
                format!("users and roles at {}", access.endpoint),
                words.to_owned(),
            );
        }
        // Numbers of keys and revisions move by themselves, and nothing is awaited in the first reading.
        // The others are answers to their own questions, above.
        (
            _,
            Reply::Done
            | Reply::TakenOver(_)
            | Reply::KeyCount(_)
            | Reply::Holdings(_)
            | Reply::StartedAfter(_)
            | Reply::Auth(_)
            | Reply::Voters(_)
            | Reply::Compaction(_)
            | Reply::Snapshot(_)
            | Reply::HeldRevision(_)
            | Reply::RestoreTool(_)
            | Reply::Processes(_)
            | Reply::Fetched(_)
            | Reply::Awaited(_)
            | Reply::Presented(_)
            | Reply::Stat(_)
            | Reply::Bytes(_)
            | Reply::Names(_)
            | Reply::Service(_)
            | Reply::DataDir(_)
            | Reply::Etcd(_),
        ) => {}
    }
}

fn of_file(file: &FileFacts) -> String {
    let kind = match file.kind {
        crate::op::FileKind::File => "file",
        crate::op::FileKind::Folder => "folder",
        crate::op::FileKind::Link => "link",
        crate::op::FileKind::Other => "other",
    };
    let content = file.sha256.as_ref();
    let content = content.map_or_else(String::new, |sha256| format!(", sha256 {sha256}"));
    let (user, group, mode) = (&file.user, &file.group, file.mode);
    format!("{kind} of {user}:{group}, {mode:04o}{content}")
}

fn of_listeners(listeners: &[Listener]) -> Vec<String> {
    let mut texts: Vec<String> = listeners
        .iter()
        .map(|listener| {
            let program = listener.program.as_deref().unwrap_or("unknown");
            format!(
                "{program} at {}:{}",
                listener.address.in_url(),
                listener.port
            )
        })
        .collect();
    texts.sort();
    texts
}

fn of_etcd(etcd: &EtcdFacts) -> String {
    let answers = if etcd.healthy {
        "healthy"
    } else {
        "not healthy"
    };
    let mut alarms: Vec<&str> = etcd
        .alarms
        .iter()
        .map(|alarm| alarm.kind.as_str())
        .collect();
    alarms.sort_unstable();
    alarms.dedup();
    let alarms = match alarms.as_slice() {
        [] => String::new(),
        raised => format!(", alarms {}", raised.join(" ")),
    };
    match &etcd.status {
        Some(status) => format!(
            "{answers}, version {}, member {} of cluster {}{}{alarms}",
            status.version,
            status.member_id,
            status.cluster_id,
            if status.is_learner { ", learner" } else { "" },
        ),
        None => format!("{answers}{alarms}"),
    }
}

fn of_members(etcd: &EtcdFacts) -> Vec<String> {
    let mut members: Vec<String> = etcd
        .members
        .iter()
        .map(|member| {
            let learner = if member.is_learner { " (learner)" } else { "" };
            let urls = member.peer_urls.join(" ");
            format!("{} {} at {urls}{learner}", member.id, member.name)
        })
        .collect();
    members.sort();
    members
}

fn of_keys<'a>(members: impl Iterator<Item = &'a str>, keys: &ClusterKeys) -> Facts {
    let mut pinned = Facts::new();
    let authority = match &keys.authority {
        Ok(true) => "there",
        Ok(false) => "none",
        Err(_) => "not usable",
    };
    pinned.insert("authority".to_owned(), authority.to_owned());
    for (name, state) in members.zip(&keys.members) {
        let words = match state {
            CertificateState::Good(material) => {
                let sha256 = |pem: &str| FileContent::Shown(pem.to_owned()).sha256();
                let certificate = sha256(&material.certificate);
                format!(
                    "sha256 {certificate}, authority sha256 {}",
                    sha256(&material.ca)
                )
            }
            CertificateState::ToIssue { reasons } => {
                format!("to be issued: {}", reasons.join(", "))
            }
        };
        pinned.insert(format!("certificate of {name}"), words);
    }
    pinned
}
