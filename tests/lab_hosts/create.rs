//! A cluster is built on machines where there is none, and left alone where it is as wanted.

use etcd_plan::Subtask;
use etcd_plan::executor::ssh::Question;
use etcd_plan::report::Outcome;
use etcd_plan::secret::Secret;
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, ONE, THREE, node, planned};

#[test]
fn three_members_are_built_and_then_left_alone() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    let plan = plan(THREE);
    let report = hosts.converge(&plan);
    assert!(report.has_changes());
    say(&format!("create: {report} {:?}", report.round_trips));

    for host in 1..=3 {
        assert_eq!(hosts.sh(host, "systemctl is-active etcd"), "active");
        assert_eq!(hosts.sh(host, "systemctl is-enabled etcd"), "enabled");
    }
    // The seeds' first steps with a new cluster.
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");
    assert_eq!(hosts.etcdctl(2, "get a"), "a\n10");
    assert_eq!(hosts.etcdctl(3, "del a"), "1");
    let target = "cat /etc/prometheus/targets/etcd/etcd-2.yml";
    assert!(hosts.sh(0, target).contains("10.10.10.11:2379"));

    let before = hosts.states(3);
    let config = planned(THREE, |choose| choose.tags([Subtask::Config]));
    for plan in [plan, config] {
        let report = hosts.converge(&plan);
        say(&format!("again: {report} {:?}", report.round_trips));
        assert_eq!(report.count(Outcome::Changed), 0, "{report}");
        hosts.assert_unchanged(&before, "after the same run again");
    }
}

/// With a password for `sudo`, which is asked for, and no wrong one is taken.
#[test]
fn a_password_for_sudo_is_given_and_a_wrong_one_is_named() {
    let Some(hosts) = Hosts::empty(1) else { return };
    let plan = plan(&ONE.replace("admin", "oper"));
    let through = |password: &'static str| {
        let answer = move |_: &Question| Some(Secret::new(password.as_bytes().to_vec()));
        hosts.apply_through(&hosts.executor().secrets(answer), &plan)
    };
    let before = hosts.states(1);
    let refused = through("wrong").expect_err("the password is wrong");
    assert!(
        refused.to_string().contains("the password is wrong"),
        "{refused}"
    );
    hosts.assert_unchanged(&before, "with a wrong password");
    let report = through("oper-pass").expect("nothing is in the way");
    assert!(report.is_success(), "{report}");
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");
}

#[test]
fn a_host_behind_others_is_reached_through_them() {
    let Some(hosts) = Hosts::empty(1) else { return };
    for (jumps, last) in [
        ("admin@10.10.10.9", 0),
        ("admin@10.10.10.9,oper@10.10.10.11", 2),
    ] {
        let since = hosts.sh(1, "date '+%F %T.%6N'");
        let jump = format!("ansible_user: admin, ansible_ssh_common_args: '-J {jumps}'");
        hosts.converge(&plan(&ONE.replace("ansible_user: admin", &jump)));
        let logins = format!("journalctl -u ssh -o cat --since '{since}' | grep Accepted");
        let logins = hosts.sh(1, &logins);
        let from = format!("for admin from {} ", node(last).address());
        assert!(logins.contains(&from), "{logins}");
        assert!(!logins.contains("from 10.10.10.1 "), "{logins}");
    }
}

#[test]
fn a_member_survives_a_power_cut() {
    let Some(hosts) = Hosts::empty(1) else { return };
    hosts.converge(&plan(ONE));
    hosts.etcdctl(1, "put a 10");
    let host = node(1);
    hosts.lab.kill(host).expect("killed");
    hosts.lab.start(host).expect("started");
    hosts.sh(1, "systemctl is-system-running --wait");
    assert_eq!(hosts.etcdctl(1, "get a"), "a\n10");
    let report = hosts.converge(&plan(ONE));
    assert_eq!(report.count(Outcome::Changed), 0, "{report}");
}

#[expect(
    clippy::print_stderr,
    reason = "figures, for whoever runs it with --nocapture"
)]
pub(crate) fn say(what: &str) {
    eprintln!("{what}");
}
