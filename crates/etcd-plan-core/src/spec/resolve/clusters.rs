use std::collections::{BTreeMap, BTreeSet};

use super::{host, settings, unknown};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{ExtraVars, HostVars, Inventory, Level, Var};
use crate::names::{ClusterName, GroupName, HostName};
use crate::spec::{self, ClusterSpec, HostSpec, MemberSpec};

/// The clusters of an inventory, and what is to be said of them.
#[derive(Debug, Clone)]
pub struct ResolvedInventory {
    /// The clusters, in the order of their names.
    pub clusters: Vec<ClusterSpec>,
    /// The warnings, those of the inventory's text included.
    pub diagnostics: Diagnostics,
}

/// Finds the etcd clusters of an inventory and resolves them; `extra` goes above all variables.
///
/// # Errors
///
/// When there is no cluster, or something is wrong with one: all findings at once, the warnings
/// included.
pub fn resolve(inventory: &Inventory, extra: &ExtraVars) -> Result<ResolvedInventory, Diagnostics> {
    let mut findings = inventory.diagnostics().clone();
    let carriers = carriers(inventory, extra, &mut findings);
    let groups = EtcdGroups::of(inventory, &carriers, &mut findings);
    groups.check_seq(inventory, extra, &carriers, &mut findings);
    let homes = groups.homes();
    let infra = infra(inventory, extra, &mut findings);
    let mut clusters = Vec::new();
    let mut by_cluster: BTreeMap<&ClusterName, Vec<&Carrier<'_>>> = BTreeMap::new();
    for carrier in &carriers {
        by_cluster
            .entry(&carrier.cluster)
            .or_default()
            .push(carrier);
    }
    for (name, mut carriers) in by_cluster {
        carriers.sort_by_key(|carrier| (carrier.seq, carrier.vars.host()));
        let vars: Vec<&HostVars<'_>> = carriers.iter().map(|carrier| &carrier.vars).collect();
        let settings = settings::resolve(&vars, &mut findings);
        unknown::check(&vars, &mut findings);
        let members: Vec<MemberSpec> = carriers
            .iter()
            .filter_map(|carrier| member(name, carrier, &mut findings))
            .collect();
        let home = homes.get(name).copied().cloned();
        let group = home.unwrap_or_else(|| {
            name.as_str()
                .parse()
                .expect("a cluster name is a group name too")
        });
        let infra = infra.clone();
        clusters.push(ClusterSpec {
            name: name.clone(),
            group,
            settings,
            members,
            infra,
        });
    }
    if carriers.is_empty() && !findings.has_errors() {
        findings.push(Diagnostic::new(
            Code::NoCluster,
            "the inventory has no etcd cluster",
            "give the hosts of a group an `etcd_seq`, a number that is unique in the cluster: \
             `etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }`",
        ));
    }
    findings.extend(spec::check(&clusters));
    let diagnostics = findings.into_result()?;
    Ok(ResolvedInventory {
        clusters,
        diagnostics,
    })
}

/// A host that carries `etcd_seq`.
struct Carrier<'a> {
    vars: HostVars<'a>,
    seq_var: Var<'a>,
    /// None when it is not good: a finding was made then.
    seq: Option<u32>,
    cluster: ClusterName,
}

fn carriers<'a>(
    inventory: &'a Inventory,
    extra: &'a ExtraVars,
    findings: &mut Diagnostics,
) -> Vec<Carrier<'a>> {
    let mut carriers = Vec::new();
    for name in inventory.hosts() {
        let vars = inventory.vars(name, extra);
        let Some(seq_var) = vars.get("etcd_seq").filter(|var| !var.value.is_null()) else {
            continue;
        };
        let seq = host::seq(&vars, &seq_var, findings);
        let cluster = host::cluster_name(&vars, findings);
        carriers.push(Carrier {
            vars,
            seq_var,
            seq,
            cluster,
        });
    }
    carriers
}

fn member(
    name: &ClusterName,
    carrier: &Carrier<'_>,
    findings: &mut Diagnostics,
) -> Option<MemberSpec> {
    let host_spec = host::host(&carrier.vars, findings);
    let address = host::address(&carrier.vars, &host_spec.connection, findings)?;
    let learner = host::learner(&carrier.vars, findings);
    let seq = carrier.seq?;
    Some(MemberSpec {
        seq,
        name: name.member(seq),
        address,
        learner,
        host: host_spec,
        place: carrier.seq_var.place(),
    })
}

/// The hosts at which members are registered.
fn infra(inventory: &Inventory, extra: &ExtraVars, findings: &mut Diagnostics) -> Vec<HostSpec> {
    let hosts = inventory.hosts_of("infra").unwrap_or_default();
    hosts
        .iter()
        .map(|name| host::host(&inventory.vars(name, extra), findings))
        .collect()
}

/// Which groups are etcd clusters, and of which name.
struct EtcdGroups {
    by_group: BTreeMap<GroupName, ClusterName>,
}

impl EtcdGroups {
    /// Finds the group of each cluster: the one under whose hosts `etcd_seq` is written; where that
    /// cannot be told (JSON of `ansible-inventory`), the one that is called like the cluster or
    /// sets `etcd_cluster`, or else the smallest that holds all members.
    fn of(inventory: &Inventory, carriers: &[Carrier<'_>], findings: &mut Diagnostics) -> Self {
        let mut by_group = BTreeMap::new();
        let mut homes: BTreeMap<&ClusterName, BTreeSet<GroupName>> = BTreeMap::new();
        let mut hosts: BTreeMap<&ClusterName, Vec<&HostName>> = BTreeMap::new();
        for carrier in carriers {
            hosts
                .entry(&carrier.cluster)
                .or_default()
                .push(carrier.vars.host());
            if let Level::Host { group: Some(group) } = carrier.seq_var.level {
                homes
                    .entry(&carrier.cluster)
                    .or_default()
                    .insert(group.clone());
            }
        }
        for (cluster, hosts) in &hosts {
            let written = homes.remove(cluster).unwrap_or_default();
            let home = match written.len() {
                1 => written.first().cloned(),
                _ => common_group(inventory, cluster, hosts),
            };
            match home {
                Some(home) => {
                    by_group.insert(home, (*cluster).clone());
                }
                None => findings.push(name_reused(inventory, cluster, &written, hosts)),
            }
        }
        // A group that names a cluster means one, whoever is in it.
        for group in inventory.groups() {
            if by_group.contains_key(group) {
                continue;
            }
            let named = inventory.group_var(group.as_str(), "etcd_cluster");
            let text = named.and_then(|var| var.value.as_text().map(str::to_owned));
            let own = group.as_str() == ClusterName::default().as_str();
            let name = text.or_else(|| own.then(|| group.to_string()));
            if let Some(name) = name.and_then(|name| name.parse().ok()) {
                by_group.insert(group.clone(), name);
            }
        }
        Self { by_group }
    }

    /// Gives the group of each cluster: of several the first.
    fn homes(&self) -> BTreeMap<&ClusterName, &GroupName> {
        let homes = self.by_group.iter().rev();
        homes.map(|(group, cluster)| (cluster, group)).collect()
    }

    /// Finds hosts of a cluster's group that carry no `etcd_seq`, or that belong to another cluster.
    fn check_seq(
        &self,
        inventory: &Inventory,
        extra: &ExtraVars,
        carriers: &[Carrier<'_>],
        findings: &mut Diagnostics,
    ) {
        let by_host: BTreeMap<&HostName, &Carrier<'_>> = carriers
            .iter()
            .map(|carrier| (carrier.vars.host(), carrier))
            .collect();
        for (group, cluster) in &self.by_group {
            for host in inventory
                .direct_hosts_of(group.as_str())
                .unwrap_or_default()
            {
                let place = inventory.host_place(host.as_str());
                match by_host.get(&host) {
                    None => {
                        let written = inventory.vars(&host, extra).get("etcd_seq");
                        let place = written.and_then(|var| var.place()).or(place);
                        findings.push(
                            Diagnostic::new(
                                Code::SeqMissing,
                                format!("host {host} of cluster {cluster} has no `etcd_seq`"),
                                format!(
                                    "write `{host}: {{ etcd_seq: <number> }}`, with a number \
                                         that no other host of the cluster has"
                                ),
                            )
                            .at(place, "needs an `etcd_seq`"),
                        );
                    }
                    Some(carrier) if carrier.cluster != *cluster => findings.push(
                        Diagnostic::new(
                            Code::HostInTwoClusters,
                            format!(
                                "host {host} is in cluster {cluster} and in {}",
                                carrier.cluster
                            ),
                            "take it out of one of them: both would use the same ports, data \
                             directory and unit there",
                        )
                        .at(
                            carrier.seq_var.place().or(place),
                            format!("is in {}", carrier.cluster),
                        )
                        .see(
                            inventory.group_place(group.as_str()),
                            format!("cluster {cluster}"),
                        ),
                    ),
                    Some(_) => {}
                }
            }
        }
    }
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
    hosts: &[&HostName],
) -> Diagnostic {
    let names: Vec<&str> = groups.iter().map(GroupName::as_str).collect();
    let mut diagnostic = Diagnostic::new(
        Code::ClusterNameReused,
        match names.len() {
            0 => format!(
                "the {} hosts of cluster {cluster} share no group",
                hosts.len()
            ),
            _ => format!("groups {} are all cluster {cluster}", names.join(", ")),
        },
        "give each group an `etcd_cluster` of its own, or put the hosts of one cluster into one group",
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
