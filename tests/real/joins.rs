use etcd_plan::{ExtraVars, Goal};
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

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
    let put = |number| {
        let put = ["put", &format!("k{number}"), "v"];
        sandbox.etcdctl(&[1], &put).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(&join));
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {:?}, {report}",
        writes.acknowledged.len(),
        writes.longest_gap
    );
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
    writes.assert_kept("k", &keys);
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
