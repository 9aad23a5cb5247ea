//! A cluster that has lost its quorum for good is made anew of what survivors hold.

use std::fs;
use std::path::Path;

use etcd_plan::Goal;
use etcd_plan::backup::Manifest;
use etcd_plan::core::op::Ownership;
use etcd_plan::engine::{Refused, RunSettings, Silent};
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan::report::Report;
use etcd_plan_testkit::{Effect, FaultPlan, Kind, Node, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene, THREE};
use tempfile::TempDir;

use crate::cuts::{CUTS, Cut};

const FIVE_HOSTS: [&str; 5] = [
    "10.10.10.10",
    "10.10.10.11",
    "10.10.10.12",
    "10.10.10.13",
    "10.10.10.14",
];

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
fn must(scene: &Scene, folder: &Path) -> Report {
    let plan = recover(scene, &[]);
    must_run(scene, &plan, folder)
}

#[track_caller]
fn must_run(scene: &Scene, plan: &Plan, folder: &Path) -> Report {
    match run(scene, plan, folder, FaultPlan::none()).0 {
        Ok(report) => {
            assert!(report.is_success(), "{report}");
            report
        }
        Err(refused) => panic!("{refused}"),
    }
}

#[track_caller]
fn refused(scene: &Scene, plan: &Plan, folder: &Path, words: &[&str]) {
    let (ran, executor) = run(scene, plan, folder, FaultPlan::none());
    let text = match ran {
        Ok(report) => panic!("it is to be refused: {report}"),
        Err(refused) => refused.to_string(),
    };
    for word in words {
        assert!(text.contains(word), "`{word}` is not in:\n{text}");
    }
    assert_eq!(executor.counters().writes, 0);
}

fn recover(scene: &Scene, dead: &[&str]) -> Plan {
    scene.plan_with(|ask| {
        ask.goal(Goal::Recover)
            .depart(dead.iter().copied())
            .dead(!dead.is_empty())
    })
}

fn five() -> Scene {
    let hosts: Vec<String> = (1..)
        .zip(FIVE_HOSTS)
        .map(|(seq, host)| format!("    {host}: {{ etcd_seq: {seq} }}\n"))
        .collect();
    let text = format!(
        "etcd:\n  hosts:\n{}  vars: {{ etcd_cluster: etcd }}\n",
        hosts.concat()
    );
    let scene = Scene::of(&FIVE_HOSTS, &text);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    scene
}

/// Takes a member's data, and with it all that tells of it, or that only.
fn destroy(scene: &Scene, host: &str, all: bool) {
    scene.world.kill_service(host, "etcd");
    scene.world.wipe(host, "/data/etcd");
    if all {
        scene.world.wipe(host, "/etc/etcd");
        scene.world.wipe(host, "/var/lib/etcd-plan");
    }
}

/// Asserts that the cluster works, and holds what the survivor held; that this is moved aside, and
/// nothing else is left of the recovery on hosts.
#[track_caller]
fn assert_recovered(scene: &Scene, hosts: &[&str], survivors: &[&str], context: &str) {
    for host in hosts {
        let got = scene.world.get(host, "a");
        assert_eq!(got, Ok(Some(Scene::PRECIOUS.to_owned())), "{context}");
        let left = scene.world.files(host);
        let mut left = left.iter().map(|(path, _)| path.as_str());
        let left = left.find(|path| {
            let is_part = path.contains("/backup/.") || path.contains(".being-built");
            path.contains("restored") || path.contains("/restore/") || is_part
        });
        assert_eq!(left, None, "{context}");
    }
    for host in survivors {
        let purged = scene.purged(host, "/data/etcd");
        assert!(!purged.is_empty(), "{context}: nothing is aside on {host}");
        assert!(
            scene.holds(host, Scene::PRECIOUS),
            "{context}: old data of {host} is gone"
        );
    }
    scene.world.put(hosts[0], "probe", "1").expect(context);
    let last = hosts.last().expect("a host");
    assert_eq!(scene.world.get(last, "probe"), Ok(Some("1".to_owned())));
    assert_eq!(scene.world.corruptions(), Vec::<String>::new(), "{context}");
}

/// Gives the manifests of the snapshots that came to this machine.
fn manifests(folder: &Path) -> Vec<Manifest> {
    let names = fs::read_dir(folder.join("backups")).expect("it is there");
    let paths = names.map(|entry| entry.expect("it can be read").path());
    let texts = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    texts
        .map(|path| fs::read(path).expect("it is there"))
        .map(|text| Manifest::from_json(&text).expect("a manifest"))
        .collect()
}

#[test]
fn what_the_last_survivor_holds_becomes_a_cluster_again() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    destroy(&scene, HOSTS[0], true);
    destroy(&scene, HOSTS[2], false);
    let report = must(&scene, folder.path());
    assert_recovered(&scene, &HOSTS, &HOSTS[1..2], "one of three is left");
    let told = report.notes.join("\n");
    for words in [
        "etcd-2 answers and knows no leader: revision 2",
        "etcd-1, etcd-3: no data",
        "what etcd-2 holds, revision 2; lost is",
    ] {
        assert!(told.contains(words), "`{words}` is not in:\n{told}");
    }
    let [kept] = &manifests(folder.path())[..] else {
        panic!("one snapshot is kept");
    };
    assert_eq!((kept.revision, kept.sealed, kept.keys), (2, true, Some(1)));
    let again = recover(&scene, &[]);
    let words = ["[alive]", "the cluster has a quorum"];
    refused(&scene, &again, folder.path(), &words);
    let create = scene.must_run(&scene.plan());
    assert!(!create.has_changes(), "{create}");
}

#[test]
fn a_quorum_that_is_there_or_can_be_had_is_never_given_up() {
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path();
    let scene = Scene::living();
    refused(&scene, &recover(&scene, &[]), folder, &["has a quorum"]);
    destroy(&scene, HOSTS[0], true);
    refused(&scene, &recover(&scene, &[]), folder, &["has a quorum"]);
    // Whoever is called dead must be.
    let plan = recover(&scene, &HOSTS[1..2]);
    refused(
        &scene,
        &plan,
        folder,
        &["etcd-2 was called dead, and its etcd runs"],
    );

    // They only stand still.
    for host in &HOSTS[1..] {
        scene.world.stop_service(host, "etcd");
    }
    let words = ["2 of 3 voters still hold their data", "goal `create`"];
    refused(&scene, &recover(&scene, &[]), folder, &words);
    // The inventory has grown since, but the members know that they were three.
    let mut scene = scene;
    for host in &FIVE_HOSTS[3..] {
        scene.world.add_host(etcd_plan_testkit::HostSpec::new(host));
    }
    scene.reread(&THREE.replace(
        "  vars",
        "    10.10.10.13: { etcd_seq: 4 }\n    10.10.10.14: { etcd_seq: 5 }\n  vars",
    ));
    refused(&scene, &recover(&scene, &[]), folder, &words);
    scene.reread(THREE);

    // It has shrunk, and those that are lost must be named all the same.
    scene.reread(&THREE.replace("    10.10.10.10: { etcd_seq: 1 }\n", ""));
    refused(&scene, &recover(&scene, &[]), folder, &words[1..]);
    scene.reread(THREE);

    // One that does not answer may be well.
    scene.world.cut_network(HOSTS[1]);
    let words = ["[readable]", "`--dead 10.10.10.11`"];
    refused(&scene, &recover(&scene, &[]), folder, &words);
    destroy(&scene, HOSTS[2], true);
    scene.world.join_network(HOSTS[1]);
    destroy(&scene, HOSTS[1], true);
    let words = ["no member holds data", "etcd-plan restore"];
    refused(&scene, &recover(&scene, &[]), folder, &words);
}

#[test]
fn survivors_of_different_clusters_are_told_apart() {
    let folder = TempDir::new().expect("a folder");
    let scene = five();
    for host in &FIVE_HOSTS[..3] {
        destroy(&scene, host, true);
    }
    let host = FIVE_HOSTS[4];
    scene.world.stop_service(host, "etcd");
    let conf = scene.world.read_file(host, "/etc/etcd/etcd.conf");
    let conf = String::from_utf8(conf.expect("it is there")).expect("text");
    let conf = conf.replace(
        "initial-cluster-token: etcd-",
        "initial-cluster-token: other-",
    );
    let node = Node::file(conf, Ownership::both("etcd"), 0o644);
    scene.world.put_file(host, "/etc/etcd/etcd.conf", node);
    let words = [
        "[members]",
        "etcd-4, etcd-5 hold data of different clusters",
    ];
    refused(&scene, &recover(&scene, &[]), folder.path(), &words);
}

#[test]
fn a_recovery_is_guarded_like_a_purge_and_asked_for_in_full() {
    let mut scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    destroy(&scene, HOSTS[1], true);
    destroy(&scene, HOSTS[2], true);
    scene.reread(&THREE.replace("etcd }", "etcd, etcd_safeguard: true }"));
    refused(
        &scene,
        &recover(&scene, &[]),
        folder.path(),
        &["[safeguard]"],
    );
    scene.reread(THREE);
    let part = scene.plan_with(|ask| ask.goal(Goal::Recover).limit(HOSTS[0]));
    refused(&scene, &part, folder.path(), &["[whole]"]);
    let ask = || Plan::builder(&scene.inventory).goal(Goal::Recover);
    for ask in [
        ask().tags([Subtask::Conf]),
        ask().depart([HOSTS[1]]),
        ask().depart(HOSTS).dead(true),
        ask().backup_on_host(),
        ask().snapshot("a.db"),
    ] {
        ask.build().expect_err("it is not asked for as it must be");
    }
}

/// Of two survivors one was cut off long before. It answers, and the other one stands still: by what they
/// hold the other one is the better.
#[test]
fn the_best_survivor_is_chosen_and_not_the_one_that_answers() {
    let scene = five();
    let folder = TempDir::new().expect("a folder");
    let [lagging, .., best] = FIVE_HOSTS;
    scene.world.cut_network(lagging);
    let wrote = scene.world.put(FIVE_HOSTS[1], "later", "1");
    wrote.expect("four of five are left");
    for host in &FIVE_HOSTS[1..4] {
        destroy(&scene, host, true);
    }
    scene.world.stop_service(best, "etcd");
    scene.world.join_network(lagging);
    let report = must(&scene, folder.path());
    assert_recovered(&scene, &FIVE_HOSTS, &[lagging, best], "");
    let later = scene.world.get(lagging, "later");
    assert_eq!(later, Ok(Some("1".to_owned())));
    let told = report.notes.join("\n");
    for words in [
        "etcd-1 answers and knows no leader: revision 2",
        "etcd-5 does not answer: its database has revision 3",
        "what etcd-5 holds, revision 3",
    ] {
        assert!(told.contains(words), "`{words}` is not in:\n{told}");
    }
    let [kept] = &manifests(folder.path())[..] else {
        panic!("one snapshot is kept");
    };
    assert_eq!(
        (kept.revision, kept.sealed, kept.cluster_id.0),
        (3, false, 0)
    );
}

/// Hosts that are gone are no members of the new cluster; they come back as new ones.
#[test]
fn who_is_dead_is_left_out() {
    let scene = Scene::living();
    let folder = TempDir::new().expect("a folder");
    scene.world.power_off(HOSTS[1]);
    scene.world.power_off(HOSTS[2]);
    let plan = recover(&scene, &HOSTS[1..]);
    let report = must_run(&scene, &plan, folder.path());
    assert_recovered(&scene, &HOSTS[..1], &HOSTS[..1], "two are dead");
    let told = report.notes.join("\n");
    assert!(told.contains("etcd-3 is dead, and no member"), "{told}");
    let state = scene.world.member_state(HOSTS[0]).expect("it runs");
    assert_eq!(state.members.len(), 1);

    // The old ones come back with what they had, find nobody of theirs, and disturb nobody.
    scene.world.power_on(HOSTS[1]);
    scene.world.power_on(HOSTS[2]);
    assert_recovered(&scene, &HOSTS[..1], &HOSTS[..1], "two are back");
    let join = scene.plan_with(|ask| ask.goal(Goal::Join).limit(HOSTS[1..].join(",")));
    must_run(&scene, &join, folder.path());
    assert_recovered(&scene, &HOSTS, &HOSTS, "two have joined");
}

/// Whatever is cut off, the same command goes on, and what the survivor held is in the new cluster: at each
/// write, or at one of so many.
fn cut(begin: fn() -> Scene, survivor: &str, (how, cut): (&str, Cut), each: usize) {
    let writes = {
        let (scene, folder) = (begin(), TempDir::new().expect("a folder"));
        let plan = recover(&scene, &[]);
        let (ran, executor) = run(&scene, &plan, folder.path(), FaultPlan::none());
        let report = ran.expect("guards agree");
        assert!(report.is_success(), "{report}");
        executor.counters().writes
    };
    assert!(writes > 50, "{writes}");
    for nth in (1..=writes).step_by(each) {
        let (scene, folder) = (begin(), TempDir::new().expect("a folder"));
        let plan = recover(&scene, &[]);
        let context = format!("{how} {nth}");
        let first = run(&scene, &plan, folder.path(), cut(nth)).0;
        let first = first.expect("guards agree");
        assert!(!first.is_success(), "{context} was not noticed: {first}");
        match run(&scene, &plan, folder.path(), FaultPlan::none()).0 {
            Ok(second) => assert!(second.is_success(), "{context}: {first}\nthen: {second}"),
            // The last write was the last that was to be done.
            Err(refused) => {
                let text = refused.to_string();
                let is_done = nth == writes && text.contains("has a quorum");
                assert!(is_done, "{context}: {first}\nthen: {text}");
            }
        }
        assert_recovered(&scene, &HOSTS, &[survivor], &context);
    }
}

#[test]
fn a_recovery_that_is_cut_off_goes_on() {
    let begin = || {
        let scene = Scene::living();
        destroy(&scene, HOSTS[1], true);
        destroy(&scene, HOSTS[2], false);
        scene
    };
    cut(begin, HOSTS[0], CUTS[0], 1);
}

#[test]
fn a_recovery_from_one_that_stands_still_goes_on() {
    let begin = || {
        let scene = Scene::living();
        destroy(&scene, HOSTS[0], false);
        destroy(&scene, HOSTS[2], true);
        scene.world.stop_service(HOSTS[1], "etcd");
        scene
    };
    cut(begin, HOSTS[1], CUTS[1], 3);
}

/// Gives a cluster whose recovery was cut off at some operation.
fn cut_at(op: &'static str, nth: usize, folder: &Path) -> Scene {
    let scene = Scene::living();
    destroy(&scene, HOSTS[1], true);
    destroy(&scene, HOSTS[2], false);
    let cut = FaultPlan::none().at(Kind::Named(op), Some(nth), Effect::KillAfter);
    let cut = cut.on(HOSTS[0]);
    let (ran, _) = run(&scene, &recover(&scene, &[]), folder, cut);
    assert!(!ran.expect("guards agree").is_success());
    scene
}

/// The old data is aside, the new cluster not there yet: whoever lacks the snapshot must not go on with
/// less, and learns where it is.
#[test]
fn without_the_snapshot_that_was_taken_nothing_is_recovered() {
    let folder = TempDir::new().expect("a folder");
    let elsewhere = TempDir::new().expect("a folder");
    let scene = cut_at("place_store", 1, folder.path());
    let words = [
        "a recovery was cut off",
        "run where that was begun",
        "/restore/",
    ];
    refused(&scene, &recover(&scene, &[]), elsewhere.path(), &words);
    let report = must(&scene, folder.path());
    let told = report.notes.join("\n");
    assert!(
        told.contains("which a run that was cut off has taken"),
        "{told}"
    );
    assert_recovered(&scene, &HOSTS, &HOSTS[..1], "");
    assert_eq!(manifests(folder.path()).len(), 1, "none is taken again");
}

/// The new cluster works though the run was cut off, and takes writes: these must not be lost.
#[test]
fn what_was_written_since_the_cut_is_kept() {
    let folder = TempDir::new().expect("a folder");
    let scene = cut_at("await_healthy", 1, folder.path());
    scene.put("since", "1");
    let before = scene.world.member_state(HOSTS[0]).expect("it runs");
    must(&scene, folder.path());
    let after = scene.world.member_state(HOSTS[0]).expect("it runs");
    assert_eq!(before.cluster_id, after.cluster_id);
    assert_eq!(scene.world.get(HOSTS[2], "since"), Ok(Some("1".to_owned())));
    assert_recovered(&scene, &HOSTS, &HOSTS[..1], "");

    // And once more lost, before the recovery was finished.
    let scene = cut_at("await_healthy", 1, folder.path());
    scene.put("since", "1");
    destroy(&scene, HOSTS[0], false);
    destroy(&scene, HOSTS[1], false);
    must(&scene, folder.path());
    assert_eq!(scene.world.get(HOSTS[0], "since"), Ok(Some("1".to_owned())));
}
