//! Pages of plans, previews and runs.

use std::fmt::Write as _;

use etcd_plan::engine::{Run, Silent};
use etcd_plan::op::Ownership;
use etcd_plan::plan::Plan;
use etcd_plan::report::{Report, StepReport};
use etcd_plan::view::html::{About, Outline, OutlineStep, StepsPage, report_of_events};
use etcd_plan::{Event, Goal};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, Node, SimExecutor};
use etcd_plan_tests::{HOSTS, Recorder, Scene, plan};

use crate::Page;
use crate::times::{events, timed};

const SITE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars: { etcd_cluster: etcd, etcd_safeguard: true }
infra:
  hosts:
    10.10.10.9: {}
";

/// As many clusters of three hosts as make 300 hosts.
pub(crate) const CLUSTERS: usize = 100;

/// The cluster of them in which a step fails.
const FAILED: usize = 41;

/// A text that would do harm where it were taken for markup.
const HOSTILE: &str =
    "~ </script><script>window.harm = 1</script><img src=x onerror=harm=1> \u{2028} & \"";

pub(crate) fn pages() -> Vec<Page> {
    let mut pages = vec![
        ("plan", plan(SITE).to_html()),
        ("preview", preview()),
        ("refused", refused()),
        ("hostile", hostile()),
    ];
    let run = Ran::of(SITE, FaultPlan::none());
    pages.push(("run", run.page()));
    pages.push(("cut-off", run.cut_off()));
    pages.push(("report-alone", run.report.to_html()));
    let words =
        "Unit etcd.service is masked.\nFailed to start etcd.service: Unit etcd.service is masked.";
    let faults = FaultPlan::none()
        .at(
            Kind::Named("start_service"),
            Some(1),
            Effect::Fail(words.to_owned()),
        )
        .on(HOSTS[1]);
    let failed = Ran::of(SITE, faults);
    pages.push(("failed", failed.page()));
    pages.push(("reload", reload()));
    let many = plan(&many());
    pages.push(("plan-300", many.to_html()));
    pages.push(("plan-wide", plan(&wide()).to_html()));
    pages.push(("run-300", Ran::alike(&many, &run, &failed).page()));
    pages
}

/// Writes the inventory of many clusters.
fn many() -> String {
    let mut text = String::new();
    for cluster in 0..CLUSTERS {
        let _ = writeln!(text, "pg-{cluster:03}-etcd:\n  hosts:");
        for seq in 1..=3 {
            let _ = writeln!(text, "    10.20.{cluster}.{seq}: {{ etcd_seq: {seq} }}");
        }
        let _ = writeln!(text, "  vars: {{ etcd_cluster: pg-{cluster:03} }}");
    }
    text
}

/// Writes the inventory of one cluster of more members than anybody should have.
fn wide() -> String {
    let mut text = String::from("etcd:\n  hosts:\n");
    for seq in 1..=60 {
        let _ = writeln!(text, "    10.30.0.{seq}: {{ etcd_seq: {seq} }}");
    }
    text
}

/// Gives the addresses of the hosts of an inventory.
fn hosts_of(text: &str) -> Vec<&str> {
    let names = text
        .lines()
        .filter_map(|line| line.trim().split_once(": {"));
    let names = names.map(|(name, _)| name);
    names.filter(|name| name.starts_with("10.")).collect()
}

/// A run, with what it was of.
struct Ran {
    outline: Outline,
    report: Report,
    events: Vec<Event>,
}

impl Ran {
    fn of(text: &str, faults: FaultPlan) -> Self {
        let scene = Scene::of(&hosts_of(text), text);
        Self::on(&scene, &scene.plan(), faults)
    }

    fn on(scene: &Scene, plan: &Plan, faults: FaultPlan) -> Self {
        let outline = Outline::of(plan);
        let report = scene.run_with(plan, faults, &mut Silent).reported();
        Self {
            report: timed(&outline, report),
            events: events(&outline),
            outline,
        }
    }

    /// Makes the run of a plan of many clusters of runs of one: in one cluster of many a step fails.
    /// Simulated hosts would take minutes for it.
    fn alike(plan: &Plan, well: &Self, failed: &Self) -> Self {
        let outline = Outline::of(plan);
        let mut report = well.report.clone();
        report.steps = outline
            .steps
            .iter()
            .map(|step| told_alike(step, well, failed))
            .collect();
        Self {
            report: timed(&outline, report),
            events: events(&outline),
            outline,
        }
    }

    fn page(&self) -> String {
        self.page_of(&self.report, false)
    }

    fn page_of(&self, report: &Report, cut_off: bool) -> String {
        let about = About {
            run: "20261121T143000Z".to_owned(),
            at: "2026-11-21T14:30:00Z".to_owned(),
            holder: "ops@admin.example, process 4711".to_owned(),
            cut_off,
        };
        let page = StepsPage::of(&self.outline).report(report);
        page.events(&self.events).about(about).to_html()
    }

    /// The same, cut off when two thirds of it were done.
    fn cut_off(&self) -> String {
        let end = self.report.duration_ms * 2 / 3;
        let mut events = self.events.clone();
        for told in &self.report.steps {
            let (step, host) = (told.step.clone(), told.host.clone());
            if let Some(at_ms) = told.started_ms.filter(|at| *at < end) {
                let (step, host) = (step.clone(), host.clone());
                events.push(Event::StepStarted { step, host, at_ms });
            }
            if let Some(at_ms) = told.ended_ms.filter(|at| *at < end) {
                let (outcome, lines) = (told.outcome, told.lines.clone());
                events.push(Event::StepEnded {
                    step,
                    host,
                    outcome,
                    lines,
                    at_ms,
                });
            }
        }
        self.page_of(&report_of_events(&self.outline, &events), true)
    }
}

/// Tells of a step of one of many clusters what was told of its like in a cluster alone.
fn told_alike(step: &OutlineStep, well: &Ran, failed: &Ran) -> StepReport {
    let cluster = step.cluster.unwrap_or_default();
    let ran = if cluster == FAILED { failed } else { well };
    let names = |text: &str| {
        let text = text.replace(&format!("pg-{cluster:03}"), "etcd");
        (1..=3).fold(text, |text, seq| {
            text.replace(&format!("10.20.{cluster}.{seq}"), HOSTS[seq - 1])
        })
    };
    let back = |text: &String| {
        let text = text.replace("etcd-", &format!("pg-{cluster:03}-"));
        HOSTS.iter().zip(1..).fold(text, |text, (host, seq)| {
            text.replace(host, &format!("10.20.{cluster}.{seq}"))
        })
    };
    let id = names(step.id.as_str());
    let like = ran
        .report
        .steps
        .iter()
        .find(|told| told.step.as_str() == id);
    let like = like.unwrap_or_else(|| panic!("the run has no {id}"));
    StepReport {
        step: step.id.clone(),
        host: step.host.clone(),
        lines: like.lines.iter().map(back).collect(),
        diff: like.diff.as_ref().map(back),
        ..like.clone()
    }
}

/// Gives a living cluster with what somebody changed by hand.
fn living() -> Scene {
    let scene = Scene::of(
        &hosts_of(SITE),
        &SITE.replace("etcd_safeguard: true", "etcd_safeguard: false"),
    );
    scene.must_run(&scene.plan());
    scene
}

fn preview() -> String {
    let scene = living();
    let file = Node::file("# by hand\n", Ownership::both("root"), 0o644);
    scene
        .world
        .put_file(HOSTS[0], "/etc/profile.d/etcdctl.sh", file);
    let plan = scene.with_extra(Goal::Rebuild, &["etcd_election_timeout=2000"]);
    saved(&scene, &plan)
}

fn refused() -> String {
    let scene = living();
    let plan = scene.with_extra(Goal::Rebuild, &["etcd_safeguard=true"]);
    saved(&scene, &plan)
}

fn saved(scene: &Scene, plan: &Plan) -> String {
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(plan, &executor, &scene.keys).observe(&mut Recorder::default());
    let mut saved = observed.save();
    "2026-11-21T14:30:00Z".clone_into(&mut saved.made_at);
    saved.to_html()
}

fn reload() -> String {
    let scene = living();
    let plan = scene.with_extra(Goal::Reload, &["etcd_election_timeout=2000"]);
    let ran = Ran::on(&scene, &plan, FaultPlan::none());
    ran.page()
}

fn hostile() -> String {
    let scene = living();
    let plan = scene.plan();
    let mut report = scene.must_run(&plan);
    for step in &mut report.steps {
        step.lines = vec![HOSTILE.to_owned()];
        step.diff = Some(format!("@@ -1 +1 @@\n-{HOSTILE}\n+{HOSTILE}\n"));
        step.outcome = etcd_plan::Outcome::Changed;
    }
    report.notes = vec![HOSTILE.to_owned()];
    plan.report_to_html(&report)
}
