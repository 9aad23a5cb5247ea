use std::collections::{BTreeMap, BTreeSet};

use super::Unread;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::names::{Address, MemberName, Port};
use crate::spec::{ClusterSpec, MemberSpec};

/// The most voters that etcd's FAQ advises.
const MOST_VOTERS: usize = 7;

/// Checks the members of one cluster.
pub(super) fn check(cluster: &ClusterSpec, unread: &Unread, findings: &mut Diagnostics) {
    check_seq(cluster, findings);
    check_addresses(cluster, findings);
    if !unread.members {
        check_count(cluster, findings);
    }
}

fn check_seq(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let mut by_seq: BTreeMap<u32, Vec<&MemberSpec>> = BTreeMap::new();
    for member in &cluster.members {
        by_seq.entry(member.seq).or_default().push(member);
    }
    for (seq, members) in by_seq {
        let [first, .., last] = members[..] else {
            continue;
        };
        let hosts: Vec<&str> = members.iter().map(|m| m.host.name.as_str()).collect();
        let message = format!(
            "hosts {} of cluster {} have the same `etcd_seq`, {seq}",
            listed(&hosts),
            cluster.name
        );
        let is_written_once = first.seq_place.is_some() && first.seq_place == last.seq_place;
        let (label, hint) = if is_written_once {
            let hint = "write `etcd_seq` at each host, with a number of its own";
            ("all of them have it from here", hint)
        } else {
            let hint = "give each of them another number; if they are of different clusters, give \
                        one group an `etcd_cluster` of its own";
            ("used again", hint)
        };
        let mut finding =
            Diagnostic::new(Code::SeqReused, message, hint).at(members[1].seq_place.clone(), label);
        finding = finding.see(first.seq_place.clone(), "used here first");
        for member in &members[2..] {
            finding = finding.see(member.seq_place.clone(), "and here");
        }
        findings.push(finding);
    }
}

/// Other members must be able to reach what a member advertises.
fn check_addresses(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let all_loopback = cluster
        .members
        .iter()
        .all(|member| member.address.is_loopback());
    for member in &cluster.members {
        let is_name = matches!(&member.address, Address::Dns(name) if name == "localhost");
        let alone = cluster.members.len() == 1;
        let why = if member.address.is_unspecified() {
            "stands for all addresses, not for one"
        } else if member.address.is_loopback() && !all_loopback {
            "is only reached on the host itself"
        } else if is_name && !alone {
            "is every host's name for itself"
        } else {
            continue;
        };
        findings.push(
            Diagnostic::new(
                Code::AddressUnreachable,
                format!(
                    "member {} would advertise {}, which {why}",
                    member.name, member.address
                ),
                "name the host by an address that the other members reach",
            )
            .at(member.place.clone(), ""),
        );
    }
}

fn check_count(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let voters = cluster.voters().count();
    let name = &cluster.name;
    let finding = if voters == 0 && !cluster.members.is_empty() {
        Diagnostic::new(
            Code::LearnerBootstraps,
            format!("cluster {name} has no voting member: all are learners"),
            "drop `etcd_learner` from at least one member",
        )
    } else if voters > MOST_VOTERS {
        Diagnostic::new(
            Code::ManyVoters,
            format!(
                "cluster {name} has {voters} voting members, and every write waits for {} of them",
                cluster.quorum()
            ),
            "use 3, 5 or 7 members",
        )
    } else if voters > 0 && voters.is_multiple_of(2) {
        let tolerance = match cluster.tolerance() {
            0 => "no failure".to_owned(),
            1 => "1 failure".to_owned(),
            more => format!("{more} failures"),
        };
        Diagnostic::new(
            Code::EvenVoters,
            format!(
                "cluster {name} has {voters} voting members and survives {tolerance}, no more than \
                 with {}",
                voters - 1
            ),
            format!("use {} or {} members", voters - 1, voters + 1),
        )
    } else {
        return;
    };
    let label = match voters {
        0 => String::new(),
        _ => format!("{voters} voting members"),
    };
    findings.push(finding.at(cluster.place.clone(), label));
}

/// Checks that no two members, of whichever clusters, have the same name: their certificates would lie
/// in one place. Those with one `etcd_seq` are a finding of their own.
pub(super) fn check_names<'a>(
    clusters: impl Iterator<Item = &'a ClusterSpec>,
    findings: &mut Diagnostics,
) {
    let mut by_name: BTreeMap<&MemberName, Vec<(&ClusterSpec, &MemberSpec)>> = BTreeMap::new();
    for cluster in clusters {
        for member in &cluster.members {
            by_name
                .entry(&member.name)
                .or_default()
                .push((cluster, member));
        }
    }
    for (name, members) in by_name {
        let [(one, first), .., (other, last)] = members[..] else {
            continue;
        };
        if one.name == other.name && first.seq == last.seq {
            continue;
        }
        let hosts: Vec<&str> = members.iter().map(|(_, m)| m.host.name.as_str()).collect();
        let message = format!("hosts {} have members of one name, {name}", listed(&hosts));
        let hint =
            "members keep the names with which they were made: see `etcd_name` of these hosts";
        let finding = Diagnostic::new(Code::NameReused, message, hint)
            .at(last.place.clone(), "")
            .see(first.place.clone(), "the same name");
        findings.push(finding);
    }
}

/// Checks that no two members, of whichever clusters, listen on the same address and port.
pub(super) fn check_endpoints<'a>(
    clusters: impl Iterator<Item = (&'a ClusterSpec, &'a Unread)>,
    findings: &mut Diagnostics,
) {
    let mut by_endpoint: BTreeMap<(&Address, Port), Vec<&MemberSpec>> = BTreeMap::new();
    for (cluster, unread) in clusters {
        if !unread.has_read(&["etcd_port", "etcd_peer_port"]) {
            continue;
        }
        let network = &cluster.settings.network;
        for member in &cluster.members {
            for port in BTreeSet::from([*network.port, *network.peer_port]) {
                let members = by_endpoint.entry((&member.address, port)).or_default();
                members.push(member);
            }
        }
    }
    // Members with one address share both ports as a rule, which is one mistake.
    let mut shared: BTreeMap<(&Address, Vec<&str>), Shared<'_>> = BTreeMap::new();
    for ((address, port), members) in by_endpoint {
        // The hosts of one cluster with one number are a finding of their own.
        let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
        if names.len() > 1 {
            let key = (address, names.into_iter().collect());
            let ports = Vec::new();
            let shared = shared.entry(key).or_insert(Shared { members, ports });
            shared.ports.push(port.to_string());
        }
    }
    for ((address, names), Shared { members, ports }) in shared {
        let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
        let message = format!(
            "members {} are at one address, {address}, with the same port{}: {}",
            listed(&names),
            if ports.len() == 1 { "" } else { "s" },
            listed(&ports)
        );
        let hint = "give each member an address of its own, or the clusters different ports";
        let label = |member: &MemberSpec| format!("{} at {address}", member.name);
        let mut finding = Diagnostic::new(Code::EndpointReused, message, hint)
            .at(members[1].place.clone(), label(members[1]));
        for member in members.iter().filter(|member| **member != members[1]) {
            finding = finding.see(member.place.clone(), label(member));
        }
        findings.push(finding);
    }
}

/// Members that share an address, and the ports on which they would meet.
struct Shared<'a> {
    members: Vec<&'a MemberSpec>,
    ports: Vec<String>,
}

/// Joins names as a sentence has them: `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
