//! What a purge takes away, and what it keeps.

use std::time::{SystemTime, UNIX_EPOCH};

use etcd_plan::core::run::stamp_of;
use etcd_plan::op::{Op, Ownership, ServiceState, WriteOp};
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan_testkit::{JournalEntry, Node};
use etcd_plan_tests::{HOSTS, Scene, THREE};

const DATA: &str = "/data/etcd";

/// Begins with a living cluster that keeps purged data for so long.
fn living(retention: &str) -> Scene {
    let mut scene = Scene::living();
    let kept = format!("etcd, etcd_purge_retention: {retention} }}");
    scene.reread(&THREE.replace("etcd }", &kept));
    scene
}

fn destroy(scene: &Scene) -> Plan {
    scene.tagged(&[Subtask::Purge])
}

/// Gives the name of what a purge has moved aside some days ago.
fn moved_aside(days_ago: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let now = i64::try_from(now.as_secs()).expect("a small number");
    format!("{DATA}.purged-{}", stamp_of(now - days_ago * 86_400))
}

fn put_old(scene: &Scene, folder: &str) {
    let file = Node::file("old", Ownership::both("etcd"), 0o600);
    scene
        .world
        .put_file(HOSTS[0], &format!("{folder}/member/snap/db"), file);
}

/// A member that is slow to go down loses nothing by being killed, where its data is moved aside; one
/// whose data stays in use would have to make up for it.
#[test]
fn only_members_whose_data_goes_may_be_killed() {
    let scene = Scene::living();
    for plan in [scene.rebuild(), destroy(&scene)] {
        let ran = scene.run(&plan);
        let journal = ran.executor.journal();
        ran.succeeded();
        for host in HOSTS {
            let on_host = || journal.iter().filter(|entry| entry.host.as_str() == host);
            let is_kill = |entry: &&JournalEntry| {
                matches!(
                    &entry.op,
                    Op::Write(WriteOp::StopService {
                        kill_after: Some(_),
                        ..
                    })
                )
            };
            let kill = on_host()
                .position(|entry| is_kill(&entry))
                .expect("it was stopped");
            let goes = |entry: &JournalEntry| matches!(&entry.op, Op::Write(WriteOp::MoveAside { path, .. }) if path.as_str() == DATA);
            assert!(on_host().skip(kill).any(goes), "{host}: its data stays");
            assert_eq!(on_host().filter(is_kill).count(), 1);
        }
    }
}

#[test]
fn naming_the_purge_destroys_a_living_cluster_and_deletes_nothing() {
    for tag in [Subtask::Purge, Subtask::Clean] {
        let scene = Scene::living();
        let report = scene.must_run(&scene.tagged(&[tag]));
        assert!(report.has_changes());
        for host in HOSTS {
            assert_eq!(
                scene.world.service_state(host, "etcd"),
                ServiceState::Stopped
            );
            assert_eq!(scene.purged(host, DATA).len(), 1);
            assert!(scene.holds(host, Scene::PRECIOUS));
            assert!(
                scene
                    .world
                    .read_file(host, "/etc/etcd/server.key")
                    .is_some()
            );
        }
        let second = scene.must_run(&scene.tagged(&[tag]));
        assert!(!second.has_changes());
        assert_eq!(scene.purged(HOSTS[0], DATA).len(), 1);
    }
}

#[test]
fn what_was_purged_can_be_moved_back() {
    let scene = living("7d");
    scene.must_run(&destroy(&scene));
    for host in HOSTS {
        let from = scene.purged(host, DATA).remove(0);
        scene.world.rename(host, &from, DATA);
        let conf = "/etc/etcd/etcd.conf";
        scene.world.rename(host, &from.replace(DATA, conf), conf);
        scene
            .world
            .start_service(host, "etcd")
            .expect("a known unit");
    }
    assert_eq!(
        scene.world.get(HOSTS[2], "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
}

#[test]
fn retention_last_keeps_the_latest_one_only() {
    let scene = living("last");
    put_old(&scene, &moved_aside(3));
    put_old(&scene, &moved_aside(30));
    scene.must_run(&destroy(&scene));
    assert_eq!(scene.purged(HOSTS[0], DATA).len(), 1);
    assert!(scene.holds(HOSTS[0], Scene::PRECIOUS));
}

#[test]
fn retention_0_keeps_none() {
    let scene = living("0");
    put_old(&scene, &moved_aside(3));
    scene.must_run(&destroy(&scene));
    for host in HOSTS {
        assert_eq!(scene.purged(host, DATA), Vec::<String>::new());
        assert!(!scene.holds(host, Scene::PRECIOUS));
    }
}

#[test]
fn retention_in_days_keeps_those_that_are_young_enough() {
    let scene = living("7d");
    let young = moved_aside(6);
    put_old(&scene, &young);
    put_old(&scene, &moved_aside(8));
    scene.must_run(&destroy(&scene));
    let left = scene.purged(HOSTS[0], DATA);
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(left[0], young);
    assert!(scene.holds(HOSTS[0], Scene::PRECIOUS));
}

#[test]
fn a_folder_that_somebody_else_named_is_never_deleted() {
    for retention in ["last", "0", "7d"] {
        let scene = living(retention);
        let theirs = [
            format!("{DATA}.purged-before-the-upgrade"),
            format!("{DATA}.purged-1"),
        ];
        for folder in &theirs {
            put_old(&scene, folder);
        }
        scene.must_run(&destroy(&scene));
        let left = scene.purged(HOSTS[0], DATA);
        assert!(
            theirs.iter().all(|folder| left.contains(folder)),
            "{retention}: {left:?}"
        );
    }
}

/// The half-built cluster of a run that was cut off must not push out what was in use before.
#[test]
fn remains_do_not_replace_the_last_cluster_that_was_purged() {
    let scene = living("last");
    scene.must_run(&destroy(&scene));
    scene.must_run(&scene.plan());
    for host in &HOSTS[1..] {
        scene.world.stop_service(host, "etcd");
        scene.world.wipe(host, DATA);
    }
    scene.must_run(&scene.plan());
    assert!(scene.holds(HOSTS[0], Scene::PRECIOUS));
    scene.assert_works();
}

/// Whoever destroys a cluster finds its configuration beside its data, and no etcd at the next boot.
#[test]
fn the_configuration_goes_with_the_data_and_the_service_is_disabled() {
    let scene = living("last");
    let conf = |host| scene.world.read_file(host, "/etc/etcd/etcd.conf");
    let before = HOSTS.map(conf);
    scene.must_run(&destroy(&scene));
    for (host, before) in HOSTS.into_iter().zip(before) {
        assert_eq!(conf(host), None);
        let aside = scene.purged(host, DATA)[0].replace(DATA, "/etc/etcd/etcd.conf");
        assert_eq!(scene.world.read_file(host, &aside), before);
        scene.world.power_off(host);
        scene.world.power_on(host);
        assert_eq!(
            scene.world.service_state(host, "etcd"),
            ServiceState::Stopped
        );
    }
    scene.must_run(&scene.plan());
    scene.must_run(&destroy(&scene));
    let kept = scene.purged(HOSTS[0], "/etc/etcd/etcd.conf");
    assert_eq!(kept.len(), 1, "the retention is that of the data: {kept:?}");
}
