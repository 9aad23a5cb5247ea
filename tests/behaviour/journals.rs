//! A run can be read again from its journal.

use etcd_plan::engine::{Run, Together};
use etcd_plan::journal::{self, Journal};
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::{Recorder, Scene, StopAt};

#[test]
fn a_journal_holds_all_events_and_the_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("runs");
    assert_eq!(journal::list(&folder).expect("none is no error"), []);

    let scene = Scene::bare();
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));
    let mut recorder = Recorder::default();
    let mut journal = Journal::begin(&folder, &plan, "somebody").expect("a file");
    let mut both = Together(vec![&mut recorder, &mut journal]);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut both);
    let report = observed.approve().expect("no refusal").apply(&mut both);
    let id = journal.end(Some(&report)).expect("written");

    let run = journal::read(&folder, &id).expect("a journal");
    assert_eq!(run.events, recorder.events);
    assert_eq!(run.report.as_ref(), Some(&report));
    assert_eq!(
        (run.summary.outcome, run.summary.holder.as_str()),
        ("succeeded", "somebody")
    );
    assert_eq!(journal::list(&folder).expect("a list"), [run.summary]);
    let text = std::fs::read_to_string(folder.join(format!("{id}.jsonl"))).expect("a file");
    assert!(!text.contains("PRIVATE KEY"));
}

#[test]
fn runs_are_told_by_how_they_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let scene = Scene::bare();
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));

    let refused = Journal::begin(folder, &plan, "a").expect("a file");
    refused.end(None).expect("written");
    let mut stop = StopAt::event(8);
    let mut stopped = Journal::begin(folder, &plan, "b").expect("a file");
    let mut both = Together(vec![&mut stopped, &mut stop]);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut both);
    let report = observed.approve().expect("no refusal").apply(&mut both);
    stopped.end(Some(&report)).expect("written");
    let cut = Journal::begin(folder, &plan, "c").expect("a file");
    let path = folder.join(format!("{}.jsonl", cut.id()));
    drop(cut);
    let mut text = std::fs::read_to_string(&path).expect("a file");
    text.push_str("{\"record\":\"eve");
    std::fs::write(&path, text).expect("written");

    let runs = journal::list(folder).expect("a list");
    let outcomes: Vec<(&str, &str)> = runs
        .iter()
        .map(|run| (run.holder.as_str(), run.outcome))
        .collect();
    let mut sorted = outcomes.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [("a", "refused"), ("b", "stopped"), ("c", "cut off")]
    );

    for bad in ["../etc/passwd", "20200101T000000Z"] {
        assert!(journal::read(folder, bad).is_err());
    }
    std::fs::write(folder.join("junk.jsonl"), "no record\n").expect("written");
    assert!(journal::list(folder).is_err());
}

#[test]
fn a_journal_that_was_never_begun_hides_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scene = Scene::bare();
    let journal = Journal::begin(folder.path(), &scene.plan(), "admin@meta");
    journal.expect("a journal").end(None).expect("an end");
    // What a full disk, or a power cut in the first line, leaves behind.
    for (id, text) in [("20261121T000000Z", ""), ("20261121T000001Z", "{\"reco")] {
        std::fs::write(folder.path().join(format!("{id}.jsonl")), text).expect("a file");
        assert!(journal::read(folder.path(), id).is_err());
    }
    let runs = journal::list(folder.path()).expect("the others");
    assert_eq!(runs.len(), 1, "{runs:?}");
}
