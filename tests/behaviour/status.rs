//! What clusters are like, as it is told from one reading.

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::op::{Ownership, ServiceState};
use etcd_plan::status::{self, Health, Role, Status};
use etcd_plan_testkit::{FaultPlan, Node, SimExecutor};
use etcd_plan_tests::snapshots::assert_run_snapshot;
use etcd_plan_tests::{HOSTS, Scene, THREE};

/// Reads the status, and asserts that this took one round trip a host and left no trace.
fn read(scene: &Scene) -> Status {
    let before = scene.world.snapshot();
    let executor = SimExecutor::new(&scene.world);
    let settings = RunSettings::default();
    let status = status::read(&scene.plan(), &executor, &scene.keys, settings, &mut Silent);
    before.assert_same(&scene.world.snapshot());
    let counters = executor.counters();
    assert_eq!(counters.writes, 0);
    assert!(counters.round_trips <= scene.world.hosts().len());
    let again: Status = serde_json::from_str(&status.to_json()).expect("the document is JSON");
    assert_eq!(again, status);
    status
}

#[test]
fn a_living_cluster_is_healthy() {
    let status = read(&Scene::living());
    let cluster = &status.clusters[0];
    assert!(status.is_healthy() && !status.has_drift(), "{status}");
    assert_eq!(cluster.health, Health::Healthy);
    assert_eq!(
        (cluster.answering, cluster.quorum, cluster.tolerance),
        (3, 2, 1)
    );
    assert!(cluster.cluster_id.is_some() && cluster.revision.is_some());
    let leaders = cluster
        .members
        .iter()
        .filter(|member| member.role == Role::Leader);
    let leaders: Vec<_> = leaders.map(|member| Some(&member.name)).collect();
    assert_eq!(leaders, [cluster.leader.as_ref()]);
    for member in &cluster.members {
        assert!(member.healthy && member.version.is_some() && member.raft_lag.is_some());
        assert_eq!(member.service, Some(ServiceState::Running));
        let certificate = member.certificate.as_ref().expect("a certificate is there");
        // `cert_validity` is 7300d, and a second may have passed since.
        assert!((7299..=7300).contains(&certificate.days_left));
    }
}

/// Whoever looks from another machine sees how far the last run came.
#[test]
fn the_last_run_is_told_and_one_that_was_cut_off_is_warned_of() {
    let scene = Scene::bare();
    let cut = FaultPlan::kill_after_write(20);
    scene.run_with(&scene.plan(), cut, &mut Silent).reported();
    let cluster = read(&scene).clusters.remove(0);
    let run = cluster.last_run.expect("it took locks");
    assert!(run.run.starts_with("create by "), "{run:?}");
    assert_eq!(run.ended, None);
    assert!(
        run.open.iter().any(|open| open.last_step.is_some()),
        "{run:?}"
    );
    let warned = |warnings: &[status::Finding]| {
        let mut warnings = warnings.iter();
        warnings.any(|warning| warning.what.contains("has not ended on"))
    };
    assert!(warned(&cluster.warnings), "{:?}", cluster.warnings);

    scene.must_run(&scene.plan());
    let cluster = read(&scene).clusters.remove(0);
    let run = cluster.last_run.expect("it took locks");
    let ended = run.ended.expect("it ended");
    assert!(ended.ends_with(" 0 failed"), "{ended}");
    assert_eq!(run.open, []);
    assert!(!warned(&cluster.warnings), "{:?}", cluster.warnings);
}

#[test]
fn where_nothing_is_there_is_no_cluster() {
    let status = read(&Scene::bare());
    assert_eq!(status.clusters[0].last_run, None);
    assert_eq!(status.clusters[0].health, Health::Absent);
    assert!(!status.is_healthy() && !status.has_drift(), "{status}");
}

#[test]
fn a_member_that_stands_still_degrades_its_cluster() {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[1], "etcd");
    let status = read(&scene);
    let cluster = &status.clusters[0];
    assert_eq!(cluster.health, Health::Degraded, "{status}");
    assert_eq!((cluster.answering, cluster.tolerance), (2, 0));
    let problem = &cluster.problems[0];
    assert_eq!(
        problem
            .member
            .as_ref()
            .map(etcd_plan::names::MemberName::as_str),
        Some("etcd-2")
    );
    assert_eq!(cluster.members[1].role, Role::Unknown);
}

#[test]
fn a_cluster_without_a_quorum_is_down() {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[1], "etcd");
    scene.world.stop_service(HOSTS[2], "etcd");
    let status = read(&scene);
    assert_eq!(status.clusters[0].health, Health::Down, "{status}");
    assert_eq!(status.clusters[0].answering, 0);
}

#[test]
fn a_host_that_cannot_be_read_is_a_problem_and_no_failure() {
    let scene = Scene::living();
    scene.world.power_off(HOSTS[0]);
    let status = read(&scene);
    let cluster = &status.clusters[0];
    assert_eq!(cluster.health, Health::Degraded, "{status}");
    assert!(
        cluster.problems[0].what.contains("could not be read"),
        "{status}"
    );
    assert_eq!(cluster.members[0].service, None);
}

fn by_hand(mode: u32) -> Node {
    Node::file("export ETCDCTL_API=2\n", Ownership::both("root"), mode)
}

#[test]
fn what_somebody_changed_is_drift() {
    let scene = Scene::living();
    let path = "/etc/profile.d/etcdctl.sh";
    let file = by_hand(0o644);
    scene.world.put_file(HOSTS[2], path, file);
    let status = read(&scene);
    assert!(status.is_healthy() && status.has_drift(), "{status}");
    let drift = &status.clusters[0].drift;
    assert_eq!(drift.len(), 1, "{drift:?}");
    assert_eq!(
        drift[0]
            .host
            .as_ref()
            .map(etcd_plan::names::HostName::as_str),
        Some(HOSTS[2])
    );
    assert!(drift[0].lines[0].starts_with("~ /etc/profile.d/etcdctl.sh"));
    let diff = drift[0].diff.as_ref().expect("both contents may be shown");
    assert!(diff.contains("-export ETCDCTL_API=2\n"), "{diff}");
}

#[test]
fn a_member_that_the_inventory_does_not_have_is_told() {
    let mut scene = Scene::living();
    scene.reread(&THREE.replace("    10.10.10.12: { etcd_seq: 3 }\n", ""));
    let status = read(&scene);
    let cluster = &status.clusters[0];
    assert_eq!(cluster.health, Health::Degraded, "{status}");
    assert_eq!(cluster.strangers[0].name, "etcd-3");
}

#[test]
fn a_host_that_has_not_joined_yet_is_told_how() {
    const FOURTH: &str = "10.10.10.13";
    let mut scene = Scene::of(&[HOSTS[0], HOSTS[1], HOSTS[2], FOURTH], THREE);
    scene.must_run(&scene.plan());
    let third = "    10.10.10.12: { etcd_seq: 3 }\n";
    let fourth = format!("{third}    {FOURTH}: {{ etcd_seq: 4 }}\n");
    scene.reread(&THREE.replace(third, &fourth));
    let status = read(&scene);
    let findings = status.clusters[0].problems.iter();
    let of_fourth: Vec<_> = findings
        .filter(|finding| {
            finding
                .member
                .as_ref()
                .is_some_and(|m| m.as_str() == "etcd-4")
        })
        .collect();
    let [unlisted] = of_fourth[..] else {
        panic!("one finding, and none that it does not run: {status}");
    };
    let command = "etcd-plan apply -l 10.10.10.13 -e etcd_init=existing";
    assert!(unlisted.hint.contains(command), "{status}");
}

#[test]
fn the_status_reads_as_a_page() {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[1], "etcd");
    let file = by_hand(0o600);
    scene
        .world
        .put_file(HOSTS[2], "/etc/profile.d/etcdctl.sh", file);
    let mut status = read(&scene);
    // Who leads depends on ids, and those on the token of the run.
    for (member, role) in [(0, Role::Leader), (2, Role::Follower)] {
        status.clusters[0].members[member].role = role;
    }
    assert_run_snapshot("behaviour", "status", &status.to_string());
    assert_run_snapshot("behaviour", "status-narrow", &status.page(50).to_string());
}
