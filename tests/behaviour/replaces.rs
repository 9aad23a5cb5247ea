//! A new host takes the place of a member: one that lives leaves when the new one votes, one that is
//! dead before it joins.

use etcd_plan::Goal;
use etcd_plan::engine::Silent;
use etcd_plan::plan::Plan;
use etcd_plan_testkit::FaultPlan;
use etcd_plan_tests::{HOSTS, Scene, THREE};

const NEW: &str = "10.10.10.13";
const ONE: &str = "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }";

/// Makes the living cluster, and an inventory with a host more.
fn with_new(text: &str) -> Scene {
    let hosts: Vec<&str> = HOSTS.into_iter().chain([NEW]).collect();
    let mut scene = Scene::of(&hosts, text);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    let (last, seq) = if text == ONE { ("1 }", 4) } else { ("3 }", 4) };
    let more = if text == ONE {
        format!("{last}, {NEW}: {{ etcd_seq: {seq} }}")
    } else {
        format!("{last}\n    {NEW}: {{ etcd_seq: {seq} }}")
    };
    scene.reread(&text.replace(last, &more));
    scene
}

fn replace(scene: &Scene, old: &str, dead: bool) -> Plan {
    scene.plan_with(|builder| {
        let builder = builder.goal(Goal::Replace).depart([old]).dead(dead);
        builder.limit(NEW)
    })
}

fn members(scene: &Scene, via: &str) -> Vec<String> {
    let state = scene.world.member_state(via).expect("it runs");
    let members = state.members.values();
    let mut names: Vec<_> = members
        .map(|m| format!("{}{}", m.name, if m.is_learner { " (learner)" } else { "" }))
        .collect();
    names.sort();
    names
}

fn order(ran: &etcd_plan_tests::Ran) -> Vec<&'static str> {
    let kinds = [
        "add_member",
        "promote_member",
        "remove_member",
        "move_leader",
    ];
    let lines = ran.executor.journal().lines();
    let of = |line: &str| kinds.into_iter().find(|kind| line.contains(kind));
    lines.lines().filter_map(of).collect()
}

#[test]
fn a_member_that_lives_leaves_once_the_new_one_votes() {
    let scene = with_new(THREE);
    // The leader.
    let plan = replace(&scene, HOSTS[0], false);
    let ran = scene.run(&plan);
    let order = order(&ran);
    assert_eq!(
        order,
        [
            "add_member",
            "promote_member",
            "move_leader",
            "remove_member"
        ]
    );
    ran.succeeded();
    assert_eq!(members(&scene, NEW), ["etcd-2", "etcd-3", "etcd-4"]);
    assert!(scene.holds(NEW, Scene::PRECIOUS));
    assert_eq!(scene.purged(HOSTS[0], "/data/etcd").len(), 1);
    for host in [HOSTS[1], HOSTS[2], NEW] {
        let conf = scene.world.read_file(host, "/etc/etcd/etcd.conf");
        let conf = String::from_utf8(conf.unwrap_or_default()).expect("text");
        assert!(
            conf.contains("etcd-4=") && !conf.contains("etcd-1="),
            "{conf}"
        );
    }
    assert!(!scene.must_run(&plan).has_changes());
    assert_eq!(scene.world.corruptions(), Vec::<String>::new());
}

#[test]
fn a_dead_member_leaves_before_the_new_one_joins() {
    let mut scene = with_new(THREE);
    scene.world.power_off(HOSTS[2]);
    let refused = replace(&scene, HOSTS[2], false);
    scene.must_refuse(&refused, &["[readable] etcd on 10.10.10.12", "--dead"]);
    let plan = replace(&scene, HOSTS[2], true);
    let ran = scene.run(&plan);
    assert_eq!(
        order(&ran),
        ["remove_member", "add_member", "promote_member"]
    );
    ran.succeeded();
    assert_eq!(members(&scene, NEW), ["etcd-1", "etcd-2", "etcd-4"]);
    assert!(!scene.must_run(&plan).has_changes());
    let gone = THREE.replace(
        "10.10.10.12: { etcd_seq: 3 }",
        "10.10.10.13: { etcd_seq: 4 }",
    );
    scene.reread(&gone);
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

/// Its host is no longer in the inventory: the new one stands in its place.
#[test]
fn a_member_that_is_gone_is_replaced_by_its_name() {
    let mut scene = with_new(THREE);
    scene.world.power_off(HOSTS[2]);
    let gone = THREE.replace(
        "10.10.10.12: { etcd_seq: 3 }",
        "10.10.10.13: { etcd_seq: 4 }",
    );
    scene.reread(&gone);
    let plan = replace(&scene, "etcd-3", false);
    scene.must_run(&plan);
    assert_eq!(members(&scene, NEW), ["etcd-1", "etcd-2", "etcd-4"]);
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

#[test]
fn the_only_member_is_replaced() {
    let scene = with_new(ONE);
    let plan = replace(&scene, HOSTS[0], false);
    scene.must_run(&plan);
    assert_eq!(members(&scene, NEW), ["etcd-4"]);
    assert_eq!(
        scene.world.get(NEW, "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
    assert!(!scene.must_run(&plan).has_changes());
    let dead = Plan::builder(&scene.inventory).goal(Goal::Replace);
    let dead = dead.depart([HOSTS[0]]).dead(true).limit(NEW).build();
    let error = dead.expect_err("nobody is left").to_string();
    assert!(error.contains("no voter of etcd would be left"), "{error}");
}

#[test]
fn a_member_that_is_not_well_does_not_hand_over() {
    let scene = with_new(THREE);
    scene.world.stop_service(HOSTS[2], "etcd");
    let plan = replace(&scene, HOSTS[2], false);
    scene.must_refuse(&plan, &["etcd-3 is to hand over", "--dead"]);
    scene.must_run(&replace(&scene, HOSTS[2], true));
    assert_eq!(members(&scene, NEW), ["etcd-1", "etcd-2", "etcd-4"]);
}

#[test]
fn a_replacement_that_is_cut_off_goes_on() {
    for dead in [false, true] {
        let begin = || {
            let scene = with_new(THREE);
            if dead {
                scene.world.power_off(HOSTS[2]);
            }
            scene
        };
        let writes = {
            let scene = begin();
            let ran = scene.run(&replace(&scene, HOSTS[2], dead));
            let writes = ran.executor.counters().writes;
            ran.succeeded();
            writes
        };
        for nth in 1..=writes {
            let cuts = [
                FaultPlan::kill_after_write,
                FaultPlan::drop_before_write,
                FaultPlan::drop_after_write,
            ];
            let scene = begin();
            let plan = replace(&scene, HOSTS[2], dead);
            let first = scene.run_with(&plan, cuts[nth % 3](nth), &mut Silent);
            let first = first.reported();
            assert!(!first.is_success(), "write {nth} was not cut: {first}");
            scene.put("meanwhile", "1");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "write {nth}: {first}\nthen: {second}");
            assert_eq!(members(&scene, NEW), ["etcd-1", "etcd-2", "etcd-4"]);
            assert!(scene.holds(NEW, Scene::PRECIOUS));
            assert!(!scene.must_run(&plan).has_changes(), "write {nth}");
            assert_eq!(scene.world.corruptions(), Vec::<String>::new());
        }
    }
}
