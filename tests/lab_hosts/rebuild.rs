//! A cluster is purged and built again, as often as one likes.

use std::time::{Duration, Instant};

use etcd_plan::Goal;
use etcd_plan_tests::plan;

use crate::create::say;
use crate::fixture::{Hosts, THREE, planned};

/// Two of five runs of a script that started members while old ones still ran took 97 s, in which
/// systemd gave up on a start. A run that waits takes three or so.
const NO_START_TIMED_OUT: Duration = Duration::from_secs(45);

#[test]
fn ten_times_in_a_row() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(THREE));
    let rebuild = planned(THREE, |choose| choose.goal(Goal::Rebuild));
    for nth in 0..10 {
        hosts.etcdctl(1, "put old value");
        let begun = Instant::now();
        let report = hosts.converge(&rebuild);
        say(&format!("rebuild {nth}: {report} {:?}", report.round_trips));
        assert!(begun.elapsed() < NO_START_TIMED_OUT, "{report}");
        assert_eq!(hosts.etcdctl(2, "get old"), "");
    }
    // A member that is slow to stop is killed before its data is moved aside. That is whole all the
    // same: a quorum of what was kept has what was acknowledged last.
    hosts.etcdctl(1, "put last yes");
    hosts.converge(&rebuild);
    let aside = (1..=3).map(|host| hosts.sh(host, READ_ASIDE));
    let holders = aside.filter(|answer| answer == "last\nyes").count();
    assert!(holders >= 2, "{holders} have it");
}

/// Starts a cluster of its own from a copy of what was moved aside last, and reads from it. An older one
/// may be there still, where a member was not well when the run began.
const READ_ASIDE: &str = "
    latest=$(ls -d /data/etcd.purged-* | tail -n 1)
    rm -rf /tmp/aside && cp -a \"$latest\" /tmp/aside || exit
    client=http://127.0.0.1:12379 peer=http://127.0.0.1:12380
    etcd --name aside --data-dir /tmp/aside --force-new-cluster \\
        --listen-client-urls $client --advertise-client-urls $client \\
        --listen-peer-urls $peer >/tmp/aside.log 2>&1 &
    export ETCDCTL_API=3
    for _ in $(seq 60); do
        ! etcdctl --endpoints $client --command-timeout 1s get last 2>/dev/null || break
    done
    kill -KILL $!";
