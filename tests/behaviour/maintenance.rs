//! A store gets rid of what nobody needs: history, and room that is not in use.

use etcd_plan::engine::Silent;
use etcd_plan::plan::Plan;
use etcd_plan::{Goal, Outcome};
use etcd_plan_testkit::{Effect, FaultPlan, Kind};
use etcd_plan_tests::{HOSTS, Scene};

use crate::cuts::CUTS;

fn maintain(scene: &Scene) -> Plan {
    scene.plan_with(|builder| builder.goal(Goal::Maintain).keep_revisions(2))
}

/// Makes the living cluster of three, whose store has a megabyte of history.
fn used() -> Scene {
    let scene = Scene::living();
    scene.world.age(HOSTS[0], 1_000_000).expect("it is well");
    scene
}

/// Gives the hosts of the operations of one kind, in their order.
fn hosts_of(lines: &str, op: &str) -> Vec<&'static str> {
    let lines = lines.lines().filter(|line| line.contains(op));
    let host_in = |line: &str| HOSTS.into_iter().find(|host| line.contains(host));
    lines.filter_map(host_in).collect()
}

fn free(scene: &Scene, host: &str) -> u64 {
    scene.world.member_state(host).expect("it runs").free
}

#[test]
fn history_goes_and_databases_shrink_the_leader_s_last() {
    let scene = used();
    let first = scene.world.leader(HOSTS[0]).expect("it has one");
    let plan = maintain(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    assert_eq!(hosts_of(&lines, " compact "), [HOSTS[1]], "{lines}");
    assert_eq!(
        hosts_of(&lines, " defragment "),
        [HOSTS[1], HOSTS[2], HOSTS[0]]
    );
    assert_eq!(hosts_of(&lines, "move_leader"), [HOSTS[0]]);
    assert_ne!(scene.world.leader(HOSTS[0]), Ok(first));
    for host in HOSTS {
        let state = scene.world.member_state(host).expect("it runs");
        assert_eq!(
            (state.free, state.history, state.compacted),
            (0, 0, state.revision - 2)
        );
    }
    scene.assert_works();
    let again = scene.plan_with(|builder| builder.goal(Goal::Maintain));
    let again = scene.must_run(&again);
    assert!(!again.has_changes(), "{again}");
    let told = "of the databases is not in use: 0 % of";
    assert!(
        again.notes.iter().any(|note| note.contains(told)),
        "{:?}",
        again.notes
    );
}

#[test]
fn little_is_left_as_it_is() {
    let scene = used();
    let plan = scene.plan_with(|ask| ask.goal(Goal::Maintain).keep_revisions(2).threshold(99));
    scene.must_run(&plan);
    assert!(free(&scene, HOSTS[0]) > 900_000);
    let limited = scene.plan_with(|ask| ask.goal(Goal::Maintain).limit(HOSTS[2]));
    scene.must_run(&limited);
    assert_eq!(free(&scene, HOSTS[2]), 0);
    assert!(free(&scene, HOSTS[1]) > 900_000);
}

/// Compact all, defragment each, disarm: and then writes are taken again.
#[test]
fn a_full_quota_is_made_room_in() {
    let scene = used();
    scene.world.fill_quota(HOSTS[1]).expect("it is well");
    assert!(scene.world.put(HOSTS[0], "b", "1").is_err());
    let plan = scene.plan_with(|builder| builder.goal(Goal::Maintain));
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    let at = |op: &str| {
        let mut lines = lines
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains(op));
        lines.next().expect("it was done").0
    };
    assert!(at(" compact ") < at(" defragment ") && at(" defragment ") < at("disarm_alarms"));
    let state = scene.world.member_state(HOSTS[0]).expect("it runs");
    assert_eq!(state.compacted, state.revision, "all of it");
    scene.assert_works();
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn the_next_member_waits_for_one_that_fails() {
    let scene = used();
    let words = Effect::Fail("no room for the new database".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("defragment"), Some(1), words);
    let ran = scene.run_with(&maintain(&scene), faults, &mut Silent);
    let report = ran.reported();
    assert_eq!(report.count(Outcome::Failed), 1, "{report}");
    assert!(free(&scene, HOSTS[2]) > 900_000, "{report}");
    scene.must_run(&maintain(&scene));
    assert_eq!(free(&scene, HOSTS[2]), 0);
}

#[test]
fn a_cluster_that_is_not_well_is_left_alone() {
    let scene = used();
    scene.world.stop_service(HOSTS[2], "etcd");
    scene.must_refuse(&maintain(&scene), &["[members]", "etcd-3 is not healthy"]);
    let bare = Scene::bare();
    bare.must_refuse(&maintain(&bare), &["is not there: there is none"]);
}

#[test]
fn maintenance_that_is_cut_off_goes_on() {
    let writes = {
        let scene = used();
        let ran = scene.run(&maintain(&scene));
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    for (how, cut) in CUTS {
        for nth in 1..=writes {
            let scene = used();
            let plan = maintain(&scene);
            let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
            assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
            scene.put("meanwhile", "1");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
            for host in HOSTS {
                assert_eq!(free(&scene, host), 0, "{how} {nth}: {host}");
            }
            scene.assert_works();
        }
    }
}
