//! Which groups of an inventory are etcd clusters, and who belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use super::clusters::Carrier;
use super::{host, unknown};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::inventory::{ExtraVars, HostVars, Inventory};
use crate::names::{ClusterName, GroupName, HostName};

/// Which groups are etcd clusters, and of which name.
pub(super) struct EtcdGroups {
    by_group: BTreeMap<GroupName, ClusterName>,
    /// Names that groups share which have nothing to do with each other: a finding was made then.
    reused: BTreeSet<ClusterName>,
}

impl EtcdGroups {
    /// Finds the group of each cluster: the one under whose hosts `etcd_seq` is written; where that
    /// cannot be told (JSON of `ansible-inventory`), the one that is called like the cluster or
    /// sets `etcd_cluster`, or else the smallest that holds all members.
    pub(super) fn of(
        inventory: &Inventory,
        extra: &ExtraVars,
        carriers: &[Carrier<'_>],
        findings: &mut Diagnostics,
    ) -> Self {
        let mut by_group = BTreeMap::new();
        let mut reused = BTreeSet::new();
        let mut homes: BTreeMap<&ClusterName, BTreeSet<GroupName>> = BTreeMap::new();
        let mut hosts: BTreeMap<&ClusterName, Vec<&HostName>> = BTreeMap::new();
        for carrier in carriers {
            hosts
                .entry(&carrier.cluster)
                .or_default()
                .push(carrier.vars.host());
            if let Some(group) = carrier.written_in() {
                homes
                    .entry(&carrier.cluster)
                    .or_default()
                    .insert(group.clone());
            }
        }
        for (cluster, hosts) in &hosts {
            let written = homes.remove(cluster).unwrap_or_default();
            let only = written.first().filter(|_| written.len() == 1);
            // Variables below the hosts of `all` say nothing of groups.
            let own = only.filter(|group| !is_everybody(group));
            let home = own
                .cloned()
                .or_else(|| common_group(inventory, cluster, hosts))
                .or_else(|| only.cloned());
            match home {
                Some(home) => {
                    by_group.insert(home, (*cluster).clone());
                }
                None => {
                    findings.push(name_reused(inventory, cluster, &written));
                    reused.insert((*cluster).clone());
                }
            }
        }
        // A group that names a cluster means one, whoever is in it.
        for group in inventory.groups() {
            if by_group.contains_key(group) {
                continue;
            }
            if let Some(name) = named_by(inventory, extra, group) {
                by_group.insert(group.clone(), name);
            }
        }
        Self { by_group, reused }
    }

    /// Sorts members by cluster, each with its group. Where groups share a name each is looked at
    /// as a cluster of its own, as it was most likely meant.
    pub(super) fn sorted<'c, 'a>(
        &self,
        carriers: &'c [Carrier<'a>],
    ) -> BTreeMap<(&'c ClusterName, GroupName), Vec<&'c Carrier<'a>>> {
        let homes = self.homes();
        let mut sorted: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for carrier in carriers {
            let name = &carrier.cluster;
            let written = carrier.written_in().filter(|_| self.reused.contains(name));
            let group = written.or_else(|| homes.get(name).copied()).cloned();
            let group = group.unwrap_or_else(|| {
                name.as_str()
                    .parse()
                    .expect("a cluster name is a group name too")
            });
            sorted.entry((name, group)).or_default().push(carrier);
        }
        sorted
    }

    /// Gives the group of each cluster: of several the first.
    fn homes(&self) -> BTreeMap<&ClusterName, &GroupName> {
        let homes = self.by_group.iter().rev();
        homes.map(|(group, cluster)| (cluster, group)).collect()
    }

    /// Finds hosts of a cluster's group that carry no `etcd_seq`, or that belong to another
    /// cluster. Gives the clusters whose members are not all known then.
    pub(super) fn check_seq(
        &self,
        inventory: &Inventory,
        extra: &ExtraVars,
        carriers: &[Carrier<'_>],
        findings: &mut Diagnostics,
    ) -> BTreeSet<ClusterName> {
        let by_host: BTreeMap<&HostName, &Carrier<'_>> = carriers
            .iter()
            .map(|carrier| (carrier.vars.host(), carrier))
            .collect();
        let mut taken: BTreeMap<&ClusterName, BTreeSet<u32>> = BTreeMap::new();
        for carrier in carriers {
            taken
                .entry(&carrier.cluster)
                .or_default()
                .extend(carrier.seq);
        }
        let mut doubtful = BTreeSet::new();
        for (group, cluster) in &self.by_group {
            let hosts = inventory.direct_hosts_of(group.as_str());
            let hosts = hosts.unwrap_or_default();
            let taken = taken.get(cluster);
            let mut free = (1..).filter(|seq| !taken.is_some_and(|taken| taken.contains(seq)));
            for host in &hosts {
                let finding = match by_host.get(host) {
                    None => {
                        let vars = inventory.vars(host, extra);
                        let place = inventory.host_place(host.as_str());
                        seq_missing(&vars, cluster, place, free.next().unwrap_or_default())
                    }
                    Some(carrier) if carrier.cluster != *cluster => {
                        doubtful.insert(carrier.cluster.clone());
                        let place = inventory.group_place(group.as_str());
                        in_two_clusters(carrier, cluster, place)
                    }
                    Some(_) => continue,
                };
                doubtful.insert(cluster.clone());
                findings.push(finding);
            }
        }
        doubtful
    }
}

/// Says that a host of a cluster has no `etcd_seq`, and which number is free.
fn seq_missing(
    vars: &HostVars<'_>,
    cluster: &ClusterName,
    place: Option<Place>,
    free: u32,
) -> Diagnostic {
    let host = vars.host();
    let message = format!("host {host} of cluster {cluster} has no `etcd_seq`");
    if let Some(var) = unknown::misspelt(vars, "etcd_seq") {
        let hint = unknown::hint(var.name);
        return Diagnostic::new(Code::SeqMissing, message, hint).at(var.key_place(), "");
    }
    let written = vars.get("etcd_seq").and_then(|var| var.key_place());
    let label = if written.is_some() { "no value" } else { "" };
    let hint = format!(
        "write `{host}: {{ etcd_seq: {free} }}`, or another number that no host of the cluster has"
    );
    Diagnostic::new(Code::SeqMissing, message, hint).at(written.or(place), label)
}

/// Says that a host of a cluster's group is a member of another one.
fn in_two_clusters(
    carrier: &Carrier<'_>,
    cluster: &ClusterName,
    group: Option<Place>,
) -> Diagnostic {
    let (host, other) = (carrier.vars.host(), &carrier.cluster);
    Diagnostic::new(
        Code::HostInTwoClusters,
        format!("host {host} is in cluster {cluster} and in cluster {other}"),
        "take it out of one of them: both would use the same ports, data directory and unit there",
    )
    .at(carrier.seq_var.place(), format!("a member of {other}"))
    .see(group, format!("the group of {cluster} has it too"))
}

/// Says whether a group is one that every inventory has.
fn is_everybody(group: &GroupName) -> bool {
    matches!(group.as_str(), "all" | "ungrouped")
}

/// Gives the cluster that a group itself names, by `etcd_cluster` or by being called like one.
fn named_by(inventory: &Inventory, extra: &ExtraVars, group: &GroupName) -> Option<ClusterName> {
    let Some(var) = inventory.group_var(group.as_str(), "etcd_cluster") else {
        let is_default = group.as_str() == ClusterName::default().as_str();
        return is_default.then(ClusterName::default);
    };
    if !var.value.is_template() {
        return var.value.as_text()?.parse().ok();
    }
    // A template is rendered for a host; what is wrong with it is told where a member needs it.
    let hosts = inventory.direct_hosts_of(group.as_str())?;
    let vars = inventory.vars(hosts.first()?, extra);
    host::cluster_name(&vars, &mut Diagnostics::default())
}

/// Gives the group that holds all of some hosts and fits their cluster best; `all` is none.
fn common_group(
    inventory: &Inventory,
    cluster: &ClusterName,
    hosts: &[&HostName],
) -> Option<GroupName> {
    let mut common: Option<BTreeSet<&GroupName>> = None;
    for host in hosts {
        let groups: BTreeSet<&GroupName> = inventory.groups_of(host.as_str()).collect();
        common = Some(match common {
            None => groups,
            Some(common) => common.intersection(&groups).copied().collect(),
        });
    }
    common
        .unwrap_or_default()
        .into_iter()
        .min_by_key(|group| {
            let is_named = group.as_str() == cluster.as_str();
            let sets = inventory
                .group_var(group.as_str(), "etcd_cluster")
                .is_some();
            let size = inventory
                .hosts_of(group.as_str())
                .map_or(0, |hosts| hosts.len());
            (!is_named, !sets, size, (*group).clone())
        })
        .cloned()
}

fn name_reused(
    inventory: &Inventory,
    cluster: &ClusterName,
    groups: &BTreeSet<GroupName>,
) -> Diagnostic {
    let names: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    let mut diagnostic = Diagnostic::new(
        Code::ClusterNameReused,
        match names.len() {
            0 => format!("the hosts of cluster {cluster} are in no group that is its own"),
            _ => format!("groups {} are all cluster {cluster}", names.join(" and ")),
        },
        match names.len() {
            0 => format!("put them into a group: `{cluster}: {{ hosts: … }}`"),
            _ => {
                "give each group an `etcd_cluster` of its own; if they are one cluster, make them \
                  `children` of one group"
                    .to_owned()
            }
        },
    );
    let mut places = groups.iter().filter_map(|group| {
        inventory
            .group_place(group.as_str())
            .map(|place| (place, group))
    });
    if let Some((place, _)) = places.next() {
        diagnostic = diagnostic.at(place, format!("is cluster {cluster}"));
    }
    for (place, _) in places {
        diagnostic = diagnostic.see(place, format!("is cluster {cluster} too"));
    }
    diagnostic
}
