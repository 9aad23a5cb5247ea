//! More members, and more clusters in one inventory.

use etcd_plan::report::Outcome;
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, inventory_of};

#[test]
fn five_members_are_one_cluster() {
    let Some(hosts) = Hosts::empty(5) else { return };
    let plan = plan(&inventory_of(&[("etcd", &[1, 2, 3, 4, 5])], ""));
    let report = hosts.converge(&plan);
    assert!(report.has_changes());
    assert_eq!(hosts.etcdctl(5, "put a 10"), "OK");
    assert_eq!(hosts.etcdctl(3, "get a"), "a\n10");
    let members = hosts.etcdctl(4, "member list");
    assert_eq!(members.matches("started").count(), 5, "{members}");
    let report = hosts.converge(&plan);
    assert_eq!(report.count(Outcome::Changed), 0, "{report}");
}

#[test]
fn two_clusters_of_one_inventory_know_nothing_of_each_other() {
    let Some(hosts) = Hosts::empty(5) else { return };
    let plan = plan(&inventory_of(
        &[("etcd-a", &[1, 2, 3]), ("etcd-b", &[4, 5])],
        "",
    ));
    hosts.converge(&plan);
    assert_eq!(hosts.etcdctl(1, "put whose a"), "OK");
    assert_eq!(hosts.etcdctl(4, "put whose b"), "OK");
    assert_eq!(hosts.etcdctl(3, "get whose"), "whose\na");
    assert_eq!(hosts.etcdctl(5, "get whose"), "whose\nb");
    for (host, count) in [(2, 3), (5, 2)] {
        let members = hosts.etcdctl(host, "member list");
        assert_eq!(members.matches("started").count(), count, "{members}");
    }
    let report = hosts.converge(&plan);
    assert_eq!(report.count(Outcome::Changed), 0, "{report}");
}
