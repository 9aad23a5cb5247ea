//! Two of three hosts are lost for good, and what the third one holds becomes a cluster again.

use std::time::Duration;

use etcd_plan::Goal;
use etcd_plan::engine::{Run, RunSettings, Silent};
use etcd_plan::plan::PlanBuilder;
use etcd_plan::report::Report;
use etcd_plan_tests::plan;
use tempfile::TempDir;

use crate::create::say;
use crate::fixture::{Hosts, THREE, node, planned};

/// Recovers with what was asked for besides, and keeps the snapshot in a folder.
fn recover(
    hosts: &Hosts,
    folder: &TempDir,
    ask: impl for<'a> FnOnce(PlanBuilder<'a>) -> PlanBuilder<'a>,
) -> Report {
    let plan = planned(THREE, |choose| ask(choose.goal(Goal::Recover)));
    let executor = hosts.executor().connect_timeout(Duration::from_secs(2));
    let settings = RunSettings {
        folder: folder.path().to_owned(),
        ..RunSettings::default()
    };
    let run = Run::new(&plan, &executor, &hosts.keys).settings(settings);
    let approved = run.observe(&mut Silent).approve();
    let report = match approved {
        Ok(approved) => approved.apply(&mut Silent),
        Err(refused) => panic!("{refused}"),
    };
    assert!(report.is_success(), "{report}");
    say(&report.to_string());
    report
}

fn keys(hosts: &Hosts, through: u8) -> usize {
    let keys = hosts.etcdctl(through, "get kept --prefix --keys-only");
    keys.split_whitespace().count()
}

#[test]
fn two_of_three_hosts_are_lost_and_the_keys_are_the_same() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let folder = TempDir::new().expect("a folder");
    hosts.converge(&plan(THREE));
    let script = ". /etc/profile.d/etcdctl.sh; for n in $(seq 30); do etcdctl put kept$n v; done";
    hosts.sh(1, script);

    // Their disks are gone: they come back as fresh machines, without the package.
    hosts.lab.reset(&[node(1), node(3)]).expect("fresh hosts");
    hosts.sh(0, "systemctl start lab-packages");
    recover(&hosts, &folder, |ask| ask);
    for host in 1..=3 {
        assert_eq!(keys(&hosts, host), 30);
    }
    let health = hosts.etcdctl(3, "endpoint health --cluster 2>&1");
    assert_eq!(health.matches("is healthy").count(), 3, "{health}");
    let aside = hosts.sh(
        2,
        "ls -d /data/etcd.purged-*; ls /var/lib/etcd-plan/restore",
    );
    assert_eq!(aside.lines().count(), 1, "{aside}");
    let owner = hosts.sh(1, "stat -c %U:%G:%a /data/etcd /data/etcd/member/snap/db");
    assert_eq!(owner, "etcd:etcd:700\netcd:etcd:600");
    let whole = hosts.converge(&plan(THREE));
    assert!(!whole.has_changes(), "{whole}");

    // Two are gone for good, and the third one was started again since: it waits for a quorum, and etcd
    // 3.4 answers nothing meanwhile.
    for host in [2, 3] {
        hosts.lab.kill(node(host)).expect("a host that runs");
    }
    hosts.sh(
        1,
        "systemctl kill --signal=KILL etcd; sleep 1; systemctl --no-block restart etcd",
    );
    let dead = [2, 3].map(|host| node(host).address().to_string());
    recover(&hosts, &folder, |ask| ask.depart(dead).dead(true));
    assert_eq!(keys(&hosts, 1), 30);
    let members = hosts.etcdctl(1, "member list");
    assert_eq!(members.lines().count(), 1, "{members}");
    let targets = hosts.sh(0, "ls /etc/prometheus/targets/etcd");
    assert_eq!(targets.lines().count(), 1, "{targets}");
    for host in [2, 3] {
        hosts.lab.start(node(host)).expect("a host that was killed");
    }
}
