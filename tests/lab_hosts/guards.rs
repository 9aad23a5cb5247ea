//! Guards refuse on real hosts, and a refusal changes nothing.

use etcd_plan::guard::Guard;
use etcd_plan::{Goal, Plan, Subtask};
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, THREE, planned};

/// The seeds' truth table, where something is there: `etcd_safeguard`, `etcd_clean`, whether the
/// gate opens.
const TABLE: [(bool, bool, bool); 4] = [
    (false, true, true),
    (true, true, false),
    (false, false, false),
    (true, false, false),
];

/// The seeds' playbook on what is there.
fn rebuild(text: &str) -> Plan {
    planned(text, |choose| choose.goal(Goal::Rebuild))
}

/// The tag with which the seeds went around their own check.
fn purge(text: &str) -> Plan {
    planned(text, |choose| choose.tags([Subtask::Purge]))
}

/// Asks all rows of the table, of hosts in one state. Nobody may be able to tell afterwards that anything was asked.
fn ask_all_rows(
    hosts: &Hosts,
    state: &str,
    asked: &[fn(&str) -> Plan],
    guard: Guard,
    is_let_in: impl Fn(bool) -> bool,
) {
    let before = hosts.states(3);
    for (safeguard, clean, opens) in TABLE {
        let row = format!("{state}, etcd_safeguard {safeguard}, etcd_clean {clean}");
        let settings = format!("etcd_safeguard: {safeguard}, etcd_clean: {clean}");
        let text = THREE.replace(
            "etcd_cluster: etcd",
            &format!("etcd_cluster: etcd, {settings}"),
        );
        for ask in asked {
            let plan = ask(&text);
            let row = format!("{row}, {} steps", plan.len());
            let refused = hosts.judge(&plan);
            hosts.assert_unchanged(&before, &row);
            let guards: Vec<Guard> = refused.iter().map(|refusal| refusal.guard).collect();
            if is_let_in(opens) {
                assert_eq!(guards, [], "{row}: {refused:?}");
            } else {
                assert!(guards.contains(&guard), "{row}: {refused:?}");
            }
        }
    }
}

#[test]
fn every_row_of_the_table_with_nothing_there_running_and_stopped() {
    let Some(hosts) = Hosts::empty(3) else { return };
    ask_all_rows(
        &hosts,
        "nothing is there",
        &[rebuild],
        Guard::Safeguard,
        |_| true,
    );

    hosts.converge(&plan(THREE));
    hosts.etcdctl(1, "put a 10");
    let both: [fn(&str) -> Plan; 2] = [rebuild, purge];
    ask_all_rows(&hosts, "it runs", &both, Guard::Safeguard, |opens| opens);

    (1..=3).for_each(|host| drop(hosts.sh(host, "systemctl stop etcd")));
    ask_all_rows(&hosts, "it is stopped", &both, Guard::Safeguard, |opens| {
        opens
    });

    // What was stopped and never wiped is started again by a run that only converges.
    hosts.converge(&plan(THREE));
    assert_eq!(hosts.etcdctl(2, "get a"), "a\n10");
}

/// Data on one of three hosts is as much worth keeping as on all.
#[test]
fn every_row_of_the_table_with_a_foreign_process_and_data_on_one_host() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let data = "mkdir -p /data/etcd/member/wal && echo 1 >/data/etcd/member/wal/0-0.wal";
    hosts.sh(3, data);
    ask_all_rows(
        &hosts,
        "one has data",
        &[rebuild],
        Guard::Safeguard,
        |opens| opens,
    );
    hosts.sh(3, "rm -r /data");

    let foreign = "systemd-run --quiet --unit foreign busybox httpd -f -p 2379 -h /srv";
    hosts.sh(2, foreign);
    ask_all_rows(
        &hosts,
        "the port is taken",
        &[rebuild],
        Guard::Foreign,
        |_| false,
    );
    let refused = hosts.apply(&plan(THREE)).expect_err("the port is taken");
    assert!(refused.to_string().contains("10.10.10.11"), "{refused}");
    assert!(refused.to_string().contains("busybox"), "{refused}");
}
