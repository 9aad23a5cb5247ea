//! Every operation can be done twice: the outcome is the same.

use etcd_plan::engine::Silent;
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan_testkit::FaultPlan;
use etcd_plan_tests::Scene;

/// Runs a plan once as it is, and once with every operation repeated.
fn assert_repeatable(begin: fn() -> Scene, plan: fn(&Scene) -> Plan) {
    let once = begin();
    let report = once.must_run(&plan(&once));
    let twice = begin();
    let ran = twice.run_with(&plan(&twice), FaultPlan::repeat_everything(), &mut Silent);
    let journal = ran.executor.journal();
    assert!(journal.iter().all(|entry| entry.done == 2));
    let repeated = ran.succeeded();
    for (one, other) in report.steps.iter().zip(&repeated.steps) {
        assert_eq!((&one.step, one.outcome), (&other.step, other.outcome));
    }
    once.snapshot().assert_same(&twice.snapshot());
    assert_eq!(twice.world.corruptions(), Vec::<String>::new());
}

#[test]
fn repeating_every_operation_of_a_create_changes_nothing() {
    assert_repeatable(Scene::bare, Scene::plan);
}

#[test]
fn repeating_every_operation_of_a_rebuild_changes_nothing() {
    assert_repeatable(Scene::living, Scene::rebuild);
}

#[test]
fn repeating_every_operation_of_a_purge_changes_nothing() {
    assert_repeatable(Scene::living, |scene| scene.tagged(&[Subtask::Purge]));
}

#[test]
fn repeating_every_operation_of_a_start_changes_nothing() {
    assert_repeatable(Scene::stopped, Scene::plan);
}
