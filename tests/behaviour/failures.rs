//! Whatever fails, the run ends in a report: each step has one outcome, what builds on a failure is
//! not begun, and what does not goes on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::executor::{ConnectError, Executor, Session, SessionError, Target};
use etcd_plan::op::{Batch, OpResult, ReadOp};
use etcd_plan::permit::Permit;
use etcd_plan::plan::{Plan, StepId};
use etcd_plan::report::StepReport;
use etcd_plan::{Event, Outcome, Report};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimExecutor};
use etcd_plan_tests::{HOSTS, Recorder, Scene};

/// Asserts that the outcomes of a report fit the plan: what waits for a step that did not end well
/// did not end well either, and nothing was skipped for no reason.
fn assert_consistent(plan: &Plan, report: &Report, context: &str) {
    assert_eq!(report.steps.len(), plan.len(), "{context}");
    let steps: BTreeMap<&StepId, &StepReport> =
        report.steps.iter().map(|step| (&step.step, step)).collect();
    assert_eq!(steps.len(), plan.len(), "{context}");
    let is_well = |step: &StepReport| matches!(step.outcome, Outcome::Changed | Outcome::Unchanged);
    for step in plan.steps() {
        let found = steps[&step.id()];
        let is_held = step.waits_for().any(|before| {
            !is_well(steps[&before.id()]) && !step.action().bears_failure_of(before.action())
        });
        assert!(
            !(is_held && is_well(found)),
            "{context}: {} was begun",
            found.step
        );
        // What was sent together with a step that failed may not have been tried.
        let was_tried = !found.lines.iter().any(|line| line.contains("not tried"));
        let is_skipped = found.outcome == Outcome::Skipped;
        assert!(
            is_held || !is_skipped || !was_tried,
            "{context}: {} was skipped",
            found.step
        );
    }
}

/// Lets each operation of a clean run fail in turn; reading alone is refused, and changes nothing.
fn fail_everywhere(begin: fn() -> Scene, plan: fn(&Scene) -> Plan) {
    let scene = begin();
    let ran = scene.run(&plan(&scene));
    let operations = ran.executor.counters().operations;
    ran.succeeded();
    for nth in 1..=operations {
        let scene = begin();
        let plan = plan(&scene);
        let before = scene.world.snapshot();
        let faults = FaultPlan::fail_op(nth, "disk on fire");
        let ran = scene.run_with(&plan, faults, &mut Silent);
        let context = format!("operation {nth}");
        match &ran.result {
            Err(refused) => {
                assert!(
                    refused.to_string().contains("disk on fire"),
                    "{context}: {refused}"
                );
                before.assert_same(&scene.world.snapshot());
            }
            Ok(report) => {
                assert!(!report.is_success(), "{context}");
                assert_consistent(&plan, report, &context);
                let text = report.to_string();
                assert!(text.contains("disk on fire"), "{context}: {text}");
            }
        }
    }
}

#[test]
fn any_operation_of_a_create_can_fail() {
    fail_everywhere(Scene::bare, Scene::plan);
}

#[test]
fn any_operation_of_a_rebuild_can_fail() {
    fail_everywhere(Scene::living, Scene::rebuild);
}

const TWO: &str = "
one: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: one } }
two: { hosts: { 10.10.10.11: { etcd_seq: 1 } }, vars: { etcd_cluster: two } }
infra: { hosts: { 10.10.10.12: } }
";

#[test]
fn a_cluster_does_not_suffer_from_another_one_that_fails() {
    let writes = {
        let scene = Scene::of(&HOSTS, TWO);
        let ran = scene.run(&scene.plan());
        let writes = ran.executor.counters_of(HOSTS[0]).writes;
        ran.succeeded();
        writes
    };
    for nth in 1..=writes {
        for effect in [Effect::Fail("no".to_owned()), Effect::DropAfter] {
            let scene = Scene::of(&HOSTS, TWO);
            let plan = scene.plan();
            let faults = FaultPlan::none()
                .at(Kind::Write, Some(nth), effect)
                .on(HOSTS[0]);
            let report = scene.run_with(&plan, faults, &mut Silent).reported();
            assert_consistent(&plan, &report, &format!("write {nth}"));
            for step in &report.steps {
                let is_other = step.step.as_str().starts_with("two/");
                let is_bad = matches!(step.outcome, Outcome::Failed | Outcome::Skipped);
                assert!(!(is_other && is_bad), "{}: {:?}", step.step, step.lines);
            }
            scene
                .world
                .put(HOSTS[1], "a", "1")
                .expect("cluster two works");
        }
    }
}

#[test]
fn every_step_ends_once_and_begins_before_it_ends() {
    for faults in [
        FaultPlan::fail_write(20, "no"),
        FaultPlan::drop_after_write(20),
    ] {
        let scene = Scene::living();
        let plan = scene.rebuild();
        let mut recorder = Recorder::default();
        scene.run_with(&plan, faults, &mut recorder).reported();
        let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
        for event in &recorder.events {
            match event {
                Event::StepStarted { step, .. } => {
                    assert!(
                        !ended.contains_key(step.as_str()),
                        "{step} began after its end"
                    );
                }
                Event::StepEnded { step, .. } => *ended.entry(step.as_str()).or_default() += 1,
                _ => {}
            }
        }
        assert_eq!(ended.len(), plan.len());
        assert!(ended.values().all(|times| *times == 1), "{ended:?}");
    }
}

#[test]
fn a_cluster_is_made_by_one_worker_too() {
    let scene = Scene::bare();
    let executor = SimExecutor::new(&scene.world);
    let settings = RunSettings {
        forks: NonZeroUsize::MIN,
        ..RunSettings::default()
    };
    let report = scene.run_through(&scene.plan(), &executor, settings, &mut Silent);
    let report = report.expect("nothing is in the way");
    assert!(report.is_success(), "{report}");
    scene.assert_works();
}

/// How a session misbehaves.
#[derive(Clone, Copy)]
enum Bad {
    /// It panics when it reads for the first time.
    PanicsReading,
    /// It panics when it writes for the n-th time.
    PanicsWriting(usize),
    /// It answers one operation less than it was asked, when it writes for the n-th time.
    AnswersTooLittle(usize),
    /// It answers one question less than it was asked.
    ReadsTooLittle,
}

/// Reaches hosts through the simulator; the session of the first host misbehaves.
struct BadExecutor {
    inner: SimExecutor,
    bad: Bad,
}

struct BadSession {
    inner: Box<dyn Session>,
    bad: Bad,
    writes: usize,
}

impl Executor for BadExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let inner = self.inner.connect(target)?;
        if target.host.as_str() != HOSTS[0] {
            return Ok(inner);
        }
        let bad = self.bad;
        Ok(Box::new(BadSession {
            inner,
            bad,
            writes: 0,
        }))
    }
}

impl Session for BadSession {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        assert!(
            !matches!(self.bad, Bad::PanicsReading),
            "a bug of the session"
        );
        let mut answers = self.inner.read(questions)?;
        if let Bad::ReadsTooLittle = self.bad {
            answers.pop();
        }
        Ok(answers)
    }

    fn write(&mut self, batch: &Batch, permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        self.writes += 1;
        if let Bad::PanicsWriting(nth) = self.bad {
            assert!(self.writes != nth, "a bug of the session");
        }
        let mut results = self.inner.write(batch, permit)?;
        if let Bad::AnswersTooLittle(nth) = self.bad
            && self.writes == nth
        {
            results.pop();
        }
        Ok(results)
    }
}

fn run_badly(bad: Bad) -> (Scene, Plan, Result<Report, etcd_plan::engine::Refused>) {
    let scene = Scene::bare();
    let plan = scene.plan();
    let inner = SimExecutor::new(&scene.world);
    let executor = BadExecutor { inner, bad };
    let result = scene.run_through(&plan, &executor, RunSettings::default(), &mut Silent);
    (scene, plan, result)
}

#[test]
fn a_panic_in_a_session_that_writes_is_a_failed_step() {
    for nth in 1..=4 {
        let (scene, plan, result) = run_badly(Bad::PanicsWriting(nth));
        let report = result.expect("guards have nothing against it");
        let failed: Vec<_> = report.failures().collect();
        assert!(!failed.is_empty(), "write {nth}");
        assert!(
            failed[0].lines[0].contains("a bug of the session"),
            "{report}"
        );
        assert_consistent(&plan, &report, &format!("panic at write {nth}"));
        scene.must_run(&plan);
        scene.assert_works();
    }
}

#[test]
fn a_panic_in_a_session_that_reads_is_a_host_that_was_not_read() {
    let (_, _, result) = run_badly(Bad::PanicsReading);
    let refused = result.expect_err("a host was not read").to_string();
    assert!(refused.contains("a bug of the session"), "{refused}");
}

#[test]
fn a_session_that_leaves_out_an_answer_is_not_believed() {
    let (_, _, result) = run_badly(Bad::ReadsTooLittle);
    assert!(result.is_err(), "a fact is missing");
    for nth in 1..=4 {
        let (_, plan, result) = run_badly(Bad::AnswersTooLittle(nth));
        let report = result.expect("guards have nothing against it");
        assert!(!report.is_success(), "write {nth}");
        assert_consistent(&plan, &report, &format!("write {nth}"));
    }
}
