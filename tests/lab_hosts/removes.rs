//! Members that are dead or cut off leave and are replaced, on real hosts, while a client writes.

use std::fmt::Write as _;
use std::time::Duration;

use etcd_plan::report::Report;
use etcd_plan::{Goal, Plan};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, node, planned};

/// An inventory of members that have the numbers of their nodes.
fn inventory_of(members: &[u8]) -> String {
    let mut text = "all:\n  children:\n    etcd:\n      hosts:\n".to_owned();
    for number in members {
        let address = node(*number).address();
        writeln!(text, "        {address}: {{ etcd_seq: {number} }}")
            .expect("a String takes everything");
    }
    text + "    infra: { hosts: { 10.10.10.9: {} } }\n  vars: { ansible_user: admin, ansible_become: true }\n"
}

/// Carries a plan out, of which one host does not answer, while a client writes through the others.
#[expect(clippy::print_stderr, reason = "what was measured")]
fn under_load(hosts: &Hosts, prefix: &str, plan: &Plan, through: u8) -> Report {
    let put = |number| {
        let script = format!(". /etc/profile.d/etcdctl.sh; etcdctl put {prefix}{number} v");
        hosts.try_sh(through, &script).is_ok()
    };
    let executor = hosts.executor().connect_timeout(Duration::from_secs(2));
    let (report, seen) = Writes::during(put, || hosts.apply_through(&executor, plan));
    let report = report.expect("guards agree");
    assert!(report.is_success(), "{report}");
    let keys = hosts.etcdctl(through, &format!("get {prefix} --prefix --keys-only"));
    seen.assert_kept(prefix, &keys);
    eprintln!(
        "{prefix}: {} acknowledged writes, longest gap {:?}; {report}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
    report
}

fn leader(hosts: &Hosts, members: &[u8]) -> u8 {
    let leads = |host: &&u8| {
        let address = node(**host).address();
        let script = format!(
            ". /etc/profile.d/etcdctl.sh; export ETCDCTL_ENDPOINTS=https://{address}:2379
             etcdctl endpoint status -w simple"
        );
        hosts.sh(**host, &script).split(", ").nth(4) == Some("true")
    };
    *members.iter().find(leads).expect("one of them leads")
}

#[test]
fn who_is_dead_is_replaced_and_who_is_cut_off_leaves() {
    let Some(hosts) = Hosts::empty(4) else { return };
    hosts.converge(&plan(&inventory_of(&[1, 2, 3])));

    // The leader's host dies, and another one takes its place.
    let dead = leader(&hosts, &[1, 2, 3]);
    let mut members: Vec<u8> = (1..=3).filter(|member| *member != dead).collect();
    hosts.lab.kill(node(dead)).expect("a host that runs");
    let replace = planned(&inventory_of(&[1, 2, 3, 4]), |choose| {
        let choose = choose.goal(Goal::Replace).depart([format!("etcd-{dead}")]);
        choose.dead(true).limit(node(4).address().to_string())
    });
    under_load(&hosts, "dead-", &replace, members[0]);
    members.push(4);
    let whole = hosts.converge(&plan(&inventory_of(&members)));
    assert!(!whole.has_changes(), "{whole}");

    // The leader is cut off from everybody, and the rest goes on without it.
    let cut = leader(&hosts, &members);
    hosts.lab.cut(node(cut)).expect("a host that runs");
    let rest: Vec<u8> = members
        .iter()
        .copied()
        .filter(|member| *member != cut)
        .collect();
    let listed = || {
        hosts.try_sh(
            rest[0],
            ". /etc/profile.d/etcdctl.sh; etcdctl --command-timeout 1s get a",
        )
    };
    while listed().is_err() {} // until another one leads
    let without = planned(&inventory_of(&members), |choose| {
        let address = node(cut).address().to_string();
        choose.goal(Goal::Remove).depart([address]).dead(true)
    });
    under_load(&hosts, "cut-off-", &without, rest[0]);
    let listed = hosts.etcdctl(rest[1], "member list");
    assert_eq!(listed.matches("started").count(), 2, "{listed}");
    let targets = hosts.sh(0, "ls /etc/prometheus/targets/etcd");
    assert_eq!(targets.lines().count(), 2, "{targets}");

    // Both come back, and the cluster takes neither in: what they have left is moved aside.
    hosts.lab.heal(node(cut)).expect("a host that runs");
    hosts.lab.start(node(dead)).expect("a host that was killed");
    let tidy = planned(&inventory_of(&[1, 2, 3, 4]), |choose| {
        choose
            .goal(Goal::Remove)
            .depart([cut, dead].map(|host| format!("etcd-{host}")))
    });
    hosts.converge(&tidy);
    for host in [cut, dead] {
        let left = hosts.sh(host, "systemctl is-active etcd || :; ls -d /data/etcd*");
        assert!(left.starts_with("inactive\n/data/etcd.purged-"), "{left}");
    }
    let listed = hosts.etcdctl(rest[1], "member list");
    assert_eq!(listed.matches("started").count(), 2, "{listed}");
}
