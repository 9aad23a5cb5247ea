//! Disks that are full: before anything begins, and in the middle.

use etcd_plan::Goal;
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, ONE, THREE, node, planned};

#[test]
fn a_disk_that_is_too_small_for_data_refuses() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.lab.limit_data(node(2), "100m").expect("a small disk");
    let before = hosts.states(3);
    let refused = hosts.apply(&plan(THREE)).expect_err("the disk is small");
    let refused = refused.to_string();
    assert!(
        refused.contains("10.10.10.11: 100 MiB are free under /data/etcd"),
        "{refused}"
    );
    hosts.assert_unchanged(&before, "with a small disk");
}

/// Nothing is taken away before its replacement is there: where it cannot be written on one host,
/// the old cluster goes on serving.
#[test]
fn a_disk_that_fills_up_before_the_purge_leaves_the_cluster_as_it_is() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(THREE));
    hosts.etcdctl(1, "put a 10");
    hosts.sh(
        2,
        "set -e; rm -rf /root/etcd; cp -a /etc/etcd /root/etcd
         mount -t tmpfs -o size=64k,mode=750 full /etc/etcd
         cp -a /root/etcd/. /etc/etcd; chown etcd:etcd /etc/etcd
         cat /dev/zero >/etc/etcd/fill 2>/dev/null || :",
    );
    let running = || [1, 2, 3].map(|host| hosts.sh(host, "systemctl show -p MainPID etcd"));
    let before = running();
    let rebuild = planned(THREE, |choose| choose.goal(Goal::Rebuild));
    let report = hosts.apply(&rebuild).expect("guards agree");
    assert!(report.failures().count() > 0, "{report}");
    for step in report.failures() {
        assert!(
            step.step.as_str().starts_with("etcd/10.10.10.11/etcd_c"),
            "{report}"
        );
        assert!(
            report.to_string().contains("No space left on device"),
            "{report}"
        );
    }
    assert_eq!(hosts.etcdctl(2, "get a"), "a\n10");
    assert_eq!(running(), before);
    // With room again the same run ends well.
    hosts.sh(2, "rm /etc/etcd/fill");
    hosts.converge(&rebuild);
    assert_eq!(hosts.etcdctl(2, "get a"), "");
    let left = hosts.sh(2, "ls -A /etc/etcd | grep etcd-plan || :");
    assert_eq!(left, "");
}

/// A data directory with a disk of its own cannot be renamed: what it holds is moved aside on that
/// disk, and the folder stays where it is.
#[test]
fn a_data_directory_with_a_disk_of_its_own_is_purged_within_it() {
    let Some(hosts) = Hosts::empty(1) else { return };
    hosts.sh(1, "mkdir -p /data/etcd && mount -t tmpfs -o size=600m own /data/etcd && mkdir /data/etcd/lost+found");
    let one = plan(ONE);
    hosts.converge(&one);
    hosts.etcdctl(1, "put a 10");
    hosts.converge(&planned(ONE, |choose| choose.goal(Goal::Rebuild)));
    assert_eq!(hosts.etcdctl(1, "get a"), "");
    let left = hosts.sh(
        1,
        "mountpoint -q /data/etcd && ls -A /data/etcd; ls -d /data/etcd/.purged-*/member/wal",
    );
    assert!(
        left.contains("lost+found") && left.contains("/member/wal"),
        "{left}"
    );
    let again = hosts.converge(&one);
    assert!(!again.has_changes(), "{again}");
    // The retention is that of any purge: the latest one stays.
    hosts.converge(&planned(ONE, |choose| choose.goal(Goal::Rebuild)));
    let purged = hosts.sh(1, "ls -d /data/etcd/.purged-* | wc -l");
    assert_eq!(purged, "1");
}
