//! Pages: what they say in data, and what they never hold. What they look like is tested in a browser
//! (`tests/browser`).

use etcd_plan::engine::{Observer as _, Run, Silent};
use etcd_plan::journal::{self, Journal};
use etcd_plan::plan::Plan;
use etcd_plan::report::Outcome;
use etcd_plan::{Event, Goal};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimExecutor};
use etcd_plan_tests::{HOSTS, Recorder, Scene};
use serde_json::Value;

/// Reads the data that a page holds.
fn data(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = page.split_once(begin).expect("a page has data");
    let (json, _) = rest.split_once("</script>").expect("the data has an end");
    serde_json::from_str(json).expect("the data is JSON")
}

/// Gives the head of a page in one line.
fn head(page: &str) -> String {
    let head = &data(page)["head"];
    let text = |field: &str| head[field].as_str().unwrap_or_default().to_owned();
    format!("{} | {} | {}", text("tone"), text("about"), text("line"))
}

#[test]
fn the_same_plan_gives_the_same_page() {
    let scene = Scene::bare();
    let plan = scene.plan();
    assert_eq!(plan.to_html(), plan.to_html());
    let read = Plan::from_json(&plan.to_json()).expect("a document that was just written");
    assert_eq!(read.to_html(), plan.to_html());
}

#[test]
fn a_page_holds_no_key() {
    let scene = Scene::bare();
    let plan = scene.plan();
    let report = scene.must_run(&plan);
    let again = scene.with_extra(Goal::Rebuild, &["etcd_election_timeout=2000"]);
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&again, &executor, &scene.keys).observe(&mut Silent);
    let pages = [
        plan.to_html(),
        plan.report_to_html(&report),
        report.to_html(),
        observed.save().to_html(),
    ];
    for page in pages {
        assert!(!page.contains("PRIVATE KEY"));
        for outside in [
            "src=\"",
            "href=\"http",
            "<link rel=\"stylesheet\"",
            " onclick=",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}

#[test]
fn a_page_says_how_it_stands() {
    let scene = Scene::bare();
    let plan = scene.plan();
    let told = head(&plan.to_html());
    assert!(told.starts_with("plain | Plan to create etcd | "), "{told}");

    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let told = head(&observed.save().to_html());
    assert!(
        told.starts_with("plain | Preview: create etcd | "),
        "{told}"
    );
    assert!(told.contains(" changes on 3 hosts"), "{told}");

    let report = scene.must_run(&plan);
    let told = head(&plan.report_to_html(&report));
    assert!(
        told.starts_with("good | Run to create etcd | Done: "),
        "{told}"
    );
    let report = scene.must_run(&plan);
    let told = head(&plan.report_to_html(&report));
    assert!(told.contains("Nothing had to change"), "{told}");

    let plan = scene.with_extra(Goal::Rebuild, &["etcd_safeguard=true"]);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let page = observed.save().to_html();
    assert_eq!(
        head(&page),
        "bad | Preview: rebuild etcd | Refused by safeguard"
    );
    let problems = data(&page)["problems"].clone();
    assert_eq!(problems.as_array().map(Vec::len), Some(1), "{problems}");
    assert_eq!(problems[0]["places"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_fails_on_all_hosts_alike_is_one_problem() {
    let scene = Scene::bare();
    let words = "E: Unable to locate package etcd-server".to_owned();
    let faults = FaultPlan::none().at(Kind::Named("install_package"), None, Effect::Fail(words));
    let plan = scene.plan();
    let report = scene.run_with(&plan, faults, &mut Silent).reported();
    assert_eq!(report.count(Outcome::Failed), 3);
    let page = plan.report_to_html(&report);
    assert_eq!(head(&page), "bad | Run to create etcd | 3 steps failed");
    let problems = data(&page)["problems"].clone();
    assert_eq!(problems.as_array().map(Vec::len), Some(1), "{problems}");
    assert_eq!(problems[0]["places"], serde_json::json!(HOSTS));
}

/// The chain that decided how long a run took begins with what waits for nothing, and each of its
/// steps waits for the one before it.
#[test]
fn the_chain_of_a_run_hangs_together() {
    let scene = Scene::bare();
    let plan = scene.plan();
    let report = scene.must_run(&plan);
    let data = data(&plan.report_to_html(&report));
    let numbers = |value: &Value| -> Vec<u64> {
        let list = value.as_array().expect("a list").iter();
        list.filter_map(Value::as_u64).collect()
    };
    let chain = numbers(&data["chain"]);
    let waits = |step: u64| numbers(&data["steps"]["waits"][usize::try_from(step).expect("small")]);
    assert!(chain.len() > 5, "{chain:?}");
    assert!(waits(chain[0]).is_empty());
    for pair in chain.windows(2) {
        assert!(waits(pair[1]).contains(&pair[0]), "{pair:?}");
    }
}

#[test]
fn a_journal_becomes_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let scene = Scene::bare();
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));
    let mut recorder = Recorder::default();
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut recorder);
    let report = observed.approve().expect("no refusal").apply(&mut recorder);
    let keep = |events: &[Event], report: Option<Option<_>>| {
        let mut journal = Journal::begin(folder, &plan, "somebody").expect("a file");
        for event in events {
            let _ = journal.on_event(event);
        }
        let id = journal.id().to_owned();
        if let Some(report) = report {
            journal.end(report).expect("written");
        }
        journal::read(folder, &id).expect("a journal").to_html()
    };
    let whole = keep(&recorder.events, Some(Some(&report)));
    assert!(head(&whole).starts_with("good | Run to create etcd | Done: "));
    assert_eq!(
        data(&whole)["times"]["read"]
            .as_object()
            .map(serde_json::Map::len),
        Some(3)
    );

    // The same run, had somebody pulled the plug, and had a guard refused.
    let half = &recorder.events[..recorder.events.len() / 2];
    let cut = keep(half, None);
    assert!(head(&cut).starts_with("bad | Run to create etcd | Cut off after "));
    let living = Scene::living();
    let plan = living.with_extra(Goal::Rebuild, &["etcd_safeguard=true"]);
    let mut recorder = Recorder::default();
    let executor = SimExecutor::new(&living.world);
    let observed = Run::new(&plan, &executor, &living.keys).observe(&mut recorder);
    assert!(!observed.refusals().is_empty());
    let refused = keep(&recorder.events, Some(None));
    assert!(
        head(&refused).ends_with("| Refused by safeguard"),
        "{}",
        head(&refused)
    );
}

/// A journal that was written before there were pages has no outline.
#[test]
fn an_old_journal_becomes_a_page_without_a_graph() {
    let folder = tempfile::tempdir().expect("a folder");
    let scene = Scene::bare();
    let plan = scene.plan();
    let journal = Journal::begin(folder.path(), &plan, "somebody").expect("a file");
    let id = journal.end(Some(&scene.must_run(&plan))).expect("written");
    let path = folder.path().join(format!("{id}.jsonl"));
    let text = std::fs::read_to_string(&path).expect("a journal");
    let old: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\"record\":\"outline\""))
        .collect();
    assert_eq!(old.len() + 1, text.lines().count());
    std::fs::write(&path, old.join("\n")).expect("written");
    let page = journal::read(folder.path(), &id)
        .expect("a journal")
        .to_html();
    assert!(head(&page).contains("Done: "));
    let waits = data(&page)["steps"]["waits"].clone();
    let waits = waits.as_array().expect("a list");
    assert!(waits.len() == plan.len() && waits.iter().all(|list| list == &serde_json::json!([])));
}
