//! What comes before what, as the hosts saw it.

use etcd_plan::op::{Op, WriteOp};
use etcd_plan_testkit::{Journal, JournalEntry, SimExecutor, strategies};
use etcd_plan_tests::{Scene, asked, cases};
use proptest::prelude::*;

/// Says whether an operation is one of these.
fn is(names: &'static [&'static str]) -> impl Fn(&JournalEntry) -> bool {
    move |entry| names.contains(&entry.name())
}

/// Rebuilds a living cluster, and gives what the hosts saw of that.
fn rebuilt() -> Journal {
    let scene = Scene::living();
    let ran = scene.run(&scene.rebuild());
    let journal = ran.executor.journal();
    ran.succeeded();
    journal
}

#[track_caller]
fn assert_order(
    journal: &Journal,
    earlier: &'static [&'static str],
    later: &'static [&'static str],
) {
    assert!(journal.iter().any(is(earlier)) && journal.iter().any(is(later)));
    assert_eq!(journal.all_before(is(earlier), is(later)), Ok(()));
}

#[test]
fn all_hosts_are_locked_before_anything_else_is_written() {
    let journal = rebuilt();
    let writes = |entry: &JournalEntry| entry.is_write() && entry.name() != "lock";
    assert_eq!(journal.all_before(is(&["lock"]), writes), Ok(()));
}

/// What replaces something that is taken away. The note that a cluster is being built replaces
/// nothing, and is written later.
fn makes_ready(entry: &JournalEntry) -> bool {
    match &entry.op {
        Op::Write(WriteOp::StageFile { path, .. }) => path.file_name() != ".being-built",
        Op::Write(WriteOp::InstallPackage { .. }) => true,
        _ => false,
    }
}

#[test]
fn everything_new_is_staged_on_all_hosts_before_the_first_stop() {
    let journal = rebuilt();
    assert!(journal.iter().any(makes_ready) && journal.iter().any(is(&["stop_service"])));
    assert_eq!(
        journal.all_before(makes_ready, is(&["stop_service"])),
        Ok(())
    );
    let bare = Scene::bare();
    let ran = bare.run(&bare.plan());
    let journal = ran.executor.journal();
    let is_placed = |entry: &JournalEntry| match &entry.op {
        Op::Write(WriteOp::PromoteFile { path }) => path.file_name() != ".being-built",
        Op::Write(WriteOp::MoveAside { .. }) => true,
        _ => false,
    };
    assert_eq!(journal.all_before(makes_ready, is_placed), Ok(()));
}

#[test]
fn all_old_members_are_down_before_data_moves_or_a_new_one_starts() {
    assert_order(
        &rebuilt(),
        &["stop_service"],
        &["move_aside", "start_service"],
    );
}

#[test]
fn all_members_are_started_before_one_is_waited_for() {
    assert_order(&rebuilt(), &["start_service"], &["await_healthy"]);
}

#[test]
fn destructive_writes_follow_a_fresh_look_on_their_host() {
    let journal = rebuilt();
    for (at, entry) in journal.iter().enumerate() {
        if !["stop_service", "move_aside"].contains(&entry.name()) {
            continue;
        }
        let before = &journal.0[..at];
        let own: Vec<_> = before
            .iter()
            .filter(|earlier| earlier.host == entry.host)
            .collect();
        let look = own.iter().rposition(|earlier| earlier.name() == "data_dir");
        let since = &own[look.expect("the data directory was read")..];
        // Data and configuration are moved in one breath.
        let is_write = |op: &&&JournalEntry| op.is_write() && op.name() != "move_aside";
        assert_eq!(
            since.iter().filter(is_write).count(),
            0,
            "{}",
            journal.lines()
        );
    }
}

proptest! {
    #![proptest_config(cases(40))]

    /// Whatever is asked for: every host of every cluster in the plan is read before the first
    /// write on any, and what is refused writes nothing.
    #[test]
    fn no_write_comes_before_the_last_fact_that_a_guard_reads(
        case in strategies::inventory(),
        asked in asked(),
    ) {
        let scene = Scene::on(case.world(), &case.text);
        let Ok(plan) = asked.plan(&scene.inventory, &case.hosts()) else { return Ok(()) };
        let ran = scene.run(&plan);
        let counters = ran.executor.counters();
        if ran.result.is_err() {
            prop_assert_eq!(counters.writes, 0);
        }
        let journal = ran.executor.journal();
        let first_trip = |entry: &JournalEntry| entry.round_trip == 1;
        let order = journal.all_before(first_trip, JournalEntry::is_write);
        prop_assert_eq!(order, Ok(()));
        let members = plan.clusters().iter().flat_map(|cluster| &cluster.members);
        for member in members {
            let host = member.host.name.as_str();
            prop_assert!(read(&ran.executor, host), "{host} was not read");
        }
        if let Ok(report) = &ran.result {
            prop_assert_eq!(report.steps.len(), plan.len());
        }
    }
}

/// Says whether all that a guard looks at was asked of a host in its first round trip.
fn read(executor: &SimExecutor, host: &str) -> bool {
    let journal = executor.journal();
    let first = |name: &str| {
        let mut own = journal.iter().filter(|entry| entry.host.as_str() == host);
        own.any(|entry| entry.round_trip == 1 && entry.name() == name)
    };
    [
        "system",
        "package",
        "service",
        "listeners",
        "data_dir",
        "read_file",
        "etcd",
    ]
    .into_iter()
    .all(first)
}
