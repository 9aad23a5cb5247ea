use etcd_plan::{ExtraVars, Goal, Plan, Subtask};
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

fn reload(sandbox: &Sandbox, vars: &str) -> Plan {
    let mut extra = ExtraVars::new();
    extra.add_file(vars, "vars.yml").expect("a mapping");
    sandbox.plan(3, |ask| ask.goal(Goal::Reload).extra_vars(extra))
}

/// The process and the timers of each member.
fn pids(sandbox: &Sandbox) -> Vec<String> {
    let pid = |seq| {
        let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
        std::fs::read_to_string(root.join("run/etcd.pid")).unwrap_or_default()
    };
    (1..=3).map(pid).collect()
}

/// Timers and quota change under load: all restart, no acknowledged write is lost, and a second run
/// has nothing to do.
#[test]
fn members_restart_one_after_the_other_while_a_client_writes() {
    let Some(sandbox) = Sandbox::fresh(12) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let vars = "{ etcd_heartbeat_interval: 150, etcd_election_timeout: 1500, etcd_quota_backend_bytes: 2147483648 }";
    let plan = reload(&sandbox, vars);
    let leader = || {
        let status = ["endpoint", "status", "--cluster", "-w", "simple"];
        let status = sandbox.etcdctl(&[1], &status).expect("it answers");
        let leads = |line: &&str| line.split(", ").nth(4) == Some("true");
        status
            .lines()
            .find(leads)
            .map(str::to_owned)
            .unwrap_or_default()
    };
    let before = (pids(&sandbox), leader());
    // The client knows all members.
    let put = |number| {
        let put = ["put", &format!("k{number}"), "v"];
        sandbox.etcdctl(&[1, 2, 3], &put).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(&plan));
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {:?}, led before: {}, {report}",
        writes.acknowledged.len(),
        writes.longest_gap,
        before.1
    );
    for (old, new) in before.0.iter().zip(pids(&sandbox)) {
        assert_ne!(*old, new, "a member was not restarted");
    }
    let keys = sandbox
        .etcdctl(&[3], &["get", "k", "--prefix", "--keys-only"])
        .expect("it answers");
    writes.assert_kept("k", &keys);
    let again = sandbox.must_run(&plan);
    assert!(!again.has_changes(), "{again}");

    // A file that is written and not taken on looks as wanted.
    let before = pids(&sandbox);
    let vars = "{ etcd_heartbeat_interval: 150, etcd_election_timeout: 1600 }";
    let mut extra = ExtraVars::new();
    extra.add_file(vars, "vars.yml").expect("a mapping");
    let written = sandbox.plan(3, |ask| {
        ask.tags([Subtask::Config])
            .limit(sandbox.host(1))
            .extra_vars(extra.clone())
    });
    sandbox.must_run(&written);
    let taken_on = sandbox.plan(3, |ask| {
        ask.goal(Goal::Reload)
            .limit(sandbox.host(1))
            .extra_vars(extra)
    });
    sandbox.must_run(&taken_on);
    let after = pids(&sandbox);
    assert_ne!(before[0], after[0], "it was not restarted");
    assert_eq!(before[1..], after[1..]);
    let again = sandbox.must_run(&taken_on);
    assert!(!again.has_changes(), "{again}");
}

/// etcd does not start on what the inventory says: the first member gets back what it had, no other
/// restarts, and the cluster is as before.
#[test]
fn a_member_that_does_not_start_gets_back_what_it_had() {
    let Some(sandbox) = Sandbox::fresh(11) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let before = pids(&sandbox);
    let report = sandbox.run(&reload(&sandbox, "etcd_extra_config: { log-level: loud }"));
    assert!(!report.is_success(), "{report}");
    let text = report.to_string();
    assert!(text.contains("TAKEN BACK ~ etcd-"), "{text}");
    let after = pids(&sandbox);
    let same = before.iter().zip(&after).filter(|(old, new)| old == new);
    assert_eq!(same.count(), 2, "{before:?} {after:?}");
    for seq in 1..=3 {
        sandbox
            .etcdctl(&[seq], &["endpoint", "health"])
            .expect("it is well");
    }
    let nothing = sandbox.must_run(&reload(&sandbox, "{}"));
    assert!(!nothing.has_changes(), "{nothing}");
}
