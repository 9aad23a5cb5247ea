use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use etcd_plan::{ExtraVars, Goal};

use crate::sandbox::Sandbox;

/// A client that puts one key after the other through the old member, and remembers which puts were
/// acknowledged.
fn write_until(sandbox: &Sandbox, end: &AtomicBool) -> (Vec<u32>, Duration) {
    let (mut acknowledged, mut gap, mut last) = (Vec::new(), Duration::ZERO, Instant::now());
    for number in 0.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let put = sandbox.etcdctl(&[1], &["put", &format!("k{number}"), "v"]);
        if put.is_ok() {
            acknowledged.push(number);
            gap = gap.max(last.elapsed());
            last = Instant::now();
        }
    }
    (acknowledged, gap)
}

/// From one member to two and three, under load: no acknowledged write is lost, and a second run of
/// each join has nothing to do.
#[test]
fn members_join_one_after_the_other_while_a_client_writes() {
    let Some(sandbox) = Sandbox::fresh(8) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(1, |ask| ask));
    let join = sandbox.plan(3, |ask| {
        let limit = format!("{},{}", sandbox.host(2), sandbox.host(3));
        ask.goal(Goal::Join).limit(limit)
    });
    let end = AtomicBool::new(false);
    let (report, (acknowledged, gap)) = thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&sandbox, &end));
        let report = sandbox.run(&join);
        end.store(true, Ordering::Relaxed);
        (report, writer.join().expect("the client does not panic"))
    });
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {gap:?}, {report}",
        acknowledged.len()
    );
    assert!(!acknowledged.is_empty());
    let listed = sandbox
        .etcdctl(&[3], &["member", "list"])
        .expect("it answers");
    assert_eq!(listed.matches("started").count(), 3, "{listed}");
    assert_eq!(
        listed.matches(", false").count(),
        3,
        "no learners: {listed}"
    );
    let keys = sandbox
        .etcdctl(&[3], &["get", "k", "--prefix", "--keys-only"])
        .expect("it answers");
    let keys: Vec<&str> = keys.split_whitespace().collect();
    let lost = acknowledged
        .iter()
        .filter(|number| !keys.contains(&format!("k{number}").as_str()));
    assert_eq!(lost.count(), 0, "acknowledged writes were lost");
    let again = sandbox.must_run(&join);
    assert!(!again.has_changes(), "{again}");
    let whole = sandbox.must_run(&sandbox.plan(3, |ask| ask));
    assert!(!whole.has_changes(), "{whole}");
}

/// etcd does not start on what the new member is given: it is taken out again, its data is moved
/// aside, and with better settings the next try succeeds.
#[test]
fn a_join_that_fails_is_taken_back() {
    let Some(sandbox) = Sandbox::fresh(9) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(1, |ask| ask));
    let join = |extra: ExtraVars| {
        sandbox.plan(2, |ask| {
            let limit = sandbox.host(2);
            ask.goal(Goal::Join).limit(limit).extra_vars(extra)
        })
    };
    let mut bad = ExtraVars::new();
    bad.add_file("etcd_extra_config: { log-level: loud }", "bad.yml")
        .expect("a mapping");
    let report = sandbox.run(&join(bad));
    assert!(!report.is_success(), "{report}");
    assert!(
        report.to_string().contains("TAKEN BACK - etcd-2 ("),
        "{report}"
    );
    let members = || {
        sandbox
            .etcdctl(&[1], &["member", "list"])
            .expect("it answers")
    };
    assert_eq!(members().lines().count(), 1, "{}", members());
    sandbox.must_run(&join(ExtraVars::new()));
    assert_eq!(members().matches("started").count(), 2, "{}", members());
}
