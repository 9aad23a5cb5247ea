//! A new cluster is made of a snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use etcd_plan::core::report::Report;
use etcd_plan::engine::{Refused, RunSettings, Silent};
use etcd_plan::plan::{Plan, RestoreOptions};
use etcd_plan::{Goal, Subtask};
use etcd_plan_testkit::{FaultPlan, HostSpec, SimExecutor, SimWorld};
use etcd_plan_tests::{HOSTS, Scene, THREE};
use tempfile::TempDir;

use crate::cuts::CUTS;

fn run(
    scene: &Scene,
    plan: &Plan,
    folder: &Path,
    faults: FaultPlan,
) -> (Result<Report, Refused>, SimExecutor) {
    let executor = SimExecutor::with_faults(&scene.world, faults);
    let settings = RunSettings {
        folder: folder.to_owned(),
        ..RunSettings::default()
    };
    let ran = scene.run_through(plan, &executor, settings, &mut Silent);
    (ran, executor)
}

#[track_caller]
fn must(scene: &Scene, plan: &Plan, folder: &Path) -> Report {
    match run(scene, plan, folder, FaultPlan::none()).0 {
        Ok(report) => {
            assert!(report.is_success(), "{report}");
            report
        }
        Err(refused) => panic!("{refused}"),
    }
}

#[track_caller]
fn refused(scene: &Scene, plan: &Plan, folder: &Path, words: &str) {
    let (ran, executor) = run(scene, plan, folder, FaultPlan::none());
    let text = ran.expect_err("it is to be refused").to_string();
    assert!(text.contains(words), "`{words}` is not in:\n{text}");
    assert_eq!(executor.counters().writes, 0);
}

/// Backs a cluster up, and gives the snapshot.
fn backed_up(scene: &Scene, folder: &Path) -> PathBuf {
    let plan = scene.plan_with(|ask| ask.goal(Goal::Backup));
    must(scene, &plan, folder);
    let names = fs::read_dir(folder.join("backups")).expect("it is there");
    let mut paths = names.map(|entry| entry.expect("it can be read").path());
    let is_db = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "db");
    paths.find(is_db).expect("a snapshot")
}

fn restore(scene: &Scene, snapshot: &Path) -> Plan {
    let file = snapshot.to_str().expect("UTF-8");
    scene.plan_with(|ask| ask.goal(Goal::Restore).snapshot(file))
}

/// Asserts that what the snapshot holds is there, and nothing since.
fn assert_restored(scene: &Scene, context: &str) {
    for host in HOSTS {
        let got = scene.world.get(host, "a");
        assert_eq!(got, Ok(Some(Scene::PRECIOUS.to_owned())), "{context}");
        assert_eq!(scene.world.get(host, "since"), Ok(None), "{context}");
        let left = scene.world.files(host);
        let mut left = left.iter().map(|(path, _)| path.as_str());
        let left = left.find(|path| path.contains("restored") || path.contains("/restore/"));
        assert_eq!(left, None, "{context}");
    }
    scene.assert_works();
}

/// Back up, destroy, restore: the same keys. And once more over the cluster that lives.
#[test]
fn what_was_backed_up_comes_back() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let snapshot = backed_up(&scene, folder.path());
    scene.put("since", "1");
    scene.must_run(&scene.tagged(&[Subtask::Purge]));
    let plan = restore(&scene, &snapshot);
    let report = must(&scene, &plan, folder.path());
    assert_restored(&scene, "after a purge");
    assert!(
        report.notes.iter().any(|note| note.contains("revision 2")),
        "{:?}",
        report.notes
    );
    let state = scene.world.member_state(HOSTS[0]).expect("it runs");
    assert_eq!(state.compacted, 0, "3.5.16 cannot raise the revision");

    scene.put("since", "1");
    must(&scene, &plan, folder.path());
    assert_restored(&scene, "over a living cluster");
    assert!(
        scene.holds(HOSTS[0], "since"),
        "what was there is moved aside"
    );
    let create = scene.must_run(&scene.plan());
    assert!(!create.has_changes(), "{create}");
}

#[test]
fn the_revision_is_raised_where_the_tools_can() {
    let hosts = HOSTS.map(|host| HostSpec::new(host).installed("3.6.1"));
    let scene = Scene::on(SimWorld::new(hosts), THREE);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    let folder = TempDir::new().expect("a folder");
    let snapshot = backed_up(&scene, folder.path());
    must(&scene, &restore(&scene, &snapshot), folder.path());
    let state = scene.world.member_state(HOSTS[2]).expect("it runs");
    assert!(state.revision > RestoreOptions::BUMP && state.compacted > RestoreOptions::BUMP);
    assert_restored(&scene, "");
}

#[test]
fn a_snapshot_that_is_not_whole_is_refused_before_anything() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let snapshot = backed_up(&scene, folder.path());
    let plan = restore(&scene, &snapshot);
    let whole = fs::read(&snapshot).expect("it is there");
    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    fs::write(&snapshot, &damaged).expect("it can be written");
    refused(&scene, &plan, folder.path(), "does not end with the digest");
    fs::write(&snapshot, &whole[..whole.len() - 32]).expect("it can be written");
    refused(&scene, &plan, folder.path(), "does not end with a digest");
    fs::remove_file(&snapshot).expect("it is there");
    refused(&scene, &plan, folder.path(), "cannot be read");
    fs::write(&snapshot, &whole).expect("it can be written");
    let manifest = snapshot.with_extension("json");
    let text = fs::read_to_string(&manifest).expect("it is there");
    fs::write(&manifest, text.replace("\"etcd\"", "\"other\"")).expect("it can be written");
    refused(&scene, &plan, folder.path(), "is of the cluster other");
    fs::write(&manifest, text.replace("\"size\": ", "\"size\": 1")).expect("it can be written");
    refused(
        &scene,
        &plan,
        folder.path(),
        "is not the file that its manifest tells of",
    );
    fs::write(&manifest, text).expect("it can be written");
    assert_eq!(
        scene.world.get(HOSTS[0], "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
}

#[test]
fn a_restore_is_guarded_like_a_purge() {
    let mut scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let snapshot = backed_up(&scene, folder.path());
    scene.reread(&THREE.replace("etcd }", "etcd, etcd_safeguard: true }"));
    refused(
        &scene,
        &restore(&scene, &snapshot),
        folder.path(),
        "[safeguard]",
    );
    scene.reread(THREE);
    let file = snapshot.to_str().expect("UTF-8");
    let part = scene.plan_with(|ask| ask.goal(Goal::Restore).snapshot(file).limit(HOSTS[0]));
    refused(&scene, &part, folder.path(), "[whole]");
    let asks = [
        Plan::builder(&scene.inventory).goal(Goal::Restore),
        Plan::builder(&scene.inventory).snapshot(file),
        Plan::builder(&scene.inventory)
            .goal(Goal::Restore)
            .snapshot(file)
            .tags([Subtask::Conf]),
    ];
    for ask in asks {
        ask.build()
            .expect_err("a goal that is not asked for in full");
    }
}

/// Wherever it is cut off, the second run ends like one that was not cut.
#[test]
fn a_restore_that_is_cut_off_is_made_anew() {
    let folder = TempDir::new().expect("a folder");
    let begin = || {
        let scene = Scene::living();
        scene.put("since", "1");
        scene
    };
    let (snapshot, writes) = {
        let scene = Scene::living();
        let snapshot = backed_up(&scene, folder.path());
        let (ran, executor) = run(
            &scene,
            &restore(&scene, &snapshot),
            folder.path(),
            FaultPlan::none(),
        );
        assert!(ran.is_ok_and(|report| report.is_success()));
        (snapshot, executor.counters().writes)
    };
    assert!(writes > 30, "{writes}");
    for nth in 1..=writes {
        let (how, cut) = CUTS[nth % 2];
        let scene = begin();
        let plan = restore(&scene, &snapshot);
        let first = run(&scene, &plan, folder.path(), cut(nth)).0;
        let first = first.expect("guards agree");
        assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
        let second = run(&scene, &plan, folder.path(), FaultPlan::none()).0;
        let second = second.expect("guards agree");
        assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
        assert_restored(&scene, &format!("{how} {nth}"));
        // The last write is that the restored cluster is one: then it is that which was kept.
        for host in HOSTS.iter().filter(|_| nth < writes) {
            assert!(
                scene.holds(host, "since"),
                "{how} {nth}: old data of {host} is gone"
            );
        }
    }
}
