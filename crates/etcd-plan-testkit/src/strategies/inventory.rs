use std::fmt;

use proptest::prelude::*;

use super::noise;
use super::text::{self, Var};
use crate::{HostSpec, SimWorld};

/// A random inventory that has no errors, with what it says.
#[derive(Clone)]
pub struct InventoryCase {
    /// The text.
    pub text: String,
    /// How it is written.
    pub shape: Shape,
    /// The clusters, in the order of the text.
    pub clusters: Vec<Cluster>,
    /// The hosts of group `infra`; none when there is no such group.
    pub infra: Vec<String>,
}

/// How an inventory is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Groups at top level, as in the seeds, one variable a line.
    BlockFragment,
    /// Groups at top level, as in the seeds, in braces.
    FlowFragment,
    /// `all` with `vars` and `children`, one variable a line.
    WholeBlock,
    /// What `ansible-inventory --list` prints.
    AnsibleList,
}

/// A cluster of an inventory. A parameter that is `None` is left out, so its default holds.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its group.
    pub group: String,
    /// `etcd_cluster`.
    pub name: Option<String>,
    /// Its members, in the order of the text.
    pub members: Vec<Member>,
    /// `etcd_port` and `etcd_peer_port`.
    pub ports: Option<(u16, u16)>,
    /// `etcd_data`.
    pub data: Option<String>,
    /// `etcd_heartbeat_interval` and `etcd_election_timeout` in milliseconds.
    pub timers: Option<(u64, u64)>,
    /// `etcd_safeguard`.
    pub safeguard: Option<bool>,
    /// `etcd_clean`.
    pub clean: Option<bool>,
    /// Variables of other modules, in the group.
    pub(super) noise: Vec<Var>,
    /// Whether numbers stand in quotes.
    pub(super) quoted_numbers: bool,
    /// How `true` and `false` are spelled in YAML.
    pub(super) spelling: (&'static str, &'static str),
}

/// A member of a cluster.
#[derive(Debug, Clone)]
pub struct Member {
    /// The host's key: IPv4, IPv6 or a DNS name.
    pub host: String,
    /// `etcd_seq`.
    pub seq: u32,
    /// Variables of Ansible and of other modules, at the host.
    pub(super) noise: Vec<Var>,
}

impl InventoryCase {
    /// Gives the names of all hosts, each once.
    pub fn hosts(&self) -> Vec<String> {
        let members = self.clusters.iter().flat_map(|cluster| &cluster.members);
        let mut hosts: Vec<String> = members.map(|member| member.host.clone()).collect();
        for host in &self.infra {
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        hosts
    }

    /// Makes a world in which every host of the inventory is there and bare.
    pub fn world(&self) -> SimWorld {
        SimWorld::new(self.hosts().iter().map(|host| HostSpec::new(host)))
    }
}

impl fmt::Debug for InventoryCase {
    /// Shows the text: the rest says the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}:\n{}", self.shape, self.text)
    }
}

/// Makes random inventories of one to three clusters with one to seven members each.
///
/// None of them has an error: hosts, member names, cluster names and groups are unique, ports of a
/// member differ, the election timeout is 10 to 20 times the heartbeat, data directories are etcd's
/// own, and parameters stand at their level. There can be warnings (an even number of voters). The
/// addresses are of `10.10.0.0/16`, `fd00::/16` and `example.org`: nothing must ever dial them.
pub fn inventory() -> impl Strategy<Value = InventoryCase> {
    let shape = prop_oneof![
        Just(Shape::BlockFragment),
        Just(Shape::FlowFragment),
        Just(Shape::WholeBlock),
        Just(Shape::AnsibleList),
    ];
    let clusters = (1..=3_usize).prop_flat_map(|count| (0..count).map(cluster).collect::<Vec<_>>());
    let infra = prop_oneof![
        2 => Just((0, false)),
        1 => (1..=2_usize, any::<bool>()),
    ];
    (shape, clusters, infra, noise::variables()).prop_map(
        |(shape, clusters, (own_hosts, shares_member), global_noise)| {
            let mut infra: Vec<String> = (0..own_hosts)
                .map(|number| format!("10.10.200.{}", number + 1))
                .collect();
            if shares_member {
                infra.push(clusters[0].members[0].host.clone());
            }
            InventoryCase {
                text: text::render(shape, &clusters, &infra, &global_noise),
                shape,
                clusters,
                infra,
            }
        },
    )
}

/// Makes the cluster with this number; the number keeps it apart from the others.
fn cluster(number: usize) -> impl Strategy<Value = Cluster> {
    let name = match number {
        0 => proptest::option::of("[a-z][a-z0-9]{0,6}").boxed(),
        _ => "[a-z][a-z0-9]{0,6}".prop_map(Some).boxed(),
    };
    let parameters = (
        proptest::option::of((1024..30_000_u16, 30_000..60_000_u16)),
        proptest::option::of("/(data|srv|var/lib)/etcd[a-z0-9-]{0,5}"),
        proptest::option::of((50..=500_u64, 10..=20_u64)),
        proptest::option::of(any::<bool>()),
        proptest::option::of(any::<bool>()),
    );
    let writing = (
        any::<bool>(),
        prop_oneof![
            Just(("true", "false")),
            Just(("yes", "no")),
            Just(("True", "False")),
            Just(("\"True\"", "\"no\"")),
        ],
        noise::variables(),
    );
    (name, members(number), parameters, writing).prop_map(
        move |(name, members, parameters, (quoted_numbers, spelling, noise))| {
            let (ports, data, timers, safeguard, clean) = parameters;
            Cluster {
                group: match number {
                    0 => "etcd".to_owned(),
                    _ => format!("etcd_group_{number}"),
                },
                name: name.map(|name| format!("{name}-{number}")),
                members,
                ports,
                data,
                timers: timers.map(|(heartbeat, factor)| (heartbeat, heartbeat * factor)),
                safeguard,
                clean,
                noise,
                quoted_numbers,
                spelling,
            }
        },
    )
}

fn members(cluster: usize) -> impl Strategy<Value = Vec<Member>> {
    let seqs = proptest::collection::btree_set(0..100_u32, 1..=7);
    let kind = 0..3_usize;
    (seqs, kind, any::<bool>()).prop_flat_map(move |(seqs, kind, reversed)| {
        let mut seqs: Vec<u32> = seqs.into_iter().collect();
        if reversed {
            seqs.reverse();
        }
        let members: Vec<_> = seqs
            .into_iter()
            .enumerate()
            .map(|(index, seq)| {
                let host = match kind {
                    0 => format!("10.10.{}.{}", cluster + 10, index + 11),
                    1 => format!("fd00:{}::{:x}", cluster + 1, index + 11),
                    _ => format!("db-{}-{}.example.org", cluster + 1, index + 1),
                };
                noise::host_variables().prop_map(move |noise| Member {
                    host: host.clone(),
                    seq,
                    noise,
                })
            })
            .collect();
        members
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use granit_parser::{Event, Parser};
    use proptest::prelude::*;

    use super::{Shape, inventory};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_text_is_well_formed_and_names_every_host(case in inventory()) {
            if case.shape == Shape::AnsibleList {
                let json: serde_json::Value = serde_json::from_str(&case.text).expect("JSON");
                prop_assert!(json.get("_meta").is_some());
            }
            let mut scalars = BTreeSet::new();
            for event in Parser::new_from_str(&case.text) {
                if let (Event::Scalar(text, ..), _) = event.expect("YAML") {
                    scalars.insert(text.to_string());
                }
            }
            for host in case.hosts() {
                prop_assert!(scalars.contains(&host), "{host}");
            }
        }

        #[test]
        fn nothing_that_is_an_error_is_generated(case in inventory()) {
            let mut names = BTreeSet::new();
            let mut hosts = BTreeSet::new();
            for cluster in &case.clusters {
                let name = cluster.name.as_deref().unwrap_or("etcd");
                prop_assert!(names.insert(name));
                for member in &cluster.members {
                    prop_assert!(hosts.insert(&member.host));
                }
                let seqs: BTreeSet<u32> = cluster.members.iter().map(|m| m.seq).collect();
                prop_assert_eq!(seqs.len(), cluster.members.len());
                if let Some((client, peer)) = cluster.ports {
                    prop_assert_ne!(client, peer);
                }
                if let Some((heartbeat, election)) = cluster.timers {
                    prop_assert!(election >= 10 * heartbeat && election <= 50_000);
                }
            }
            prop_assert_eq!(case.world().hosts().len(), case.hosts().len());
        }
    }
}
