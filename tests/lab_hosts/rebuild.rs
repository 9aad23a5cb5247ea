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
}
