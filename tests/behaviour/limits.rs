//! A limit takes part of an inventory: what it leaves out altogether is none of the run's business.

use etcd_plan::plan::{Plan, PlanError};
use etcd_plan_tests::{HOSTS, Scene};

const TWO: &str = "
one: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: one } }
two: { hosts: { 10.10.10.11: { etcd_seq: 1 } }, vars: { etcd_cluster: two, etcd_safeguard: true } }
infra: { hosts: { 10.10.10.12: } }
";

#[test]
fn a_cluster_that_the_limit_leaves_out_is_neither_read_nor_judged_nor_changed() {
    let scene = Scene::of(&HOSTS, TWO);
    let plan = scene.plan_with(|builder| builder.limit("one"));
    assert_eq!(plan.clusters().len(), 1);
    scene.world.cut_network(HOSTS[1]);
    let ran = scene.run(&plan);
    assert_eq!(ran.executor.counters_of(HOSTS[1]).round_trips, 0);
    ran.succeeded();
    scene
        .world
        .put(HOSTS[0], "a", "1")
        .expect("cluster one works");
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn a_plan_file_of_a_limited_plan_is_read_again() {
    let scene = Scene::of(&HOSTS, TWO);
    let plan = scene.plan_with(|builder| builder.limit("one"));
    let read = Plan::from_json(&plan.to_json()).expect("it is a plan");
    assert_eq!(read.to_json(), plan.to_json());
}

#[test]
fn a_limit_without_any_member_is_an_error_that_says_so() {
    let scene = Scene::of(&HOSTS, TWO);
    let error = Plan::builder(&scene.inventory).limit("infra").build();
    let error = error.expect_err("there is nothing to do");
    assert!(matches!(error, PlanError::Selection(_)), "{error}");
    assert!(
        error.to_string().contains("no host of an etcd cluster"),
        "{error}"
    );
}
