use std::collections::BTreeMap;
use std::fmt::Write as _;

use etcd_plan::core::names::{HostName, HostPath};
use etcd_plan::core::op::ServiceState;

use crate::files::{Node, sha256};
use crate::host::Host;
use crate::world::{SimWorld, State};

/// What hosts and clusters were like at one moment, to be compared with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    hosts: BTreeMap<HostName, HostSnapshot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct HostSnapshot {
    /// A line that tells kind, owner and mode; then the content.
    files: BTreeMap<String, (String, String)>,
    services: BTreeMap<String, String>,
    package: String,
    etcds: BTreeMap<String, EtcdSnapshot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct EtcdSnapshot {
    cluster_id: String,
    members: Vec<String>,
    leader: String,
    keys: BTreeMap<String, String>,
}

/// What a comparison leaves out, since no two runs agree in it.
#[derive(Debug, Clone)]
pub struct Normalizer {
    lines: Vec<String>,
    left_out: Vec<String>,
}

impl Normalizer {
    /// Leaves out what always differs: cluster tokens and ids, the bodies of certificates and keys,
    /// the time stamps of what was purged.
    pub fn usual() -> Self {
        Self {
            lines: vec!["initial-cluster-token:".to_owned()],
            left_out: Vec::new(),
        }
    }

    /// Leaves out the rest of every line that begins with this text.
    #[must_use]
    pub fn rest_of_line(mut self, begin: &str) -> Self {
        self.lines.push(begin.to_owned());
        self
    }

    /// Leaves out every file and folder whose path holds this text: `.purged-`, where one run has
    /// purged more often than the other.
    #[must_use]
    pub fn without(mut self, part_of_path: &str) -> Self {
        self.left_out.push(part_of_path.to_owned());
        self
    }

    fn content(&self, content: &str) -> String {
        let mut text = String::new();
        let mut hidden = false;
        for line in content.lines() {
            if line.starts_with("-----END ") {
                hidden = false;
            }
            if hidden {
                continue;
            }
            let cut = self.lines.iter().find(|begin| line.starts_with(*begin));
            match cut {
                Some(begin) => writeln!(text, "{begin} <differs>"),
                None => writeln!(text, "{line}"),
            }
            .expect("a String takes everything");
            hidden |= line.starts_with("-----BEGIN ");
        }
        text
    }
}

impl SimWorld {
    /// Gives what the world is like now.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.shared.lock();
        let hosts = state.hosts.iter();
        Snapshot {
            hosts: hosts
                .map(|(name, host)| (name.clone(), host_snapshot(&state, host)))
                .collect(),
        }
    }
}

impl Snapshot {
    /// Leaves out what no two runs agree in.
    #[must_use]
    pub fn normalized(&self, normalizer: &Normalizer) -> Self {
        let hosts = self.hosts.iter().map(|(name, host)| {
            let mut stamps = BTreeMap::new();
            let files = host
                .files
                .iter()
                .filter(|(path, _)| !normalizer.left_out.iter().any(|part| path.contains(part)))
                .map(|(path, (facts, content))| {
                    let path = numbered_stamp(path, &mut stamps);
                    (path, (facts.clone(), normalizer.content(content)))
                })
                .collect();
            let etcds = host.etcds.iter().map(|(unit, etcd)| {
                let cluster_id = "<differs>".to_owned();
                let etcd = EtcdSnapshot {
                    cluster_id,
                    ..etcd.clone()
                };
                (unit.clone(), etcd)
            });
            let host = HostSnapshot {
                files,
                etcds: etcds.collect(),
                ..host.clone()
            };
            (name.clone(), host)
        });
        Self {
            hosts: hosts.collect(),
        }
    }

    /// Shows how another snapshot differs from this one, line by line; empty when it does not.
    pub fn diff(&self, other: &Self) -> String {
        let (before, after) = (self.to_string(), other.to_string());
        similar::TextDiff::from_lines(&before, &after)
            .unified_diff()
            .context_radius(2)
            .to_string()
    }

    /// Asserts that another snapshot is equal, and shows the difference when it is not.
    ///
    /// # Panics
    ///
    /// When they differ.
    #[track_caller]
    pub fn assert_same(&self, other: &Self) {
        assert!(self == other, "the worlds differ:\n{}", self.diff(other));
    }
}

impl std::fmt::Display for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, host) in &self.hosts {
            writeln!(f, "{name}: package {}", host.package)?;
            for (unit, state) in &host.services {
                writeln!(f, "{name}: {unit}.service {state}")?;
            }
            for (unit, etcd) in &host.etcds {
                let (cluster_id, leader) = (&etcd.cluster_id, &etcd.leader);
                writeln!(f, "{name}: {unit} of cluster {cluster_id}, leader {leader}")?;
                for member in &etcd.members {
                    writeln!(f, "{name}: {unit} member {member}")?;
                }
                for (key, value) in &etcd.keys {
                    writeln!(f, "{name}: {unit} key {key} = {value}")?;
                }
            }
            for (path, (facts, content)) in &host.files {
                writeln!(f, "{name}:{path} {facts}")?;
                for line in content.lines() {
                    writeln!(f, "    {line}")?;
                }
            }
        }
        Ok(())
    }
}

fn host_snapshot(state: &State, host: &Host) -> HostSnapshot {
    let name = &host.name;
    let files = host.files.iter().map(|(path, node)| {
        let (owner, mode) = (&node.owner, node.mode);
        let kind = match node.content {
            Some(_) => "file",
            None => "folder",
        };
        let facts = format!("{kind} {}:{} {mode:04o}", owner.user, owner.group);
        (path.to_string(), (facts, shown(host, path, node)))
    });
    let units = &host.units;
    let services = units.loaded.keys().map(|unit| {
        let facts = state.service(name, unit);
        let running = match facts.state {
            ServiceState::Running => "running",
            ServiceState::Starting => "starting",
            ServiceState::Stopping => "stopping",
            ServiceState::Stopped => "stopped",
            ServiceState::Failed => "failed",
            ServiceState::Missing => "missing",
        };
        let enabled = if facts.enabled { "enabled" } else { "disabled" };
        (unit.clone(), format!("{running}, {enabled}"))
    });
    let etcds = state.etcds.iter().filter(|((of, _), _)| of == name);
    let etcds = etcds.map(|((_, unit), etcd)| {
        let members = &etcd.member.members;
        let leader = etcd.leader.and_then(|leader| members.get(&leader));
        let mut lines: Vec<String> = members
            .values()
            .map(|member| {
                let role = if member.is_learner {
                    "learner"
                } else {
                    "voter"
                };
                let (name, urls) = (&member.name, member.peer_urls.join(","));
                let clients = member.client_urls.join(",");
                format!("{name} {role} {urls} {clients}")
            })
            .collect();
        lines.sort_unstable();
        let etcd = EtcdSnapshot {
            cluster_id: etcd.member.cluster_id.to_string(),
            members: lines,
            leader: leader.map_or_else(|| "none".to_owned(), |leader| leader.name.clone()),
            keys: etcd.member.kv.clone(),
        };
        (unit.clone(), etcd)
    });
    HostSnapshot {
        files: files.collect(),
        services: services.collect(),
        package: host
            .packages
            .installed
            .as_ref()
            .map_or_else(|| "none".to_owned(), ToString::to_string),
        etcds: etcds.collect(),
    }
}

/// Shows the content of a file; etcd's own files, locks and binary content by a word only.
fn shown(host: &Host, path: &HostPath, node: &Node) -> String {
    let Some(content) = &node.content else {
        return String::new();
    };
    if host.lock_files.contains(path) {
        return "<lock>".to_owned();
    }
    match (path.as_str(), std::str::from_utf8(content)) {
        (text, _) if text.contains("/member/") => "<data of etcd>".to_owned(),
        (_, Ok(text)) => text.to_owned(),
        (_, Err(_)) => format!("<{} bytes, sha256 {}>", content.len(), sha256(content)),
    }
}

/// Replaces the stamp of something that was moved aside by its number among those of the host.
fn numbered_stamp(path: &str, stamps: &mut BTreeMap<String, usize>) -> String {
    let Some((before, after)) = path.split_once(".purged-") else {
        return path.to_owned();
    };
    let (stamp, rest) = match after.find('/') {
        Some(slash) => after.split_at(slash),
        None => (after, ""),
    };
    let next = stamps.len() + 1;
    let whole = format!("{before}.purged-{stamp}");
    let number = *stamps.entry(whole).or_insert(next);
    format!("{before}.purged-<{number}>{rest}")
}

#[cfg(test)]
mod tests {
    use super::{Normalizer, SimWorld};
    use crate::files::Node;
    use etcd_plan::core::op::Ownership;

    fn world(token: &str, stamp: &str, mode: u32) -> SimWorld {
        let world = SimWorld::of(&["h"]);
        let file = |text: String| Node::file(text, Ownership::both("root"), mode);
        let conf = format!("name: etcd-1\ninitial-cluster-token: {token}\n");
        world.put_file("h", "/etc/etcd/etcd.conf", file(conf));
        let cert = format!("-----BEGIN CERTIFICATE-----\n{token}\n-----END CERTIFICATE-----\n");
        world.put_file("h", "/etc/etcd/ca.crt", file(cert));
        let aside = format!("/data/etcd.purged-{stamp}/x");
        world.put_file("h", &aside, file(String::new()));
        world
    }

    #[test]
    fn equal_worlds_are_equal_and_show_no_difference() {
        let (one, other) = (world("a", "1", 0o644), world("a", "1", 0o644));
        assert_eq!(one.snapshot(), other.snapshot());
        assert_eq!(one.snapshot().diff(&other.snapshot()), "");
    }

    #[test]
    fn the_difference_names_host_file_and_line() {
        let (one, other) = (world("a", "1", 0o644), world("b", "1", 0o600));
        let diff = one.snapshot().diff(&other.snapshot());
        assert!(
            diff.contains("-h:/etc/etcd/etcd.conf file root:root 0644"),
            "{diff}"
        );
        assert!(diff.contains("+    initial-cluster-token: b"), "{diff}");
    }

    #[test]
    fn what_differs_by_run_can_be_left_out_and_nothing_else_is() {
        let usual = Normalizer::usual();
        let normal = |world: SimWorld| world.snapshot().normalized(&usual);
        normal(world("a", "1", 0o644)).assert_same(&normal(world("b", "2", 0o644)));
        assert_ne!(
            normal(world("a", "1", 0o644)),
            normal(world("a", "1", 0o600))
        );
        let bare = |world: SimWorld| {
            let without = usual.clone().without(".purged-");
            world.snapshot().normalized(&without)
        };
        let purged_twice = world("a", "1", 0o644);
        let file = Node::file("", Ownership::both("root"), 0o644);
        purged_twice.put_file("h", "/data/etcd.purged-2/x", file);
        assert_ne!(normal(purged_twice.clone()), normal(world("a", "1", 0o644)));
        bare(purged_twice).assert_same(&bare(world("a", "1", 0o644)));
    }
}
