use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::names::{Address, Port};
use crate::spec::{ClusterSpec, MemberSpec};

/// The most voters that etcd's FAQ advises.
const MOST_VOTERS: usize = 7;

/// Checks the members of one cluster.
pub(super) fn check(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    check_seq(cluster, findings);
    check_addresses(cluster, findings);
    check_count(cluster, findings);
}

fn check_seq(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let mut seen: BTreeMap<u32, &MemberSpec> = BTreeMap::new();
    for member in &cluster.members {
        if let Some(other) = seen.insert(member.seq, member) {
            findings.push(
                Diagnostic::new(
                    Code::SeqReused,
                    format!(
                        "hosts {} and {} of cluster {} both have `etcd_seq` {}",
                        other.host.name, member.host.name, cluster.name, member.seq
                    ),
                    "give one of them another number; if they are of different clusters, give one \
                     group an `etcd_cluster` of its own",
                )
                .at(member.place.clone(), "used again")
                .see(other.place.clone(), "used here first"),
            );
        }
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
                    "{} would advertise {}, which {why}",
                    member.name, member.address
                ),
                "name the host by an address that the other members reach",
            )
            .at(member.place.clone(), "member with this address"),
        );
    }
}

fn check_count(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let voters = cluster.voters().count();
    let place = cluster
        .members
        .first()
        .and_then(|member| member.place.clone());
    if voters == 0 && !cluster.members.is_empty() {
        findings.push(
            Diagnostic::new(
                Code::LearnerBootstraps,
                format!("cluster {} has no voting member", cluster.name),
                "drop `etcd_learner` from at least one member",
            )
            .at(place, "all members are learners"),
        );
    } else if voters > MOST_VOTERS {
        findings.push(
            Diagnostic::new(
                Code::ManyVoters,
                format!("cluster {} has {voters} voting members", cluster.name),
                "use 3, 5 or 7 members",
            )
            .at(place, "first member"),
        );
    } else if voters > 0 && voters.is_multiple_of(2) {
        let tolerance = cluster.tolerance();
        findings.push(
            Diagnostic::new(
                Code::EvenVoters,
                format!(
                    "cluster {} has {voters} voting members and survives {tolerance} failure{}, no \
                     more than with {}",
                    cluster.name,
                    if tolerance == 1 { "" } else { "s" },
                    voters - 1
                ),
                format!("use {} or {} members", voters - 1, voters + 1),
            )
            .at(place, "first member"),
        );
    }
}

/// Checks that no two members, of whichever clusters, listen on the same address and port.
pub(super) fn check_endpoints(clusters: &[ClusterSpec], findings: &mut Diagnostics) {
    let mut seen: BTreeMap<(&Address, Port), &MemberSpec> = BTreeMap::new();
    for cluster in clusters {
        let network = &cluster.settings.network;
        for member in &cluster.members {
            for port in [*network.port, *network.peer_port] {
                let Some(other) = seen.insert((&member.address, port), member) else {
                    continue;
                };
                // Equal ports of one member are a finding of their own.
                if std::ptr::eq(other, member) {
                    continue;
                }
                findings.push(
                    Diagnostic::new(
                        Code::EndpointReused,
                        format!(
                            "{} and {} would both listen on {}:{port}",
                            other.name,
                            member.name,
                            member.address.in_url()
                        ),
                        "give each member an address of its own, or the clusters different ports",
                    )
                    .at(
                        member.place.clone(),
                        format!("{} listens there too", member.name),
                    )
                    .see(other.place.clone(), format!("{} listens there", other.name)),
                );
            }
        }
    }
}
