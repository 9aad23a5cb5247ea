//! A preview says beforehand what a run does, and touches nothing.

use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan::{Outcome, Report};
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::{HOSTS, Scene};

/// Previews a plan, and asserts that this left no trace.
fn preview(scene: &Scene, plan: &Plan) -> Report {
    let before = scene.world.snapshot();
    let executor = SimExecutor::new(&scene.world);
    let preview = Run::new(plan, &executor, &scene.keys)
        .observe(&mut Silent)
        .preview();
    before.assert_same(&scene.world.snapshot());
    assert_eq!(executor.counters().writes, 0);
    preview
}

/// Asserts that a run does to each step what the preview said.
fn assert_kept(scene: &Scene, plan: &Plan) {
    let preview = preview(scene, plan);
    let report = scene.must_run(plan);
    assert_eq!(preview.steps.len(), report.steps.len());
    for (would, did) in preview.steps.iter().zip(&report.steps) {
        assert_eq!(would.step, did.step);
        let expected = match would.outcome {
            Outcome::WouldChange => Outcome::Changed,
            other => other,
        };
        assert_eq!(expected, did.outcome, "{}: {:?}", would.step, would.lines);
    }
}

#[test]
fn a_new_cluster_is_made_as_previewed() {
    let scene = Scene::bare();
    assert_kept(&scene, &scene.plan());
}

#[test]
fn a_living_cluster_is_left_alone_as_previewed() {
    let scene = Scene::living();
    assert_kept(&scene, &scene.plan());
}

#[test]
fn a_living_cluster_is_rebuilt_as_previewed() {
    let scene = Scene::living();
    assert_kept(&scene, &scene.rebuild());
}

#[test]
fn a_stopped_cluster_is_started_as_previewed() {
    let scene = Scene::stopped();
    assert_kept(&scene, &scene.plan());
}

#[test]
fn remains_are_purged_and_the_cluster_is_rebuilt_as_previewed() {
    let scene = Scene::stopped();
    scene.world.wipe(HOSTS[1], "/data/etcd");
    assert_kept(&scene, &scene.plan());
}

#[test]
fn a_living_cluster_is_destroyed_as_previewed() {
    let scene = Scene::living();
    assert_kept(&scene, &scene.tagged(&[Subtask::Purge]));
}
