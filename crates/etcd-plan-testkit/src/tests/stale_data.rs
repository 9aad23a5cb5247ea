use etcd_plan::core::op::ServiceState;

use super::fixture::{HOSTS, conf, reconfigure, running};
use crate::{SimWorld, initial_member_id};

/// A cluster of three with a key, of which two are wiped and built again while the third is down
/// and keeps its data; then the third comes back.
fn rebuilt_with(token: &str) -> SimWorld {
    let world = running(&HOSTS, "first");
    world.put(HOSTS[0], "old", "1").expect("there is a quorum");
    for host in HOSTS {
        world.stop_service(host, "etcd");
    }
    for host in &HOSTS[..2] {
        world.wipe(host, "/data/etcd/member");
        reconfigure(&world, host, &conf(host, &HOSTS, token, "new"));
    }
    for host in &HOSTS[..2] {
        world.start_service(host, "etcd").expect("a known unit");
    }
    world
        .put(HOSTS[0], "new", "2")
        .expect("two of three are a quorum");
    assert_eq!(world.get(HOSTS[0], "old"), Ok(None));
    world.start_service(HOSTS[2], "etcd").expect("a known unit");
    world
}

#[test]
fn old_data_under_the_old_token_comes_back_and_stays_different() {
    let world = rebuilt_with("first");
    assert_eq!(world.service_state(HOSTS[2], "etcd"), ServiceState::Running);
    let keys = |host| {
        world
            .keys(host)
            .expect("it runs")
            .into_keys()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(HOSTS[0]), ["new", "old"]);
    assert_eq!(keys(HOSTS[2]), ["old"]);
    assert!(!world.corruptions().is_empty());
}

#[test]
fn old_data_under_a_fresh_token_stays_alone() {
    let world = rebuilt_with("second");
    assert_eq!(
        world.service_state(HOSTS[2], "etcd"),
        ServiceState::Starting
    );
    for host in HOSTS {
        let log = world.service_log(host, "etcd");
        assert!(log.contains("cluster ID mismatch"), "{host}: {log}");
    }
    assert_eq!(world.get(HOSTS[0], "old"), Ok(None));
    assert_eq!(world.get(HOSTS[0], "new"), Ok(Some("2".to_owned())));
    assert_eq!(world.corruptions(), Vec::<String>::new());
}

#[test]
fn ids_follow_from_token_and_url() {
    let id = |token| {
        let world = running(&HOSTS, token);
        let state = world.member_state(HOSTS[1]).expect("it runs");
        (state.cluster_id, state.id)
    };
    let (cluster, member) = id("first");
    assert_eq!(id("first"), (cluster, member));
    assert_ne!(id("second").0, cluster);
    let urls = [format!("https://{}:2380", HOSTS[1])];
    assert_eq!(initial_member_id(&urls, "first"), member);
}

#[test]
fn a_wiped_member_of_a_live_cluster_cannot_come_back_as_it_was() {
    for (state, words) in [
        ("new", "has already been bootstrapped"),
        ("existing", "is out of range [lastIndex(0)]"),
    ] {
        let world = running(&HOSTS, "t");
        world.stop_service(HOSTS[2], "etcd");
        world.wipe(HOSTS[2], "/data/etcd/member");
        reconfigure(&world, HOSTS[2], &conf(HOSTS[2], &HOSTS, "t", state));
        world.start_service(HOSTS[2], "etcd").expect("a known unit");
        assert_eq!(world.service_state(HOSTS[2], "etcd"), ServiceState::Failed);
        let log = world.service_log(HOSTS[2], "etcd");
        assert!(log.contains(words), "{log}");
    }
}

#[test]
fn data_that_moves_away_under_a_running_member_is_not_written_again() {
    let world = running(&HOSTS[..1], "t");
    world.wipe(HOSTS[0], "/data/etcd/member");
    world.put(HOSTS[0], "a", "1").expect("the process lives on");
    world.stop_service(HOSTS[0], "etcd");
    assert_eq!(
        world.read_file(HOSTS[0], "/data/etcd/member/wal/0.wal"),
        None
    );
}
