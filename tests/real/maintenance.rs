use etcd_plan::{ExtraVars, Goal, Plan};
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

fn plan(sandbox: &Sandbox, goal: Goal) -> Plan {
    let mut vars = ExtraVars::new();
    vars.add_file("{ etcd_quota_backend_bytes: 16777216 }", "vars.yml")
        .expect("a mapping");
    sandbox.plan(3, |ask| ask.goal(goal).extra_vars(vars).keep_revisions(5))
}

/// Gives the sizes of the members' databases, in bytes.
fn sizes(sandbox: &Sandbox) -> Vec<u64> {
    let size = |seq| {
        let status = ["endpoint", "status", "-w", "json"];
        let status = sandbox.etcdctl(&[seq], &status).expect("it answers");
        let size = status.split("\"dbSize\":").nth(1).expect("a size");
        let digits: String = size.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    };
    (1..=3).map(size).collect()
}

/// Writes a large value again and again, as often or until the quota is full; says how often.
fn overwrite(sandbox: &Sandbox, times: usize) -> usize {
    let value = "v".repeat(120_000);
    let put = |_: &usize| sandbox.etcdctl(&[1], &["put", "large", &value]).is_ok();
    (0..times).take_while(put).count()
}

/// Databases shrink under load, and a full quota is made room in.
#[test]
fn a_store_gives_back_what_it_does_not_need() {
    let Some(sandbox) = Sandbox::fresh(31) else {
        return;
    };
    sandbox.must_run(&plan(&sandbox, Goal::Create));
    overwrite(&sandbox, 45);
    let before = sizes(&sandbox);
    assert!(before.iter().all(|size| *size > 5_000_000), "{before:?}");
    let maintain = plan(&sandbox, Goal::Maintain);
    let put = |number| {
        let put = ["put", &format!("k{number}"), "v"];
        sandbox.etcdctl(&[1, 2, 3], &put).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(&maintain));
    assert!(report.is_success(), "{report}");
    let after = sizes(&sandbox);
    eprintln!(
        "{} acknowledged writes, longest gap {:?}, {before:?} bytes before, {after:?} after, {report}",
        writes.acknowledged.len(),
        writes.longest_gap
    );
    assert!(after.iter().all(|size| *size < 2_000_000), "{after:?}");
    let keys = sandbox
        .etcdctl(&[3], &["get", "k", "--prefix", "--keys-only"])
        .expect("it answers");
    writes.assert_kept("k", &keys);

    let room = overwrite(&sandbox, 300);
    assert!(room < 300, "the quota was never full");
    let report = sandbox.must_run(&maintain);
    assert!(report.has_changes());
    assert_eq!(overwrite(&sandbox, 3), 3, "{report}");
    // On a busy machine a follower can compact so late that its room is given back by the next run.
    let mut again = (0..3).map(|_| sandbox.must_run(&maintain));
    let is_done = again.any(|report| !report.has_changes());
    assert!(is_done, "it always finds something to do");
}
