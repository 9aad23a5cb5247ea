//! Guards refuse on real hosts, and a refusal changes nothing.

use etcd_plan::{Goal, Plan};
use etcd_plan_tests::{inventory, plan};

use crate::fixture::{Hosts, THREE};

/// The plan that would purge and build again, with settings of guards.
fn rebuild(settings: &str) -> Plan {
    let text = THREE.replace(
        "etcd_cluster: etcd",
        &format!("etcd_cluster: etcd, {settings}"),
    );
    let built = Plan::builder(&inventory(&text)).goal(Goal::Rebuild).build();
    built.expect("a plan")
}

#[test]
fn every_row_of_the_table_refuses_or_rebuilds() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    hosts.converge(&plan(THREE));
    hosts.etcdctl(1, "put a 10");
    for stopped in [false, true] {
        if stopped {
            (1..=3).for_each(|host| drop(hosts.sh(host, "systemctl stop etcd")));
        }
        for settings in [
            "etcd_safeguard: true",
            "etcd_clean: false",
            "etcd_safeguard: true, etcd_clean: false",
        ] {
            let before: Vec<String> = (0..=3).map(|host| hosts.state(host)).collect();
            let refused = hosts.apply(&rebuild(settings));
            assert!(refused.is_err(), "{settings}, stopped: {stopped}");
            let after: Vec<String> = (0..=3).map(|host| hosts.state(host)).collect();
            assert_eq!(before, after, "{settings}, stopped: {stopped}");
        }
    }
    // What was stopped and never wiped is started again by a run that only converges.
    hosts.converge(&plan(THREE));
    assert_eq!(hosts.etcdctl(2, "get a"), "a\n10");
}

#[test]
fn a_foreign_process_on_the_port_refuses() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    hosts.sh(
        2,
        "systemd-run --unit foreign busybox httpd -f -p 2379 -h /srv",
    );
    let before: Vec<String> = (0..=3).map(|host| hosts.state(host)).collect();
    let refused = hosts.apply(&plan(THREE)).expect_err("the port is taken");
    assert!(refused.to_string().contains("10.10.10.11"), "{refused}");
    let after: Vec<String> = (0..=3).map(|host| hosts.state(host)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_host_that_cannot_be_read_refuses() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    let host = crate::fixture::node(3);
    let before: Vec<String> = (0..=2).map(|host| hosts.state(host)).collect();
    hosts.lab.cut(host).expect("cut");
    let refused = hosts.apply(&plan(THREE));
    hosts.lab.heal(host).expect("healed");
    let refused = refused.expect_err("a host is not there");
    assert!(refused.to_string().contains("10.10.10.12"), "{refused}");
    let after: Vec<String> = (0..=2).map(|host| hosts.state(host)).collect();
    assert_eq!(before, after);
}
