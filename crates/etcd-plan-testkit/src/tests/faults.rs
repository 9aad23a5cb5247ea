use std::time::{Duration, Instant};

use etcd_plan::core::names::HostPath;
use etcd_plan::core::op::{FileContent, Op, OpFailure, OpResult, ReadOp, WriteOp};
use etcd_plan::executor::{Session as _, SessionError};

use super::fixture::{HOSTS, await_healthy, chain, conf, etcd, prepare, prepared, start};
use crate::{Effect, FaultPlan, Kind, Normalizer, SimExecutor, SimWorld};

fn lock(holder: &str) -> WriteOp {
    WriteOp::Lock {
        path: HostPath::fixed("/run/etcd-plan.lock"),
        holder: holder.to_owned(),
        journal: HostPath::fixed("/var/lib/etcd-plan/etcd.journal"),
    }
}

/// Builds a cluster of one, in one session and one batch.
fn deploy(
    world: &SimWorld,
    faults: FaultPlan,
) -> (SimExecutor, Result<Vec<OpResult>, SessionError>) {
    let executor = SimExecutor::with_faults(world, faults);
    let writes = prepare(&conf(HOSTS[0], &HOSTS[..1], "t", "new"));
    let batch = chain([lock("me")].into_iter().chain(writes).chain([start()]));
    let mut session = executor
        .open(&SimExecutor::target(HOSTS[0]))
        .expect("the host is there");
    let results = session.carry_out(&batch);
    drop(session);
    (executor, results)
}

fn clean() -> (SimWorld, usize) {
    let world = SimWorld::of(&HOSTS);
    let (executor, results) = deploy(&world, FaultPlan::none());
    assert!(results.expect("it lives").iter().all(Result::is_ok));
    (world, executor.counters().writes)
}

#[test]
fn a_run_that_is_cut_anywhere_ends_as_a_clean_one_after_a_second_run() {
    let (clean, writes) = clean();
    assert_eq!(writes, 17);
    let usual = Normalizer::usual();
    let wanted = clean.snapshot().normalized(&usual);
    for nth in 1..=writes {
        for faults in [
            FaultPlan::drop_before_write(nth),
            FaultPlan::drop_after_write(nth),
            FaultPlan::kill_after_write(nth),
            FaultPlan::fail_write(nth, "no"),
        ] {
            let world = SimWorld::of(&HOSTS);
            let (_, cut) = deploy(&world, faults);
            assert!(cut.is_err() || cut.is_ok_and(|all| all.iter().any(Result::is_err)));
            let (_, second) = deploy(&world, FaultPlan::none());
            assert!(second.expect("it lives").iter().all(Result::is_ok));
            wanted.assert_same(&world.snapshot().normalized(&usual));
        }
    }
}

#[test]
fn every_operation_can_be_repeated() {
    let (clean, writes) = clean();
    let world = SimWorld::of(&HOSTS);
    let (executor, results) = deploy(&world, FaultPlan::repeat_everything());
    assert!(results.expect("it lives").iter().all(Result::is_ok));
    assert!(executor.journal().iter().all(|entry| entry.done == 2));
    assert_eq!(executor.counters().writes, writes);
    clean.snapshot().assert_same(&world.snapshot());
}

#[test]
fn a_session_is_dropped_before_or_after_the_write() {
    for (faults, there) in [
        (FaultPlan::drop_before_write(3), false),
        (FaultPlan::drop_after_write(3), true),
    ] {
        let world = SimWorld::of(&HOSTS);
        let (executor, cut) = deploy(&world, faults);
        assert!(cut.expect_err("it was cut").message.contains("reset"));
        let made = world
            .files(HOSTS[0])
            .get(&HostPath::fixed("/etc/etcd"))
            .is_some();
        assert_eq!(made, there);
        let journal = executor.journal();
        assert_eq!(journal.0.len(), 3, "{}", journal.lines());
        assert_eq!(journal.0[2].result, None);
        assert_eq!(journal.0[2].was_done(), there);
    }
}

#[test]
fn a_failure_ends_its_chain_and_no_other() {
    let world = SimWorld::of(&HOSTS);
    let executor = SimExecutor::with_faults(&world, FaultPlan::fail_op(2, "disk on fire"));
    let mut session = executor
        .open(&SimExecutor::target(HOSTS[0]))
        .expect("there");
    let make = |path: &str| {
        Op::Write(WriteOp::MakeDir {
            path: HostPath::fixed(path),
            owner: etcd_plan::core::op::Ownership::both("root"),
            mode: 0o755,
        })
    };
    let batch = etcd_plan::core::op::Batch {
        chains: vec![vec![make("/a"), make("/b"), make("/c")], vec![make("/d")]],
    };
    let results = session.carry_out(&batch).expect("it lives");
    let message = "disk on fire".to_owned();
    assert_eq!(results[1], Err(OpFailure::Failed { message }));
    assert_eq!(results[2], Err(OpFailure::NotTried));
    assert!(results[0].is_ok() && results[3].is_ok());
    assert_eq!(executor.counters().operations, 3);
    assert_eq!(executor.counters().round_trips, 1);
}

#[test]
fn a_killed_controller_can_call_nothing_more_and_a_fresh_one_can() {
    let world = SimWorld::of(&HOSTS);
    let faults = FaultPlan::kill_after_write(1);
    let executor = SimExecutor::with_faults(&world, faults);
    let target = SimExecutor::target;
    let mut first = executor.open(&target(HOSTS[0])).expect("there");
    let mut second = executor.open(&target(HOSTS[1])).expect("there");
    assert!(first.carry_out(&chain([lock("me")])).is_err());
    assert!(second.read(&[ReadOp::System]).is_err());
    assert!(executor.open(&target(HOSTS[2])).is_err());
    let fresh = SimExecutor::new(&world);
    let mut again = fresh.open(&target(HOSTS[0])).expect("there");
    let results = again.carry_out(&chain([lock("you")])).expect("it lives");
    assert!(
        results[0].is_ok(),
        "the dead one's lock is free: {results:?}"
    );
}

#[test]
fn a_session_that_waits_ends_with_the_controller_at_once() {
    let world = prepared(&HOSTS, "t");
    world.set_patience(Duration::from_mins(1));
    let executor = SimExecutor::with_faults(&world, FaultPlan::kill_after_write(2));
    let connect = |host| executor.open(&SimExecutor::target(host)).expect("there");
    let (mut waits, mut dies) = (connect(HOSTS[0]), connect(HOSTS[1]));
    let started = waits.carry_out(&chain([start()])).expect("it lives");
    assert!(started[0].is_ok());
    let began = Instant::now();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| waits.read(&[await_healthy(HOSTS[0])]));
        std::thread::sleep(Duration::from_millis(30));
        assert!(dies.carry_out(&chain([lock("me")])).is_err());
        assert!(waiting.join().expect("it does not panic").is_err());
    });
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_slow_host_takes_its_time_for_every_round_trip() {
    let world = SimWorld::of(&HOSTS);
    let delay = Duration::from_millis(20);
    let executor = SimExecutor::with_faults(&world, FaultPlan::none().slow(HOSTS[0], delay));
    let mut session = executor
        .open(&SimExecutor::target(HOSTS[0]))
        .expect("there");
    let began = Instant::now();
    session
        .read(&[ReadOp::System, ReadOp::System])
        .expect("it lives");
    session.read(&[ReadOp::System]).expect("it lives");
    assert!(began.elapsed() >= 2 * delay);
}

#[test]
fn a_lock_is_held_by_one_and_freed_with_its_session() {
    let world = SimWorld::of(&HOSTS);
    let executor = SimExecutor::new(&world);
    let target = SimExecutor::target(HOSTS[0]);
    let mut first = executor.open(&target).expect("there");
    let mut second = executor.open(&target).expect("there");
    let mine = first.carry_out(&chain([lock("me"), lock("me")]));
    assert!(mine.expect("it lives").iter().all(Result::is_ok));
    let message = "held by me".to_owned();
    let theirs = second.carry_out(&chain([lock("you")])).expect("it lives");
    assert_eq!(theirs, [Err(OpFailure::Failed { message })]);
    drop(first);
    let theirs = second.carry_out(&chain([lock("you")])).expect("it lives");
    assert!(theirs[0].is_ok(), "{theirs:?}");
}

#[test]
fn faults_are_counted_by_kind_and_host() {
    let world = SimWorld::of(&HOSTS);
    let cannot = || Effect::Fail("could not tell".to_owned());
    let faults = FaultPlan::none()
        .at(Kind::Read, Some(2), cannot())
        .on(HOSTS[1])
        .at(Kind::Named("package"), None, cannot());
    let executor = SimExecutor::with_faults(&world, faults);
    let ask = |host| {
        let mut session = executor.open(&SimExecutor::target(host)).expect("there");
        let system = [ReadOp::System, ReadOp::System, ReadOp::Package];
        let answers = session.read(&system).expect("it lives");
        answers.iter().map(Result::is_ok).collect::<Vec<_>>()
    };
    assert_eq!(ask(HOSTS[0]), [true, true, false]);
    assert_eq!(ask(HOSTS[1]), [true, false, false]);
}

#[test]
fn hosts_that_refuse_are_off_or_cut_cannot_be_reached() {
    let world = SimWorld::of(&HOSTS);
    let faults = FaultPlan::none().refuse_connect(HOSTS[0], 1, "host key changed");
    let executor = SimExecutor::with_faults(&world, faults);
    let connect = |host| executor.open(&SimExecutor::target(host));
    let refused = connect(HOSTS[0]).err().expect("once");
    assert_eq!(
        refused.to_string(),
        format!("{}: host key changed", HOSTS[0])
    );
    let mut session = connect(HOSTS[0]).expect("the second time");
    world.cut_network(HOSTS[0]);
    world.join_network(HOSTS[0]);
    assert!(
        session.read(&[ReadOp::System]).is_err(),
        "it ended with the network"
    );
    world.power_off(HOSTS[1]);
    assert!(connect(HOSTS[1]).is_err());
    assert!(connect("10.10.10.99").is_err());
    assert_eq!(executor.counters_of(HOSTS[0]).connects, 1);
}

#[test]
fn the_journal_tells_what_came_first_and_shows_no_secret() {
    let world = SimWorld::of(&HOSTS[..1]);
    let (executor, _) = deploy(&world, FaultPlan::none());
    let journal = executor.journal();
    let promotes_before_start = journal.all_before(
        |entry| entry.name() == "promote_file",
        |entry| entry.name() == "start_service",
    );
    assert_eq!(promotes_before_start, Ok(()));
    let wrong = journal.all_before(
        |entry| entry.name() == "start_service",
        |entry| entry.name() == "install_package",
    );
    assert_eq!(
        wrong.expect_err("the package comes first"),
        "`10.10.10.11 install_package` came before `10.10.10.11 start_service etcd.service`"
    );
    assert!(executor.counters().staged_bytes > 100);
    let staged = WriteOp::StageFile {
        path: HostPath::fixed("/k"),
        content: FileContent::Hidden(etcd_plan::core::secret::Secret::new(*b"hunter2")),
        owner: etcd(),
        mode: 0o600,
    };
    let mut session = executor
        .open(&SimExecutor::target(HOSTS[0]))
        .expect("there");
    let written = session.carry_out(&chain([staged]));
    written.expect("it lives")[0].as_ref().expect("it can");
    assert!(!format!("{:?}", executor.journal()).contains("hunter2"));
}
