//! Findings about other texts than an inventory's: limits, arguments, files of variables, bytes.

use etcd_plan::diagnostic::{Code, Diagnostics};
use etcd_plan::{ExtraVars, Goal, Inventory, Plan, PlanError};
use etcd_plan_tests::inventory;
use etcd_plan_tests::snapshots::assert_snapshot;

const THREE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
infra:
  hosts:
    10.10.10.20: {}
";

#[test]
fn a_limit_that_matches_nothing_marks_the_part_that_does_not() {
    let inventory = inventory(THREE);
    for (name, limit) in [
        ("limit.host", "10.10.10.99"),
        ("limit.some-of-it", "infra,10.10.10.1,!web"),
        ("limit.nothing-is-left", "infra:!infra"),
    ] {
        let error = Plan::builder(&inventory).limit(limit).build();
        let error = error.expect_err("the limit matches nothing");
        let PlanError::Selection(finding) = &error else {
            panic!("{error}");
        };
        assert_eq!(finding.code, Code::LimitMatchesNothing);
        assert_snapshot("diagnostics", name, &error.to_string());
    }
}

#[test]
fn nothing_is_planned_for_a_cluster_of_somebody_else() {
    let vars = "\n  vars: { etcd_cluster: theirs, etcd_external: true }\ninfra:";
    let theirs = inventory(&THREE.replace("\ninfra:", vars));
    let error = Plan::builder(&theirs).build();
    let error = error.expect_err("there is nothing to plan");
    assert!(
        matches!(&error, PlanError::Selection(finding) if finding.code == Code::ExternalCluster)
    );
    assert_snapshot("diagnostics", "external.only", &error.to_string());

    // Nor when somebody writes that into a plan.
    let plan = Plan::from_inventory(&inventory(THREE)).expect("a plan");
    let (before, after) = plan
        .to_json()
        .split_once("\"etcd_external\"")
        .map(|(before, after)| (before.to_owned(), after.replacen("false", "true", 1)))
        .expect("every parameter is in a plan");
    let edited = Plan::from_json(&format!("{before}\"etcd_external\"{after}"));
    let error = edited.expect_err("no plan is made for it").to_string();
    assert!(error.contains("somebody else runs etcd"), "{error}");
}

#[test]
fn a_join_says_who_joins_whom() {
    let inventory = inventory(THREE);
    let error = Plan::builder(&inventory)
        .goal(Goal::Join)
        .limit("etcd")
        .build();
    let error = error.expect_err("all members would join, and none is left to be joined");
    assert!(
        matches!(&error, PlanError::Selection(finding) if finding.code == Code::JoinWithoutLimit)
    );
    assert_snapshot("diagnostics", "join.without-limit", &error.to_string());
}

#[test]
fn an_upgrade_says_where_to() {
    let built = Plan::builder(&inventory(THREE)).goal(Goal::Upgrade).build();
    let error = built.expect_err("there is no version");
    assert!(matches!(&error, PlanError::Selection(finding) if finding.code == Code::GoalArgument));
}

#[test]
fn a_removal_says_who_leaves_whom() {
    let inventory = inventory(THREE);
    let all: &[&str] = &["10.10.10.10", "etcd-2", "10.10.10.12"];
    let cases: [(&[&str], Code, &str); 3] = [
        (&[], Code::GoalArgument, "remove.nobody"),
        (&["etcd-main"], Code::NoSuchMember, "remove.no-such-member"),
        (all, Code::LastMember, "remove.last-member"),
    ];
    for (who, code, name) in cases {
        let plan = Plan::builder(&inventory).goal(Goal::Remove);
        let error = plan.depart(who.iter().copied()).build();
        let error = error.expect_err("nobody could leave so");
        assert!(matches!(&error, PlanError::Selection(finding) if finding.code == code));
        assert_snapshot("diagnostics", name, &error.to_string());
    }
}

#[test]
fn what_is_no_text_is_told_as_such() {
    let findings = Inventory::parse_bytes(b"etcd:\n  \x7fELF\0\x01", "/usr/bin/etcd");
    let findings = findings.expect_err("a program is no inventory");
    assert!(findings.iter().any(|finding| finding.code == Code::NotText));
    assert_snapshot("diagnostics", "not-text", &findings.to_string());
}

#[test]
fn arguments_are_marked_like_the_inventory() {
    for (name, argument) in [
        ("argument.bad-value", "etcd_port=70000 etcd_saveguard=true"),
        ("argument.quota", "etcd_quota_backend_bytes=16GiB"),
        ("argument.no-assignment", "etcd_safeguard"),
    ] {
        assert_snapshot("diagnostics", name, &with_argument(argument).to_string());
    }
}

#[test]
fn a_file_of_variables_is_marked_by_its_own_name() {
    let mut extra = ExtraVars::new();
    let text = "etcd_data: /var/lib\netcd_election_timeout: 300\n";
    extra.add_file(text, "site.yml").expect("a mapping");
    assert_snapshot("diagnostics", "argument.file", &with(extra).to_string());
}

/// What was built in code has no places; hosts and values are named all the same.
#[test]
fn an_inventory_without_a_text_has_findings_too() {
    let mut builder = Inventory::builder();
    builder
        .host("etcd", "10.10.10.10")
        .host_var("10.10.10.10", "etcd_seq", 1)
        .host("etcd", "10.10.10.11")
        .host_var("10.10.10.11", "etcd_seq", 1)
        .host("etcd", "10.10.10.12")
        .group_var("etcd", "etcd_data", "etcd")
        .group_var("etcd", "etcd_saveguard", true);
    let inventory = builder.build().expect("good names");
    let error = Plan::from_inventory(&inventory).expect_err("there are mistakes");
    assert_snapshot("diagnostics", "built-in-code", &error.to_string());
}

fn with_argument(argument: &str) -> Diagnostics {
    let mut extra = ExtraVars::new();
    match extra.add_argument(argument) {
        Ok(()) => with(extra),
        Err(findings) => findings,
    }
}

fn with(extra: ExtraVars) -> Diagnostics {
    match Plan::builder(&inventory(THREE)).extra_vars(extra).build() {
        Ok(plan) => plan.diagnostics().clone(),
        Err(PlanError::Inventory(findings)) => findings,
        Err(other) => panic!("{other}"),
    }
}
