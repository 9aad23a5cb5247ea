use std::time::{Duration, Instant};

use etcd_plan::core::names::Port;
use etcd_plan::core::op::{ReadOp, Reply, ServiceState};
use etcd_plan::executor::Session as _;

use super::fixture::{
    HOSTS, access, ask, await_healthy, awaited, chain, conf, prepared, reconfigure, running, start,
};
use crate::SimExecutor;

#[test]
fn a_member_without_quorum_listens_and_is_not_ready() {
    let world = prepared(&HOSTS, "t");
    world.start_service(HOSTS[0], "etcd").expect("a known unit");
    assert_eq!(
        world.service_state(HOSTS[0], "etcd"),
        ServiceState::Starting
    );
    let listeners = ReadOp::Listeners {
        ports: vec![Port::new(2379)],
    };
    match ask(&world, HOSTS[0], listeners) {
        Reply::Listeners(found) => assert_eq!(found.len(), 2, "{found:?}"),
        other => panic!("{other:?}"),
    }
    let awaited = awaited(&world, HOSTS[0]);
    assert!(!awaited.etcd.healthy);
    assert_eq!(awaited.etcd.status, None);
    assert_eq!(awaited.waited.0, 10_000 + 1);
    assert!(awaited.log.contains("no quorum"), "{}", awaited.log);
}

#[test]
fn the_second_of_three_makes_the_quorum_and_the_third_catches_up() {
    let world = prepared(&HOSTS, "t");
    for host in &HOSTS[..2] {
        world.start_service(host, "etcd").expect("a known unit");
    }
    assert_eq!(world.service_state(HOSTS[0], "etcd"), ServiceState::Running);
    world.put(HOSTS[1], "a", "10").expect("there is a quorum");
    world.start_service(HOSTS[2], "etcd").expect("a known unit");
    for host in HOSTS {
        let awaited = awaited(&world, host);
        assert!(awaited.etcd.healthy, "{awaited:?}");
        assert_eq!(awaited.etcd.members.len(), 3);
        assert_eq!(awaited.log, "");
        assert_eq!(world.get(host, "a"), Ok(Some("10".to_owned())));
    }
    let states = HOSTS.map(|host| world.member_state(host).expect("it runs"));
    assert_eq!(states[0].log, states[2].log);
    assert_eq!(world.corruptions(), Vec::<String>::new());
}

#[test]
fn all_members_name_the_same_leader_who_votes() {
    let world = running(&HOSTS, "t");
    let leaders = HOSTS.map(|host| {
        match ask(
            &world,
            host,
            ReadOp::Etcd {
                access: access(host),
            },
        ) {
            Reply::Etcd(facts) => facts.status.expect("it answers").leader,
            other => panic!("{other:?}"),
        }
    });
    let first = world.member_state(HOSTS[0]).expect("it runs").id;
    assert_eq!(leaders, [first; 3]);
}

/// A sequential controller that waits for each member before it starts the next gets stuck at the
/// first, as `systemctl start` does (facts.md S1); one that starts all first does not.
#[test]
fn a_serial_first_start_never_gets_healthy() {
    let world = prepared(&HOSTS, "t");
    let executor = SimExecutor::new(&world);
    let mut healthy = Vec::new();
    for host in &HOSTS[..2] {
        let mut session = executor
            .open(&SimExecutor::target(host))
            .expect("the host is there");
        session.carry_out(&chain([start()])).expect("it lives");
        healthy.push(is_healthy(
            &session.read(&[await_healthy(host)]).expect("it lives")[0],
        ));
    }
    assert_eq!(healthy, [false, true]);
}

#[test]
fn members_started_from_several_threads_find_each_other_whatever_the_order() {
    let world = prepared(&HOSTS, "t");
    let executor = SimExecutor::new(&world);
    let mut sessions: Vec<_> = HOSTS
        .iter()
        .map(|host| {
            (
                host,
                executor.open(&SimExecutor::target(host)).expect("there"),
            )
        })
        .collect();
    std::thread::scope(|scope| {
        for (number, (host, session)) in sessions.iter_mut().enumerate() {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(40 * number as u64));
                session.carry_out(&chain([start()])).expect("it lives");
                let answers = session.read(&[await_healthy(host)]).expect("it lives");
                assert!(is_healthy(&answers[0]), "{host}: {answers:?}");
            });
        }
    });
}

#[test]
fn nobody_is_waited_for_where_nobody_could_help() {
    let world = prepared(&HOSTS, "t");
    world.set_patience(Duration::from_mins(1));
    world.start_service(HOSTS[0], "etcd").expect("a known unit");
    let began = Instant::now();
    assert!(!awaited(&world, HOSTS[0]).etcd.healthy);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_was_put_survives_a_stop_of_all_and_initial_settings_do_not_matter_then() {
    let world = running(&HOSTS, "t");
    world.put(HOSTS[0], "a", "10").expect("there is a quorum");
    let before = world.member_state(HOSTS[2]).expect("it runs").cluster_id;
    for host in HOSTS {
        world.stop_service(host, "etcd");
        assert_eq!(world.service_state(host, "etcd"), ServiceState::Stopped);
        reconfigure(
            &world,
            host,
            &conf(host, &[host], "another token", "existing"),
        );
    }
    for host in HOSTS {
        world.start_service(host, "etcd").expect("a known unit");
    }
    assert_eq!(world.get(HOSTS[2], "a"), Ok(Some("10".to_owned())));
    assert_eq!(
        world.member_state(HOSTS[2]).expect("it runs").cluster_id,
        before
    );
}

#[test]
fn a_ready_member_that_loses_the_quorum_runs_on_without_a_leader() {
    let world = running(&HOSTS, "t");
    world.stop_service(HOSTS[1], "etcd");
    world
        .put(HOSTS[0], "a", "1")
        .expect("two of three are a quorum");
    world.cut_network(HOSTS[2]);
    assert_eq!(world.service_state(HOSTS[0], "etcd"), ServiceState::Running);
    assert!(world.put(HOSTS[0], "a", "2").is_err());
    let facts = awaited(&world, HOSTS[0]).etcd;
    assert!(!facts.healthy);
    assert_eq!(facts.status.expect("status needs no quorum").leader.0, 0);
    world.join_network(HOSTS[2]);
    assert_eq!(world.get(HOSTS[2], "a"), Ok(Some("1".to_owned())));
}

#[test]
fn power_comes_back_with_another_boot_and_enabled_units() {
    let world = running(&HOSTS[..1], "t");
    world.put(HOSTS[0], "a", "1").expect("it is alone");
    let boot = |world| match ask(world, HOSTS[0], ReadOp::System) {
        Reply::System(facts) => facts.boot_id,
        other => panic!("{other:?}"),
    };
    let before = boot(&world);
    world.power_off(HOSTS[0]);
    assert!(world.get(HOSTS[0], "a").is_err());
    world.power_on(HOSTS[0]);
    assert_ne!(boot(&world), before);
    assert_eq!(world.get(HOSTS[0], "a"), Ok(Some("1".to_owned())));
}

#[test]
fn members_that_trust_different_authorities_do_not_meet() {
    let world = prepared(&HOSTS[..2], "t");
    let other = crate::Node::file("another ca", super::fixture::etcd(), 0o644);
    world.put_file(HOSTS[1], "/etc/etcd/ca.crt", other);
    for host in &HOSTS[..2] {
        world.start_service(host, "etcd").expect("a known unit");
        assert_eq!(world.service_state(host, "etcd"), ServiceState::Starting);
    }
}

fn is_healthy(answer: &etcd_plan::core::op::OpResult) -> bool {
    matches!(answer, Ok(Reply::Awaited(awaited)) if awaited.etcd.healthy)
}
