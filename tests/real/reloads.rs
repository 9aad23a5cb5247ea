use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use etcd_plan::{ExtraVars, Goal, Plan};

use crate::sandbox::Sandbox;

fn reload(sandbox: &Sandbox, vars: &str) -> Plan {
    let mut extra = ExtraVars::new();
    extra.add_file(vars, "vars.yml").expect("a mapping");
    sandbox.plan(3, |ask| ask.goal(Goal::Reload).extra_vars(extra))
}

/// A client that knows all members, puts one key after the other, and remembers which puts were
/// acknowledged.
fn write_until(sandbox: &Sandbox, end: &AtomicBool) -> (Vec<u32>, Duration) {
    let (mut acknowledged, mut gap, mut last) = (Vec::new(), Duration::ZERO, Instant::now());
    for number in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let put = ["put", &format!("k{number}"), "v"];
        if sandbox.etcdctl(&[1, 2, 3], &put).is_ok() {
            acknowledged.push(number);
            gap = gap.max(last.elapsed());
            last = Instant::now();
        }
    }
    (acknowledged, gap)
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
    let end = AtomicBool::new(false);
    let (report, (acknowledged, gap)) = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&sandbox, &end));
        let report = sandbox.run(&plan);
        end.store(true, Ordering::Relaxed);
        (report, writer.join().expect("the client does not panic"))
    });
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {gap:?}, led before: {}, {report}",
        acknowledged.len(),
        before.1
    );
    assert!(!acknowledged.is_empty());
    for (old, new) in before.0.iter().zip(pids(&sandbox)) {
        assert_ne!(*old, new, "a member was not restarted");
    }
    let keys = sandbox
        .etcdctl(&[3], &["get", "k", "--prefix", "--keys-only"])
        .expect("it answers");
    let keys: Vec<&str> = keys.split_whitespace().collect();
    let lost = acknowledged
        .iter()
        .filter(|number| !keys.contains(&format!("k{number}").as_str()));
    assert_eq!(lost.count(), 0, "acknowledged writes were lost");
    let again = sandbox.must_run(&plan);
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
