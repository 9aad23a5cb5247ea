use std::collections::{BTreeMap, BTreeSet};

use super::finding::merged;
use super::member::{Found, Reading};
use super::settings::{Reached, Shared, shared};
use super::{Finding, text};
use crate::names::{Address, ClusterName, EtcdId, HostName, HostPath, MemberName};
use crate::op::MemberFacts;

/// A cluster that can be adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Its name.
    pub cluster: ClusterName,
    /// The text of the inventory.
    pub inventory: String,
    /// What no parameter says, or what a person has to do.
    pub notes: Vec<Finding>,
    /// The certificate of the authority that its members trust, as PEM; none where it could not be read.
    pub ca: Option<Vec<u8>>,
    /// Its members, in the order of their `etcd_seq`.
    pub members: Vec<AdoptedMember>,
}

/// What the control machine must hold of a member, so that no plan wants to issue it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedMember {
    /// Its name.
    pub name: MemberName,
    /// The host, as it was named.
    pub host: HostName,
    /// Its certificate, as PEM; none where it could not be read.
    pub certificate: Option<Vec<u8>>,
    /// Where its private key lies on its host.
    pub key: Option<HostPath>,
}

/// A member on its way into the inventory.
pub(super) struct Draft<'a> {
    pub(super) seq: u32,
    pub(super) name: MemberName,
    pub(super) reached: Reached,
    pub(super) learner: bool,
    pub(super) found: &'a Found<'a>,
}

/// Makes an inventory of what hosts have answered. A cluster is called by what its members' names begin
/// with, or else by `name`.
///
/// # Errors
///
/// When the hosts are not those of one cluster that could be managed: all that is wrong.
pub fn adopt(readings: &[Reading], name: &ClusterName) -> Result<Adoption, Vec<Finding>> {
    let mut problems = Vec::new();
    let mut members: Vec<Found<'_>> = Vec::new();
    for reading in readings {
        match Found::of(reading) {
            Ok(found) => members.push(found),
            Err((what, hint)) => problems.push(Finding::of_host(&reading.host.name, what, hint)),
        }
    }
    members.retain(|found| match without_tls(found) {
        Some(problem) => {
            problems.push(problem);
            false
        }
        None => true,
    });
    one_cluster(&members, &mut problems);
    let listed = listed(&members, &mut problems);
    let mut drafts = Vec::new();
    if let Some(listed) = listed.filter(|_| problems.is_empty()) {
        all_named(&members, listed, readings, &mut problems);
        for found in &members {
            match draft(found, listed) {
                Ok(draft) => drafts.push(draft),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if !problems.is_empty() {
        return Err(merged(problems));
    }
    let cluster = number(&mut drafts, name);
    let members: Vec<_> = drafts
        .iter()
        .map(|draft| (draft.found, &draft.reached))
        .collect();
    let mut shared = shared(&members);
    let kept = keep(&drafts, &mut shared);
    shared.notes = merged(shared.notes);
    Ok(Adoption {
        inventory: text::write(&cluster, &drafts, &shared),
        cluster,
        notes: shared.notes,
        ca: kept.0,
        members: kept.1,
    })
}

/// Says that a member serves without TLS.
fn without_tls(found: &Found<'_>) -> Option<Finding> {
    if !found.effective.is_read {
        return None;
    }
    let plain = |key: &str| {
        let urls = found.effective.settings.list(key);
        urls.iter().any(|url| url.starts_with("http://"))
    };
    let sides = [
        ("advertise-client-urls", "clients"),
        ("initial-advertise-peer-urls", "other members"),
    ];
    let sides = sides.into_iter().filter(|(key, _)| {
        let is_set = found.effective.settings.text(key).is_some();
        // etcd's own default is without TLS.
        !is_set || plain(key)
    });
    let sides: Vec<&str> = sides.map(|(_, side)| side).collect();
    (!sides.is_empty()).then(|| {
        let what = format!("its etcd serves {} without TLS", sides.join(" and "));
        let hint = "etcd-plan runs clusters with mutual TLS only: it would change every URL to `https://`, which \
                    no rolling restart does. Turn TLS on first (etcd's security guide), or build a new cluster \
                    from a snapshot of this one (`etcd-plan restore`)";
        Finding::of_host(&found.reading.host.name, what, hint)
    })
}

/// Says that hosts belong to different clusters, or that two of them are one.
fn one_cluster(members: &[Found<'_>], problems: &mut Vec<Finding>) {
    let mut clusters: BTreeMap<EtcdId, Vec<&HostName>> = BTreeMap::new();
    let mut ids: BTreeMap<EtcdId, &HostName> = BTreeMap::new();
    for found in members {
        let Some(status) = found.etcd.and_then(|etcd| etcd.status.as_ref()) else {
            continue;
        };
        let host = &found.reading.host.name;
        clusters.entry(status.cluster_id).or_default().push(host);
        if let Some(other) = ids.insert(status.member_id, host) {
            let what = format!("it is the same member as {other}, {}", status.member_id);
            problems.push(Finding::of_host(host, what, "name each member once"));
        }
    }
    if clusters.len() > 1 {
        let groups = clusters
            .iter()
            .map(|(id, hosts)| format!("{id}: {}", joined(hosts, ", ")));
        let commands = clusters
            .values()
            .map(|hosts| format!("`etcd-plan adopt {}`", joined(hosts, " ")));
        problems.push(Finding::of_cluster(
            format!(
                "the hosts belong to different clusters: {}",
                groups.collect::<Vec<_>>().join("; ")
            ),
            format!(
                "adopt each by itself: {}",
                commands.collect::<Vec<_>>().join(", ")
            ),
        ));
    }
}

fn joined(hosts: &[&HostName], between: &str) -> String {
    let hosts: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
    hosts.join(between)
}

/// Gives the list of members: of one that is healthy, or else of any that answers.
fn listed<'a>(members: &[Found<'a>], problems: &mut Vec<Finding>) -> Option<&'a [MemberFacts]> {
    let answers = || {
        let etcds = members.iter().filter_map(|found| found.etcd);
        etcds.filter(|etcd| !etcd.members.is_empty())
    };
    let healthy = answers().find(|etcd| etcd.healthy);
    let listed = healthy
        .or_else(|| answers().next())
        .map(|etcd| &*etcd.members);
    if listed.is_none() && !members.is_empty() {
        let said = members.iter().map(|found| {
            let said = found
                .etcd
                .map(|etcd| etcd.said.trim().lines().next_back().unwrap_or_default());
            format!(
                "{}: {}",
                found.reading.host.name,
                said.unwrap_or("it could not be asked")
            )
        });
        problems.push(Finding::of_cluster(
            format!("no member answers, so nobody says who they are: {}", said.collect::<Vec<_>>().join("; ")),
            "see that the cluster runs, and that `etcdctl` on a host reaches it with the member's own certificate",
        ));
    }
    listed
}

/// Says which members of the list were not named.
fn all_named(
    members: &[Found<'_>],
    listed: &[MemberFacts],
    readings: &[Reading],
    problems: &mut Vec<Finding>,
) {
    let named: BTreeSet<EtcdId> = members
        .iter()
        .filter_map(|found| found.listed(listed))
        .map(|known| known.id)
        .collect();
    let lacking: Vec<&MemberFacts> = listed
        .iter()
        .filter(|known| !named.contains(&known.id))
        .collect();
    if lacking.is_empty() {
        return;
    }
    let name = |known: &&MemberFacts| {
        let name = if known.name.is_empty() {
            "one that has never started"
        } else {
            &known.name
        };
        format!("{name} at {}", known.peer_urls.join(","))
    };
    let hosts = readings.iter().map(|reading| reading.host.name.to_string());
    let others = lacking.iter().filter_map(|known| {
        let url = known.peer_urls.first()?;
        Some(place_of(url)?.0.to_string())
    });
    let all: Vec<String> = hosts.chain(others).collect();
    problems.push(Finding::of_cluster(
        format!(
            "members were not named: {}",
            lacking.iter().map(name).collect::<Vec<_>>().join(", ")
        ),
        format!(
            "name all of them: `etcd-plan adopt {}`; or remove those that are no more",
            all.join(" ")
        ),
    ));
}

/// Gives address and port of a URL.
fn place_of(url: &str) -> Option<(Address, u16)> {
    let (_, rest) = url.split_once("://")?;
    let (host, port) = rest.trim_end_matches('/').rsplit_once(':')?;
    Some((host.parse().ok()?, port.parse().ok()?))
}

fn draft<'a>(found: &'a Found<'a>, listed: &[MemberFacts]) -> Result<Draft<'a>, Finding> {
    let host = &found.reading.host.name;
    let Some(known) = found.listed(listed) else {
        let what = format!(
            "its etcd, {}, is no member of the cluster of the others",
            found.name()
        );
        return Err(Finding::of_host(
            host,
            what,
            "leave the host out, or adopt its cluster by itself",
        ));
    };
    let name = if known.name.is_empty() {
        found.name()
    } else {
        known.name.clone()
    };
    let name = name.parse::<MemberName>().map_err(|why| {
        let what = format!("its member is called `{name}`, which {why}");
        let hint = "start it with another `--name`: names stand in file names";
        Finding::of_host(host, what, hint)
    })?;
    let place = |urls: &[String]| urls.iter().find_map(|url| place_of(url));
    let (Some((address, peer_port)), client) = (place(&known.peer_urls), place(&known.client_urls))
    else {
        let what = format!(
            "its peer URL is {}, which has no address and port",
            known.peer_urls.join(",")
        );
        return Err(Finding::of_host(host, what, "see `etcdctl member list`"));
    };
    let (client_address, port) = client.unwrap_or((address.clone(), 2379));
    if client_address != address {
        let what = format!("clients reach it at {client_address}, and other members at {address}");
        let hint = "etcd-plan advertises one address for both, that of the host in the inventory: let etcd \
                    advertise one too (a client URL takes a restart)";
        return Err(Finding::of_host(host, what, hint));
    }
    Ok(Draft {
        seq: 0,
        name,
        reached: Reached {
            address,
            port,
            peer_port,
        },
        learner: known.is_learner,
        found,
    })
}

/// Numbers the members as their names do, and the others after them; gives the cluster's name.
fn number(drafts: &mut [Draft<'_>], name: &ClusterName) -> ClusterName {
    let parts = |draft: &Draft<'_>| -> Option<(ClusterName, u32)> {
        let (cluster, _) = draft.name.as_str().rsplit_once('-')?;
        let cluster: ClusterName = cluster.parse().ok()?;
        let seq = cluster.seq_of(&draft.name)?;
        Some((cluster, seq))
    };
    let mut counts: BTreeMap<ClusterName, usize> = BTreeMap::new();
    for (cluster, _) in drafts.iter().filter_map(parts) {
        *counts.entry(cluster).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let cluster = most.map_or_else(|| name.clone(), |(cluster, _)| cluster);
    let mut used = BTreeSet::new();
    for draft in drafts.iter_mut() {
        if let Some((of, seq)) = parts(draft)
            && of == cluster
        {
            draft.seq = seq;
            used.insert(seq);
        }
    }
    drafts.sort_by(|one, other| one.name.cmp(&other.name));
    let mut free = (1..).filter(|seq| !used.contains(seq));
    for draft in drafts.iter_mut() {
        if cluster.member(draft.seq) != draft.name {
            draft.seq = free.next().expect("there is no end to numbers");
        }
    }
    drafts.sort_by_key(|draft| draft.seq);
    cluster
}

/// Gathers what the control machine is to hold, and says what could not be read of it.
fn keep(drafts: &[Draft<'_>], shared: &mut Shared) -> (Option<Vec<u8>>, Vec<AdoptedMember>) {
    let mut ca: Option<Vec<u8>> = None;
    let mut members = Vec::new();
    for draft in drafts {
        let host = &draft.found.reading.host.name;
        let mut take = |key: &str| match draft.found.tls_file(key) {
            Ok(content) => Some(content),
            Err((what, hint)) => {
                shared.notes.push(Finding::of_host(host, what, hint));
                None
            }
        };
        let (trusted, certificate) = (take("trusted-ca-file"), take("cert-file"));
        match (&ca, trusted) {
            (Some(ca), Some(trusted)) if *ca != trusted => {
                let what = "it trusts another CA than the first member";
                let hint = "members share one: a plan makes it the same";
                shared.notes.push(Finding::of_host(host, what, hint));
            }
            (None, trusted) => ca = trusted,
            _ => {}
        }
        members.push(AdoptedMember {
            name: draft.name.clone(),
            host: host.clone(),
            certificate,
            key: draft.found.effective.tls("key-file"),
        });
    }
    (ca, members)
}
