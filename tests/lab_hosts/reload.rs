//! Timers and the quota change on a cluster of three that a client writes to all the time.

use std::time::Duration;

use etcd_plan::engine::{Flow, Run, Silent};
use etcd_plan::report::Outcome;
use etcd_plan::{Event, Goal, Plan};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, inventory_of, node, planned};

const MEMBERS: [u8; 3] = [1, 2, 3];

fn reload(vars: &str) -> Plan {
    planned(&inventory_of(&[("etcd", &MEMBERS)], vars), |choose| {
        choose.goal(Goal::Reload)
    })
}

fn pids(hosts: &Hosts) -> Vec<String> {
    let pid = |host| hosts.sh(host, "systemctl show -p MainPID etcd");
    MEMBERS.into_iter().map(pid).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "what was measured")]
fn timers_and_quota_change_under_load() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &MEMBERS)], "")));
    let before = pids(&hosts);
    let vars = ", etcd_heartbeat_interval: 150, etcd_election_timeout: 1500, \
                etcd_quota_backend_bytes: 2147483648";
    let slower = reload(vars);
    // With the environment of a host, which names all members.
    let put = |number| {
        let script = format!(". /etc/profile.d/etcdctl.sh; etcdctl put k{number} v");
        hosts.try_sh(1, &script).is_ok()
    };
    let (report, seen) = Writes::during(put, || hosts.apply(&slower));
    let report = report.expect("guards agree");
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {:?}; {report}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
    for (old, new) in before.iter().zip(pids(&hosts)) {
        assert_ne!(*old, new, "a member was not restarted");
    }
    let keys = hosts.etcdctl(2, "get k --prefix --keys-only");
    seen.assert_kept("k", &keys);
    let again = hosts.converge(&slower);
    assert_eq!(again.count(Outcome::Changed), 0, "{again}");
}

/// The host of a member is cut off in that member's turn: nobody else restarts, and the same command
/// goes on once the host is back.
#[test]
#[expect(clippy::print_stderr, reason = "what was measured")]
fn a_reload_whose_host_is_cut_off_goes_on() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &MEMBERS)], "")));
    let slower = reload(", etcd_heartbeat_interval: 150, etcd_election_timeout: 1500");
    // A follower: the first in line.
    let leads = hosts.etcdctl(1, "endpoint status -w simple");
    let first_leads = leads.split(", ").nth(4) == Some("true");
    let cut = node(if first_leads { 2 } else { 1 });
    let put = |number| {
        let asked = if first_leads { 1 } else { 2 };
        let script = format!(". /etc/profile.d/etcdctl.sh; etcdctl put k{number} v");
        hosts.try_sh(asked, &script).is_ok()
    };
    let turn = format!("etcd/{}/etcd_launch/restart/follower", cut.address());
    let executor = hosts.executor().keep_alive(Duration::from_secs(1));
    let observed = Run::new(&slower, &executor, &hosts.keys).observe(&mut Silent);
    let mut observer = |event: &Event| {
        if matches!(event, Event::StepStarted { step, .. } if step.as_str() == turn) {
            hosts.lab.cut(cut).expect("cut");
        }
        Flow::Continue
    };
    let approved = observed.approve().expect("nothing is in the way");
    let (report, seen) = Writes::during(put, || approved.apply(&mut observer));
    hosts.lab.heal(cut).expect("healed");
    assert!(!report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes while a host was cut off, longest gap {:?}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
    let restarted = "grep -c '^heartbeat-interval: 150' /etc/etcd/etcd.conf || :";
    assert_eq!(
        hosts.sh(3, restarted),
        "0",
        "another one restarted: {report}"
    );
    hosts.converge(&slower);
    let keys = hosts.etcdctl(3, "get k --prefix --keys-only");
    seen.assert_kept("k", &keys);
    for host in MEMBERS {
        assert_eq!(hosts.sh(host, restarted), "1");
    }
    let again = hosts.converge(&slower);
    assert_eq!(again.count(Outcome::Changed), 0, "{again}");
}

/// systemd starts it again and again, and it never serves: the member gets back what it had, and the
/// others were not touched.
#[test]
fn a_member_that_does_not_start_gets_back_what_it_had() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &MEMBERS)], "")));
    let before = pids(&hosts);
    let broken = reload(", etcd_extra_config: { log-level: loud }");
    let report = hosts.apply(&broken).expect("guards agree");
    assert!(!report.is_success(), "{report}");
    assert!(
        report.to_string().contains("TAKEN BACK ~ etcd-"),
        "{report}"
    );
    let same = before.iter().zip(pids(&hosts));
    assert_eq!(same.filter(|(old, new)| *old == new).count(), 2, "{report}");
    for host in MEMBERS {
        let unit = hosts.sh(host, "systemctl is-active etcd");
        assert_eq!(unit.trim(), "active");
    }
    let nothing = hosts.converge(&reload(""));
    assert_eq!(nothing.count(Outcome::Changed), 0, "{nothing}");
}
