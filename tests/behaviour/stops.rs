//! An observer can stop a run at any event: what was not begun is reported as such, and a later run
//! completes.

use std::collections::BTreeSet;

use etcd_plan::plan::Plan;
use etcd_plan::{Event, Outcome};
use etcd_plan_testkit::FaultPlan;
use etcd_plan_tests::{Recorder, Scene, StopAt};

/// Stops a run at each of its events in turn.
fn stop_everywhere(begin: fn() -> Scene, plan: fn(&Scene) -> Plan) {
    let scene = begin();
    let mut recorder = Recorder::default();
    scene
        .run_with(&plan(&scene), FaultPlan::none(), &mut recorder)
        .succeeded();
    let clean = scene.snapshot_without_purged();
    for at in 1..=recorder.events.len() {
        let scene = begin();
        let plan = plan(&scene);
        let before = scene.world.snapshot();
        let mut observer = StopAt::event(at);
        let ran = scene.run_with(&plan, FaultPlan::none(), &mut observer);
        match ran.result {
            // Stopped before all hosts were read.
            Err(_) => before.assert_same(&scene.world.snapshot()),
            Ok(report) => {
                assert_eq!(report.steps.len(), plan.len());
                let begun = |event: &Event| matches!(event, Event::StepStarted { .. });
                let late: Vec<_> = observer.after.iter().filter(|event| begun(event)).collect();
                assert!(
                    late.is_empty(),
                    "event {at}: begun after the stop: {late:?}"
                );
                let left: BTreeSet<_> = report
                    .steps
                    .iter()
                    .filter(|step| step.outcome == Outcome::NotStarted)
                    .map(|step| step.step.to_string())
                    .collect();
                assert_eq!(report.stopped, !left.is_empty(), "event {at}");
                assert_eq!(report.is_success(), left.is_empty(), "event {at}: {report}");
                let others = [Outcome::Failed, Outcome::Skipped];
                assert!(
                    others.iter().all(|other| report.count(*other) == 0),
                    "{report}"
                );
            }
        }
        let second = scene.run(&plan).reported();
        assert!(second.is_success(), "event {at}, then: {second}");
        let after = scene.snapshot_without_purged();
        assert!(clean == after, "event {at}:\n{}", clean.diff(&after));
        assert_eq!(scene.world.corruptions(), Vec::<String>::new());
    }
}

#[test]
fn a_create_can_be_stopped_at_any_event() {
    stop_everywhere(Scene::bare, Scene::plan);
}

#[test]
fn a_rebuild_can_be_stopped_at_any_event() {
    stop_everywhere(Scene::living, Scene::rebuild);
}
