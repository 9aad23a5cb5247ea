use serde::{Deserialize, Serialize};

use super::{Consumer, Namespace, Scope, Vip, etcdctl, json, patroni, vip_manager};
use crate::action::Problem;
use crate::monitoring::{self, MonitoringPaths};
use crate::names::{ClusterName, HostPath};
use crate::spec::ClusterSpec;

/// A consumer's file, as it is asked for. Begin with [`Output::new`] and set what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Who it is for.
    #[serde(rename = "for")]
    pub consumer: Consumer,
    /// The etcd cluster that it is about.
    pub cluster: ClusterName,
    /// The authority's certificate on the consumer's host. Default: `/etc/pki/ca.crt`.
    pub ca: HostPath,
    /// The client certificate there. Default: `/etc/pki/etcd-client.crt`; for Prometheus
    /// `/etc/pki/infra.crt`.
    pub cert: HostPath,
    /// Its key there. Default: `/etc/pki/etcd-client.key`; for Prometheus `/etc/pki/infra.key`.
    pub key: HostPath,
    /// Patroni's `scope`. vip-manager's file needs it; Patroni's file leaves scope and namespace to
    /// Patroni's other files where there is none. Default: none.
    pub scope: Option<Scope>,
    /// Patroni's `namespace`. Default: `/pg`.
    pub namespace: Namespace,
    /// The address that vip-manager moves, with the interface that takes it. Default: none, and
    /// vip-manager is told by its environment (`VIP_IP`, `VIP_NETMASK`, `VIP_INTERFACE`).
    pub vip: Option<VipPlace>,
    /// The name of the Patroni member on vip-manager's host, its `trigger-value`. Default: none, and
    /// vip-manager takes the name of its host.
    pub node: Option<String>,
}

/// Where a virtual address is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VipPlace {
    /// The address.
    pub address: Vip,
    /// The network interface, such as `eth0`.
    pub interface: String,
}

impl Output {
    /// Begins with the defaults.
    pub fn new(consumer: Consumer, cluster: ClusterName) -> Self {
        let watches = MonitoringPaths::default();
        let is_prometheus = consumer == Consumer::Prometheus;
        let or = |path, usual| {
            if is_prometheus {
                path
            } else {
                HostPath::fixed(usual)
            }
        };
        Self {
            consumer,
            cluster,
            ca: or(watches.ca_file, "/etc/pki/ca.crt"),
            cert: or(watches.cert_file, "/etc/pki/etcd-client.crt"),
            key: or(watches.key_file, "/etc/pki/etcd-client.key"),
            scope: None,
            namespace: Namespace::default(),
            vip: None,
            node: None,
        }
    }

    /// Renders the file. The same cluster and the same wish give the same bytes.
    ///
    /// # Errors
    ///
    /// When none of the clusters is the wanted one, or the consumer needs a `scope` and there is
    /// none.
    pub fn render(&self, clusters: &[ClusterSpec]) -> Result<String, Problem> {
        let Some(spec) = clusters.iter().find(|spec| spec.name == self.cluster) else {
            let names: Vec<&str> = clusters.iter().map(|spec| spec.name.as_str()).collect();
            return Err(Problem::new(
                format!("there is no cluster `{}`", self.cluster),
                format!("the inventory has {}", names.join(", ")),
            ));
        };
        match self.consumer {
            Consumer::Patroni => patroni::render(self, spec),
            Consumer::VipManager => vip_manager::render(self, spec),
            Consumer::Prometheus => monitoring::scrape_job(&MonitoringPaths {
                ca_file: self.ca.clone(),
                cert_file: self.cert.clone(),
                key_file: self.key.clone(),
                ..MonitoringPaths::default()
            }),
            Consumer::Etcdctl => etcdctl::render(self, spec),
            Consumer::Json => Ok(json::render(self, spec)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Consumer, Output};
    use crate::inventory::Inventory;
    use crate::plan::Plan;
    use crate::spec::ClusterSpec;

    fn clusters(text: &str) -> Vec<ClusterSpec> {
        let inventory = Inventory::parse(text, "inventory.yml").expect("an inventory");
        let plan = Plan::from_inventory(&inventory).expect("a plan");
        plan.clusters().to_vec()
    }

    fn rendered(consumer: Consumer, clusters: &[ClusterSpec]) -> String {
        let output = Output {
            scope: Some("pg-test".parse().expect("a scope")),
            ..Output::new(consumer, clusters[0].name.clone())
        };
        output.render(clusters).expect("all is said")
    }

    #[test]
    fn learners_are_left_out_and_addresses_are_written_as_each_wants_them() {
        let clusters = clusters(
            "etcd: { hosts: { 'fd00::1': { etcd_seq: 1 }, \
             db-2.example.org: { etcd_seq: 2 }, 'fd00::3': { etcd_seq: 3, etcd_learner: true } }, \
             vars: { etcd_port: 12379 } }",
        );
        let patroni = rendered(Consumer::Patroni, &clusters);
        let hosts = "\n    - \"[fd00::1]:12379\"\n    - \"db-2.example.org:12379\"\n  protocol";
        assert!(patroni.contains(hosts), "{patroni}");
        let vip = rendered(Consumer::VipManager, &clusters);
        let urls =
            "\n  - \"https://[fd00::1]:12379\"\n  - \"https://db-2.example.org:12379\"\netcd-";
        assert!(vip.contains(urls), "{vip}");
        for consumer in Consumer::ALL {
            let text = rendered(consumer, &clusters);
            assert!(text.ends_with('\n'), "{consumer}");
            assert_eq!(
                text.contains("fd00::3"),
                consumer == Consumer::Json,
                "{text}"
            );
            assert_eq!(text, rendered(consumer, &clusters), "{consumer}");
        }
    }

    #[test]
    fn a_cluster_that_is_not_there_is_named_with_those_that_are() {
        let clusters = clusters("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }");
        let output = Output::new(Consumer::Json, "other".parse().expect("a name"));
        let problem = output.render(&clusters).expect_err("there is none");
        assert_eq!(problem.message, "there is no cluster `other`");
        assert_eq!(problem.hint, "the inventory has etcd");
    }
}
