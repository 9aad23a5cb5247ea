//! What a cluster holds is saved: from a healthy follower, whole or not at all.

use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use etcd_plan::backup::Manifest;
use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::plan::{Plan, PlanBuilder};
use etcd_plan::report::Report;
use etcd_plan::{Goal, status};
use etcd_plan_testkit::{FaultPlan, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene};
use tempfile::TempDir;

use crate::cuts::CUTS;

fn backup(scene: &Scene, ask: fn(PlanBuilder<'_>) -> PlanBuilder<'_>) -> Plan {
    scene.plan_with(|builder| ask(builder.goal(Goal::Backup)))
}

fn settings(folder: &Path) -> RunSettings {
    RunSettings {
        folder: folder.to_owned(),
        ..RunSettings::default()
    }
}

/// Carries a backup out into a folder, and gives what it asked of the hosts.
fn run(scene: &Scene, plan: &Plan, folder: &Path, faults: FaultPlan) -> (Report, SimExecutor) {
    let executor = SimExecutor::with_faults(&scene.world, faults);
    let ran = scene.run_through(plan, &executor, settings(folder), &mut Silent);
    match ran {
        Ok(report) => (report, executor),
        Err(refused) => panic!("{refused}"),
    }
}

/// Gives the names in a folder, those that nobody takes for whole left out.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.expect("it can be read").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

fn names_on(scene: &Scene, host: &str) -> Vec<String> {
    let files = scene.world.files(host);
    let folder = etcd_plan::backup::folder();
    let there = files.children(&folder);
    there.map(|path| path.file_name().to_owned()).collect()
}

#[test]
fn a_snapshot_comes_from_a_follower_to_this_machine() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let plan = backup(&scene, |ask| ask);
    let (report, executor) = run(&scene, &plan, folder.path(), FaultPlan::none());
    assert!(report.is_success(), "{report}");
    let journal = executor.journal().lines();
    let saves: Vec<&str> = journal
        .lines()
        .filter(|l| l.contains("save_snapshot"))
        .collect();
    // The first leads.
    assert!(
        matches!(saves[..], [one] if one.contains(HOSTS[1])),
        "{saves:?}"
    );
    let kept = folder.path().join("backups");
    let names = names(&kept);
    let [snapshot, manifest] = &names[..] else {
        panic!("{names:?}");
    };
    assert!(
        snapshot.starts_with("etcd-r2-") && manifest.starts_with("etcd-r2-"),
        "{names:?}"
    );
    let bytes = fs::read(kept.join(snapshot)).expect("it is there");
    assert!(String::from_utf8_lossy(&bytes).contains(Scene::PRECIOUS));
    let text = fs::read(kept.join(manifest)).expect("it is there");
    let read = Manifest::from_json(&text).expect("a manifest");
    assert_eq!(
        (
            read.revision,
            read.keys,
            read.size,
            read.taken_from.as_str()
        ),
        (2, Some(1), bytes.len() as u64, "etcd-2")
    );
    assert_eq!(read.sha256, etcd_plan::core::op::digest(&bytes));
    for name in [snapshot, manifest] {
        let mode = fs::metadata(kept.join(name))
            .expect("it is there")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        names_on(&scene, HOSTS[1]),
        [""; 0],
        "nothing stays on the host"
    );
    scene.assert_works();
}

#[test]
fn a_status_says_how_old_the_latest_backup_is() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let read = || {
        let executor = SimExecutor::new(&scene.world);
        let plan = scene.plan();
        status::read(
            &plan,
            &executor,
            &scene.keys,
            RunSettings::default(),
            &mut Silent,
        )
    };
    assert_eq!(read().clusters[0].backup, None);
    run(
        &scene,
        &backup(&scene, |ask| ask),
        folder.path(),
        FaultPlan::none(),
    );
    let status = read();
    let backup = status.clusters[0].backup.as_ref().expect("there is one");
    assert_eq!((backup.revision, backup.keys), (2, Some(1)));
    assert!(backup.age_seconds < 600, "{backup:?}");
    assert!(status.to_string().contains("backed up"), "{status}");
}

#[test]
fn only_so_many_are_kept() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let kept = folder.path().join("backups");
    fs::create_dir(&kept).expect("a folder");
    for name in [
        "etcd-r1-20250101T000000Z.db",
        "etcd-r1-20250101T000000Z.json",
        "etcd-r1-20250102T000000Z.db",
        "other-r1-20240102T000000Z.db",
        "notes.txt",
    ] {
        fs::write(kept.join(name), "x").expect("it can be written");
    }
    let two = NonZeroU32::new(2).expect("not 0");
    let plan = scene.plan_with(|ask| ask.goal(Goal::Backup).backup_keep(two));
    let (report, _) = run(&scene, &plan, folder.path(), FaultPlan::none());
    assert!(report.is_success(), "{report}");
    let names = names(&kept);
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(
        !names.iter().any(|name| name.contains("20250101")),
        "{names:?}"
    );
    assert!(names.contains(&"other-r1-20240102T000000Z.db".to_owned()));

    // The same on a host.
    for day in ["1", "2", "3"] {
        let path = format!("/var/lib/etcd-plan/backup/etcd-r1-2025010{day}T000000Z.db");
        let owner = etcd_plan::core::op::Ownership::both("root");
        let file = etcd_plan_testkit::Node::file("x", owner, 0o600);
        scene.world.put_file(HOSTS[1], &path, file);
    }
    let plan = scene.plan_with(|ask| ask.goal(Goal::Backup).backup_keep(two).backup_on_host());
    run(&scene, &plan, folder.path(), FaultPlan::none());
    let names = names_on(&scene, HOSTS[1]);
    let is_kept = |part: &str| names.iter().filter(|name| name.contains(part)).count();
    assert_eq!(
        (is_kept("20250103"), is_kept("etcd-r2-"), names.len()),
        (1, 2, 3),
        "{names:?}"
    );
}

/// A host that is gone is no reason to have no backup.
#[test]
fn a_backup_needs_no_more_than_a_quorum() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    scene.world.power_off(HOSTS[1]);
    let plan = backup(&scene, |ask| ask);
    let (report, executor) = run(&scene, &plan, folder.path(), FaultPlan::none());
    assert!(report.is_success(), "{report}");
    assert!(
        executor
            .journal()
            .lines()
            .lines()
            .any(|l| l.contains("save_snapshot") && l.contains(HOSTS[2]))
    );
    scene.world.power_off(HOSTS[2]);
    scene.must_refuse(
        &plan,
        &[
            "[members]",
            "no member that the plan takes in answers",
            "recover",
        ],
    );
    let bare = Scene::bare();
    bare.must_refuse(
        &backup(&bare, |ask| ask),
        &["no member that the plan takes in answers"],
    );
}

#[test]
fn a_limit_and_a_lone_member_say_from_whom_it_is_taken() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    let leader = scene.plan_with(|ask| ask.goal(Goal::Backup).limit(HOSTS[0]));
    let (report, executor) = run(&scene, &leader, folder.path(), FaultPlan::none());
    assert!(report.is_success(), "{report}");
    assert!(
        executor
            .journal()
            .lines()
            .lines()
            .any(|l| l.contains("save_snapshot") && l.contains(HOSTS[0]))
    );
    assert_eq!(names(&folder.path().join("backups")).len(), 2);
}

/// Wherever it is cut off, the next one is whole, and nothing of the one that was cut stays on hosts.
#[test]
fn a_backup_that_is_cut_off_leaves_nothing_that_looks_whole() {
    for on_host in [false, true] {
        let plan_of = |scene: &Scene| {
            scene.plan_with(|builder| {
                let builder = builder.goal(Goal::Backup);
                if on_host {
                    builder.backup_on_host()
                } else {
                    builder
                }
            })
        };
        let writes = {
            let scene = Scene::living();
            let folder = TempDir::new().expect("a folder");
            let (_, executor) = run(&scene, &plan_of(&scene), folder.path(), FaultPlan::none());
            executor.counters().writes
        };
        assert!(writes > 3, "{writes}");
        for (how, cut) in CUTS {
            for nth in 1..=writes {
                let scene = Scene::living();
                let folder = TempDir::new().expect("a folder");
                let plan = plan_of(&scene);
                let (first, _) = run(&scene, &plan, folder.path(), cut(nth));
                assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
                let (second, _) = run(&scene, &plan, folder.path(), FaultPlan::none());
                assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
                let left = names_on(&scene, HOSTS[1]);
                let unfinished = left.iter().filter(|name| name.starts_with('.'));
                assert_eq!(unfinished.count(), 0, "{how} {nth}: {left:?}");
                let here = names(&folder.path().join("backups"));
                let there = if on_host { &left } else { &here };
                let [snapshots, manifests] = [".db", ".json"].map(|ending| {
                    let names = there.iter().filter(|name| name.ends_with(ending));
                    names.count()
                });
                assert!((1..=2).contains(&snapshots), "{how} {nth}: {there:?}");
                assert!(manifests >= snapshots, "{how} {nth}: {there:?}");
                scene.assert_works();
            }
        }
    }
}
