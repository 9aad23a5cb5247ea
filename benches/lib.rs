//! What the benches share: inventories of any size.

use std::fmt::Write as _;

/// The numbers of clusters that are measured, of three members each.
pub const SIZES: [usize; 4] = [1, 100, 1_000, 10_000];

/// How many members a cluster has.
pub const MEMBERS: usize = 3;

/// Writes an inventory of so many clusters of three in the seeds' style, with what real ones carry
/// besides: a group of infrastructure hosts, comments, and variables of other modules.
///
/// # Panics
///
/// Beyond 65,536 clusters, since each has a network of its own in 10.0.0.0/8.
pub fn inventory(clusters: usize) -> String {
    assert!(clusters <= 1 << 16, "there are no more networks in 10/8");
    let mut text = String::from(
        "all:
  vars:
    version: v2.6.0                   # variables of other modules
    admin_ip: 10.255.255.10
    region: default
    etcd_clean: true
    repo_packages: [ ansible, python3, etcd ]
  children:
    infra: { hosts: { 10.255.255.10: { infra_seq: 1 } } }
",
    );
    for cluster in 0..clusters {
        let (high, low) = (cluster / 256, cluster % 256);
        write!(
            text,
            "
    etcd-{cluster:05}: # dcs service for postgres/patroni ha consensus
      hosts:
        10.{high}.{low}.10: {{ etcd_seq: 1 , nodename: node-{cluster}-1 }}
        10.{high}.{low}.11: {{ etcd_seq: 2 , nodename: node-{cluster}-2 }}
        10.{high}.{low}.12: {{ etcd_seq: 3 , nodename: node-{cluster}-3 }}
      vars:
        etcd_cluster: etcd-{cluster:05}
        etcd_safeguard: false
        etcd_data: /data/etcd
"
        )
        .expect("a String takes everything");
    }
    text
}
