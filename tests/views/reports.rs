//! What a run says in the end, and what a preview says before one.

use std::fmt::Write as _;

use etcd_plan::Goal;
use etcd_plan::engine::{Run, Silent};
use etcd_plan::op::Ownership;
use etcd_plan::plan::Plan;
use etcd_plan::report::{Outcome, Report};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, Node, SimExecutor};
use etcd_plan_tests::snapshots::assert_run_snapshot;
use etcd_plan_tests::{HOSTS, Scene, StopAt};

#[test]
fn success() {
    let scene = Scene::bare();
    told("report.built", &scene.must_run(&scene.plan()));
    told("report.nothing-to-do", &scene.must_run(&scene.plan()));
}

#[test]
fn failures() {
    for (name, operation, words) in [
        (
            "report.install-failed",
            "install_package",
            "E: Unable to locate package etcd-server",
        ),
        ("report.disk-full", "stage_file", "No space left on device"),
        (
            "report.start-failed",
            "start_service",
            "Unit etcd.service is masked",
        ),
    ] {
        let scene = Scene::bare();
        let effect = Effect::Fail(words.to_owned());
        let faults = FaultPlan::none()
            .at(Kind::Named(operation), Some(1), effect)
            .on(HOSTS[1]);
        let ran = scene.run_with(&scene.plan(), faults, &mut Silent);
        let report = ran.reported();
        assert!(report.count(Outcome::Failed) > 0, "{name}: {report}");
        told(name, &report);
    }
}

/// A connection that ends in the middle of a change.
#[test]
fn a_lost_session() {
    let scene = Scene::bare();
    let faults = FaultPlan::none()
        .at(Kind::Write, Some(4), Effect::DropAfter)
        .on(HOSTS[2]);
    let ran = scene.run_with(&scene.plan(), faults, &mut Silent);
    told("report.lost-session", &ran.reported());
}

/// A stop that was asked for: what was not begun is counted as such.
#[test]
fn a_stop() {
    let scene = Scene::bare();
    let ran = scene.run_with(&scene.plan(), FaultPlan::none(), &mut StopAt::event(30));
    let report = ran.reported();
    assert!(report.stopped && !report.is_success());
    let text = report.to_string();
    assert!(
        text.contains("stopped on request") && text.contains("not started"),
        "{text}"
    );
}

fn told(name: &str, report: &Report) {
    assert_run_snapshot("views", name, &report.to_string());
}

/// A preview tells each step that would change something, with the differences of files.
#[test]
fn previews() {
    let scene = Scene::living();
    let plan = scene.with_extra(Goal::Rebuild, &["etcd_election_timeout=2000"]);
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let report = observed.preview();
    let mut text = format!("{report}\n");
    for step in report
        .steps
        .iter()
        .filter(|step| step.outcome == Outcome::WouldChange)
    {
        let _ = writeln!(text, "\n{}", step.step);
        for line in &step.lines {
            let _ = writeln!(text, "  {line}");
        }
        if let Some(diff) = step
            .diff
            .as_ref()
            .filter(|_| step.step.as_str().contains(HOSTS[0]))
        {
            text.push_str(diff);
        }
    }
    assert_run_snapshot("views", "preview.rebuild", &text);
}

/// What would change, and what has changed, on hosts in several states.
#[test]
fn changes_read_as_a_page() {
    for (name, scene) in [
        ("bare", Scene::bare()),
        ("living", Scene::living()),
        ("stopped", Scene::stopped()),
    ] {
        let plan = scene.plan();
        let page = preview_page(&scene, &plan, 80);
        assert_run_snapshot("views", &format!("changes-create-{name}"), &page);
    }
    let scene = Scene::living();
    let file = Node::file("export ETCDCTL_API=2\n", Ownership::both("root"), 0o644);
    scene
        .world
        .put_file(HOSTS[1], "/etc/profile.d/etcdctl.sh", file);
    let page = preview_page(&scene, &scene.plan(), 60);
    assert_run_snapshot("views", "changes-drift-narrow", &page);
    let plan = scene.rebuild();
    let page = preview_page(&scene, &plan, 80);
    assert_run_snapshot("views", "changes-rebuild", &page);
    let report = scene.must_run(&plan);
    let page = plan.changes(&report, 80).to_string();
    assert_run_snapshot("views", "changes-rebuilt", &page);
}

fn preview_page(scene: &Scene, plan: &Plan, width: usize) -> String {
    let executor = SimExecutor::new(&scene.world);
    let run = Run::new(plan, &executor, &scene.keys);
    let preview = run.observe(&mut Silent).preview();
    plan.changes(&preview, width).to_string()
}
