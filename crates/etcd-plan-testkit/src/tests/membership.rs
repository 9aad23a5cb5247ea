use etcd_plan::core::op::ServiceState;

use super::fixture::{HOSTS, awaited, conf, must_write, prepare, running};
use crate::SimWorld;

fn url(host: &str) -> String {
    format!("https://{host}:2380")
}

/// Starts a host as a member that joins; the configuration names all these.
fn join(world: &SimWorld, host: &str, cluster: &[&str]) {
    must_write(world, host, prepare(&conf(host, cluster, "t", "existing")));
    world.start_service(host, "etcd").expect("a known unit");
}

#[test]
fn a_join_needs_the_member_to_be_added_before() {
    let world = running(&HOSTS[..1], "t");
    join(&world, HOSTS[1], &HOSTS[..2]);
    assert_eq!(world.service_state(HOSTS[1], "etcd"), ServiceState::Failed);
    assert!(
        world
            .service_log(HOSTS[1], "etcd")
            .contains("member count is unequal")
    );
    world
        .member_add(HOSTS[0], &url(HOSTS[2]), false)
        .expect("1 to 2");
    world.start_service(HOSTS[1], "etcd").expect("a known unit");
    assert!(
        world
            .service_log(HOSTS[1], "etcd")
            .contains("unmatched member")
    );
}

#[test]
fn a_join_needs_a_live_cluster() {
    let world = running(&HOSTS[..1], "t");
    world.stop_service(HOSTS[0], "etcd");
    join(&world, HOSTS[1], &HOSTS[..2]);
    assert!(
        world
            .service_log(HOSTS[1], "etcd")
            .contains("cannot fetch cluster info")
    );
}

#[test]
fn a_learner_catches_up_has_no_vote_and_is_promoted() {
    let world = running(&HOSTS[..1], "t");
    world.put(HOSTS[0], "a", "1").expect("it is alone");
    let id = world
        .member_add(HOSTS[0], &url(HOSTS[1]), true)
        .expect("the first learner");
    let second = world.member_add(HOSTS[0], &url(HOSTS[2]), true);
    assert!(
        second
            .expect_err("one is the most")
            .contains("too many learner")
    );
    let early = world.member_promote(HOSTS[0], id);
    assert!(
        early
            .expect_err("it never started")
            .contains("in sync with leader")
    );
    join(&world, HOSTS[1], &HOSTS[..2]);
    assert_eq!(world.keys(HOSTS[1]).expect("it runs")["a"], "1");
    let learner = awaited(&world, HOSTS[1]).etcd;
    assert!(learner.status.expect("status is served").is_learner);
    assert!(!learner.healthy);
    world
        .member_promote(HOSTS[0], id)
        .expect("it has caught up");
    assert!(awaited(&world, HOSTS[1]).etcd.healthy);
}

#[test]
fn a_voter_that_never_started_costs_the_quorum_of_one() {
    let world = running(&HOSTS[..1], "t");
    world
        .member_add(HOSTS[0], &url(HOSTS[1]), false)
        .expect("1 to 2 is always allowed");
    assert!(world.put(HOSTS[0], "a", "1").is_err());
    join(&world, HOSTS[1], &HOSTS[..2]);
    world.put(HOSTS[0], "a", "1").expect("both run");
}

#[test]
fn a_voter_is_not_added_while_too_few_run() {
    let world = running(&HOSTS, "t");
    world.stop_service(HOSTS[2], "etcd");
    let refused = world.member_add(HOSTS[0], &url("10.10.10.14"), false);
    assert!(
        refused
            .expect_err("2 of 4 started")
            .contains("not enough started members")
    );
    world
        .member_add(HOSTS[0], &url("10.10.10.14"), true)
        .expect("a learner");
    let again = world.member_add(HOSTS[0], &url("10.10.10.14"), true);
    assert!(again.expect_err("it is there").contains("already exists"));
}

#[test]
fn a_removed_member_ends_and_its_data_never_comes_back() {
    let world = running(&HOSTS, "t");
    let id = world.member_state(HOSTS[2]).expect("it runs").id;
    world.member_remove(HOSTS[0], id).expect("two remain");
    assert_eq!(world.service_state(HOSTS[2], "etcd"), ServiceState::Stopped);
    world.start_service(HOSTS[2], "etcd").expect("a known unit");
    assert_eq!(world.service_state(HOSTS[2], "etcd"), ServiceState::Stopped);
    assert!(
        world
            .service_log(HOSTS[2], "etcd")
            .contains("permanently removed")
    );
    let again = world.member_remove(HOSTS[0], id);
    assert!(again.expect_err("it is gone").contains("member not found"));
}

#[test]
fn a_remove_that_leaves_no_quorum_is_refused_and_one_of_a_dead_member_is_not() {
    let world = running(&HOSTS, "t");
    let dead = world.member_state(HOSTS[2]).expect("it runs").id;
    let alive = world.member_state(HOSTS[1]).expect("it runs").id;
    world.stop_service(HOSTS[2], "etcd");
    let refused = world.member_remove(HOSTS[0], alive);
    assert!(
        refused
            .expect_err("1 of 2 would run")
            .contains("not enough started")
    );
    world
        .member_remove(HOSTS[0], dead)
        .expect("both that remain run");
    world.put(HOSTS[0], "a", "1").expect("two of two");
}

#[test]
fn a_replaced_member_joins_with_an_empty_data_directory() {
    let world = running(&HOSTS, "t");
    world.put(HOSTS[0], "a", "1").expect("there is a quorum");
    let id = world.member_state(HOSTS[2]).expect("it runs").id;
    world.member_remove(HOSTS[0], id).expect("two remain");
    world.wipe(HOSTS[2], "/data/etcd/member");
    world
        .member_add(HOSTS[0], &url(HOSTS[2]), true)
        .expect("a learner");
    join(&world, HOSTS[2], &HOSTS);
    assert_eq!(world.keys(HOSTS[2]).expect("it runs")["a"], "1");
    assert_eq!(world.corruptions(), Vec::<String>::new());
}
