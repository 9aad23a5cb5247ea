//! The page of the documents names every field that they have.

use std::collections::BTreeSet;

use etcd_plan::engine::{Observer as _, Run, RunSettings};
use etcd_plan::explain::explain;
use etcd_plan::journal::EventLog;
use etcd_plan::op::Ownership;
use etcd_plan::spec::{self, params};
use etcd_plan::{ExtraVars, status};
use etcd_plan_testkit::{Node, SimExecutor};
use etcd_plan_tests::{HOSTS, Recorder, Scene, THREE, inventory};
use serde_json::Value;

#[test]
fn every_field_is_on_its_page() {
    let documents = include_str!("../../docs/documents.md");
    let plans = include_str!("../../docs/plan-format.md");
    let mut names = BTreeSet::new();
    for text in all() {
        let document = serde_json::from_str(&text).expect("JSON");
        collect(&document, &mut names);
    }
    assert!(names.len() > 60, "{names:?}");
    let is_told = |name: &&String| {
        let word = format!("`{name}`");
        documents.contains(&word) || plans.contains(&word)
    };
    let missing: Vec<&String> = names.iter().filter(|name| !is_told(name)).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}

/// Gives a document of each kind, with as many of its fields filled as can be.
fn all() -> Vec<String> {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[1], "etcd");
    let file = Node::file("# by hand\n", Ownership::both("root"), 0o644);
    let path = "/etc/profile.d/etcdctl.sh";
    scene.world.put_file(HOSTS[0], path, file);
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));
    let mut recorder = Recorder::default();
    let settings = RunSettings::default();
    let status = status::read(&plan, &executor, &scene.keys, settings, &mut recorder);
    let saved = Run::new(&plan, &executor, &scene.keys)
        .observe(&mut recorder)
        .save();
    let report = scene.must_run(&plan);

    let mut lines = Vec::new();
    let mut log = EventLog::begin(&mut lines, &plan, "somebody");
    for event in &recorder.events {
        let _ = log.on_event(event);
    }
    log.end(Some(&report)).expect("memory takes everything");
    let lines = String::from_utf8(lines).expect("JSON is text");

    let twice = THREE.replace("etcd_seq: 2", "etcd_seq: 1");
    let findings = spec::resolve(&inventory(&twice), &ExtraVars::new());
    let clusters = spec::resolve(&inventory(THREE), &ExtraVars::new());
    let parameter = params::all().next().expect("there are some");
    let mut all = vec![
        status.to_json(),
        without_facts(&saved.to_json()),
        findings.expect_err("a number is used twice").to_json(),
        clusters.expect("a good inventory").to_json(),
        serde_json::to_string(&report).expect("JSON"),
        serde_json::to_string(parameter).expect("JSON"),
        serde_json::to_string(&explain("safeguard")).expect("JSON"),
    ];
    all.extend(lines.lines().map(str::to_owned));
    all
}

/// Facts are told by names of their own, not by fields.
fn without_facts(saved: &str) -> String {
    let mut saved: Value = serde_json::from_str(saved).expect("JSON");
    for part in ["hosts", "keys"] {
        saved["facts"][part] = Value::Null;
    }
    saved.to_string()
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                // Fields of these are called after parameters, clusters and hosts.
                if !["parameters", "situations", "round_trips", "traffic"].contains(&name.as_str())
                {
                    collect(value, names);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}
