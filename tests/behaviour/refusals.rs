//! What else guards refuse: everything at once, with its evidence, and with nothing changed.

use etcd_plan::engine::Silent;
use etcd_plan::plan::Subtask;
use etcd_plan_testkit::{Effect, FaultPlan, HostSpec, Kind, SimWorld};
use etcd_plan_tests::{HOSTS, Scene, THREE};

#[test]
fn hosts_that_are_not_reached_or_not_read_are_refused_all_at_once() {
    let scene = Scene::living();
    scene.world.cut_network(HOSTS[0]);
    let unreadable = Effect::Fail("Permission denied".to_owned());
    let faults = FaultPlan::none()
        .at(Kind::Named("data_dir"), None, unreadable)
        .on(HOSTS[1])
        .refuse_connect(HOSTS[2], 1, "the host key has changed");
    let ran = scene.run_with(&scene.rebuild(), faults, &mut Silent);
    let text = ran.refused();
    for words in [
        "[readable] etcd on 10.10.10.10: connection timed out",
        "[readable] etcd on 10.10.10.11: could not read the data directory /data/etcd: \
         Permission denied",
        "the host key has changed",
    ] {
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
    }
    assert_eq!(ran.executor.counters().writes, 0);
}

#[test]
fn a_member_of_another_cluster_is_no_remains_of_ours() {
    let other = "other: { hosts: { 10.10.10.12: { etcd_seq: 7 } }, vars: { etcd_cluster: other } }";
    let mut scene = Scene::of(&HOSTS, other);
    scene.must_run(&scene.plan());
    scene
        .world
        .put(HOSTS[2], "a", "10")
        .expect("the other cluster works");
    scene.reread(THREE);
    let words = ["[stranger] etcd on 10.10.10.12: the etcd there is other-7"];
    for plan in [
        scene.plan(),
        scene.rebuild(),
        scene.tagged(&[Subtask::Purge]),
    ] {
        scene.must_refuse(&plan, &words);
    }
    scene.world.stop_service(HOSTS[2], "etcd");
    for plan in [
        scene.plan(),
        scene.rebuild(),
        scene.tagged(&[Subtask::Config]),
    ] {
        scene.must_refuse(&plan, &words);
    }
}

#[test]
fn a_new_cluster_is_not_begun_with_a_part_of_its_members() {
    let scene = Scene::bare();
    for limit in ["10.10.10.10", "etcd:!10.10.10.12", "10.10.10.1[01]"] {
        let plan = scene.plan_with(|builder| builder.limit(limit));
        scene.must_refuse(&plan, &["[whole]", "the limit leaves out", "10.10.10.12"]);
    }
}

#[test]
fn launching_alone_does_not_start_on_an_empty_host() {
    let scene = Scene::bare();
    let words = [
        "[whole]",
        "the tags leave out",
        "etcd_conf",
        "etcd is not installed",
    ];
    scene.must_refuse(&scene.tagged(&[Subtask::Launch]), &words);
}

#[test]
fn a_drifted_configuration_is_not_written_under_a_living_cluster_unless_asked_for() {
    let mut scene = Scene::living();
    let slower = "etcd, etcd_election_timeout: 2500, etcd_heartbeat_interval: 250 }";
    scene.reread(&THREE.replace("etcd }", slower));
    scene.must_refuse(
        &scene.plan(),
        &["[drift]", "/etc/etcd/etcd.conf is not as the inventory"],
    );
    let before = HOSTS.map(|host| scene.world.running_config(host));
    let ran = scene.run(&scene.tagged(&[Subtask::Config]));
    let journal = ran.executor.journal();
    let report = ran.succeeded();
    assert!(report.has_changes());
    let touches = ["stop_service", "start_service", "move_aside"];
    assert!(!journal.iter().any(|entry| touches.contains(&entry.name())));
    assert_eq!(before, HOSTS.map(|host| scene.world.running_config(host)));
    for host in HOSTS {
        let conf = scene
            .world
            .read_file(host, "/etc/etcd/etcd.conf")
            .expect("it is there");
        assert!(String::from_utf8_lossy(&conf).contains("election-timeout: 2500"));
    }
    scene.must_run(&scene.plan());
    scene.assert_works();
}

#[test]
fn a_host_without_room_is_refused_before_anything_is_taken_away() {
    let scene = Scene::living();
    scene.world.set_free_bytes(HOSTS[1], 100 << 20);
    scene.must_refuse(&scene.rebuild(), &["[prerequisites]", "100 MiB are free"]);
}

#[test]
fn an_etcd_that_corrupts_data_is_refused() {
    let hosts = HOSTS.map(|host| HostSpec::new(host).installed("3.5.1"));
    let scene = Scene::on(SimWorld::new(hosts), THREE);
    scene.must_refuse(
        &scene.plan(),
        &["etcd 3.5.1 is installed, which can corrupt data"],
    );
}

#[test]
fn an_authority_that_is_missing_and_must_not_be_made_is_refused_beforehand() {
    let mut scene = Scene::living();
    scene.keys = etcd_plan::pki::PkiMemory::new();
    let plan = scene.with_extra(etcd_plan::Goal::Rebuild, &["ca_create=false"]);
    scene.must_refuse(&plan, &["[prerequisites]", "ca_create"]);
}

#[test]
fn clocks_that_are_apart_are_told_and_refuse_nothing() {
    let scene = Scene::bare();
    scene.world.set_clock_skew(HOSTS[1], 5_300);
    let report = scene.must_run(&scene.plan());
    let told =
        |note: &String| note.contains("the clock of 10.10.10.11 is 5.") && note.contains("ahead");
    assert!(report.notes.iter().any(told), "{report}");
    scene.world.set_clock_skew(HOSTS[1], 700);
    let report = scene.must_run(&scene.plan());
    assert!(
        !report.notes.iter().any(|note| note.contains("clock")),
        "{report}"
    );
}
