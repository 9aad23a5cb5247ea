//! Goal `create` brings what is there to what is wanted, with the least that is needed.

use etcd_plan::Outcome;
use etcd_plan_tests::{HOSTS, Scene, THREE};

#[test]
fn a_stopped_cluster_is_started_with_its_data() {
    let scene = Scene::stopped();
    let ran = scene.run(&scene.plan());
    let journal = ran.executor.journal();
    ran.succeeded();
    assert!(!journal.iter().any(|entry| entry.name() == "move_aside"));
    let key = scene.world.get(HOSTS[2], "a");
    assert_eq!(key, Ok(Some(Scene::PRECIOUS.to_owned())));
    scene.assert_works();
}

#[test]
fn a_member_that_is_down_is_started_and_the_others_are_left_alone() {
    let scene = Scene::living();
    scene.world.kill_service(HOSTS[1], "etcd");
    let limited = scene.plan_with(|builder| builder.limit(HOSTS[1]));
    let ran = scene.run(&limited);
    let journal = ran.executor.journal();
    let report = ran.succeeded();
    assert_eq!(report.count(Outcome::Changed), 1, "{report}");
    assert!(
        journal
            .iter()
            .all(|entry| !entry.is_write() || entry.host.as_str() == HOSTS[1])
    );
    scene.assert_works();
}

#[test]
fn partial_remains_are_rebuilt_with_a_token_that_was_never_used() {
    let scene = Scene::living();
    let before = scene.world.running_config(HOSTS[0]).expect("it runs").token;
    for host in &HOSTS[1..] {
        scene.world.stop_service(host, "etcd");
        scene.world.wipe(host, "/data/etcd");
    }
    scene.must_run(&scene.plan());
    let tokens = HOSTS.map(|host| scene.world.running_config(host).expect("it runs").token);
    assert!(
        tokens
            .iter()
            .all(|token| *token == tokens[0] && *token != before)
    );
    assert_eq!(scene.world.get(HOSTS[0], "a"), Ok(None));
    assert!(
        scene.holds(HOSTS[0], Scene::PRECIOUS),
        "moved aside, not deleted"
    );
    scene.assert_works();
}

/// A member that lost its data is removed and added again; that is no reason to purge the others.
#[test]
fn a_member_that_lost_its_data_does_not_cost_the_others_theirs() {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[2], "etcd");
    scene.world.wipe(HOSTS[2], "/data/etcd");
    scene.must_refuse(
        &scene.plan(),
        &["[alive]", "etcd-3 has no data", "etcdctl member"],
    );
}

/// An inventory with one more host, run without a limit, wiped whole clusters.
#[test]
fn a_cluster_that_serves_is_not_purged_for_a_new_host() {
    let hosts = ["10.10.10.10", "10.10.10.11", "10.10.10.12", "10.10.10.13"];
    let mut scene = Scene::of(&hosts, THREE);
    scene.must_run(&scene.plan());
    let fourth = "12: { etcd_seq: 3 }\n    10.10.10.13: { etcd_seq: 4 }";
    scene.reread(&THREE.replace("12: { etcd_seq: 3 }", fourth));
    scene.must_refuse(&scene.plan(), &["[alive]", "rebuild"]);
}

#[test]
fn a_file_that_was_lost_is_written_again() {
    let scene = Scene::living();
    scene.world.wipe(HOSTS[1], "/etc/profile.d/etcdctl.sh");
    let report = scene.must_run(&scene.plan());
    let changed: Vec<&str> = report
        .steps
        .iter()
        .filter(|step| step.outcome == Outcome::Changed)
        .map(|step| step.step.as_str())
        .collect();
    assert_eq!(
        changed,
        [
            "etcd/10.10.10.11/etcd_conf/staged",
            "etcd/10.10.10.11/etcd_conf/etcdctl.sh"
        ]
    );
}
