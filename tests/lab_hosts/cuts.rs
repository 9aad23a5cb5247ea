//! A host is cut off the network: before the gate, in the middle, and after it. Once it is back the
//! same run ends well.

use std::time::Duration;

use etcd_plan::engine::{Flow, Run, Silent};
use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::report::{Outcome, Report};
use etcd_plan::{Event, Goal, Plan};
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, THREE, node, planned};

const CUT: u8 = 3;
const ITS_NAME: &str = "10.10.10.12";

/// Gives a host up after three times two seconds of silence.
fn impatient(hosts: &Hosts) -> SshExecutor {
    hosts.executor().keep_alive(Duration::from_secs(2))
}

/// Carries a plan out, and cuts the host off when its step with this name begins.
fn cut_when_it_begins(hosts: &Hosts, plan: &Plan, step_name: &str) -> Report {
    let executor = impatient(hosts);
    let observed = Run::new(plan, &executor, &hosts.keys).observe(&mut Silent);
    let approved = observed.approve().expect("nothing is in the way");
    let mut is_cut = false;
    let mut cut = |event: &Event| {
        if let Event::StepStarted { step, .. } = event
            && step.as_str() == format!("etcd/{ITS_NAME}/{step_name}")
        {
            hosts.lab.cut(node(CUT)).expect("cut");
            is_cut = true;
        }
        Flow::Continue
    };
    let report = approved.apply(&mut cut);
    assert!(is_cut, "{step_name}: {report}");
    hosts.lab.heal(node(CUT)).expect("healed");
    report
}

fn assert_it_alone_failed(report: &Report) {
    assert!(report.failures().count() > 0, "{report}");
    for step in report.failures() {
        let host = step.host.as_ref().map(etcd_plan::names::HostName::as_str);
        // A barrier or the proof on the controller can fail in its name.
        assert!(host.is_none() || host == Some(ITS_NAME), "{report}");
    }
}

#[test]
fn before_the_gate_nothing_is_changed_anywhere() {
    let Some(hosts) = Hosts::empty(3) else { return };
    // Only for the host that will not answer: a busy one needs its time.
    let text = THREE.replace(
        "10.10.10.12: { etcd_seq: 3 }",
        "10.10.10.12: { etcd_seq: 3, ansible_ssh_common_args: '-o ConnectTimeout=1' }",
    );
    let before = hosts.states(3);
    hosts.lab.cut(node(CUT)).expect("cut");
    let refused = hosts.apply(&plan(&text));
    hosts.lab.heal(node(CUT)).expect("healed");
    let refused = refused.expect_err("a host is not there");
    assert!(refused.to_string().contains(ITS_NAME), "{refused}");
    hosts.assert_unchanged(&before, "with a host cut off");

    // Behind the guards, and before the first lock.
    let plan = plan(THREE);
    let executor = impatient(&hosts);
    let observed = Run::new(&plan, &executor, &hosts.keys).observe(&mut Silent);
    let approved = observed.approve().expect("nothing is in the way");
    hosts.lab.cut(node(CUT)).expect("cut");
    let report = approved.apply(&mut Silent);
    hosts.lab.heal(node(CUT)).expect("healed");
    assert_it_alone_failed(&report);
    // The others hold a lock each, and that is all.
    let changed = report
        .steps
        .iter()
        .filter(|s| s.outcome == Outcome::Changed);
    assert!(
        changed.clone().all(|s| s.step.as_str().ends_with("/lock")),
        "{report}"
    );
    for (host, before) in (0..3).zip(&before) {
        assert_eq!(without_locks(before), without_locks(&hosts.state(host)));
    }
    hosts.converge(&plan);
}

/// The shell on the host that was cut off learns within seconds that nobody is there any more, and
/// lets go of its lock: without being told, since who could tell it had given it up.
fn wait_for_the_lock(hosts: &Hosts) {
    let free = "for _ in $(seq 300); do \
        flock -n /run/etcd-plan/etcd.lock true && exit; sleep 0.1; done; exit 1";
    hosts.sh(CUT, free);
}

/// `/run` lists our folder of locks once there was one.
fn without_locks(state: &str) -> String {
    state
        .lines()
        .filter(|line| *line != "etcd-plan" && !line.contains("/var/lib/etcd-plan"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn after_the_gate_the_same_run_ends_well_once_it_is_back() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let create = plan(THREE);
    let report = cut_when_it_begins(&hosts, &create, "etcd_conf/staged");
    assert_it_alone_failed(&report);
    // Nobody was started, since not everybody can be.
    assert_eq!(hosts.sh(1, "systemctl is-active etcd || :"), "inactive");
    wait_for_the_lock(&hosts);
    let report = cut_when_it_begins(&hosts, &create, "etcd_launch/start");
    assert_it_alone_failed(&report);
    wait_for_the_lock(&hosts);
    hosts.converge(&create);
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");

    // A purge that loses a host on the way: what the others had is kept, and it is made whole.
    let rebuild = planned(THREE, |choose| choose.goal(Goal::Rebuild));
    let report = cut_when_it_begins(&hosts, &rebuild, "etcd_purge/stop");
    assert_it_alone_failed(&report);
    for host in 1..=3 {
        hosts.sh(host, "ls /data/etcd*/member/wal/*.wal");
    }
    wait_for_the_lock(&hosts);
    hosts.converge(&rebuild);
    assert_eq!(hosts.etcdctl(CUT, "get a"), "");
}
