//! New hosts join a cluster that lives: one at a time, as learners first, and never at its cost.

use std::fmt::Write as _;

use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::Plan;
use etcd_plan::{Goal, Outcome};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene, THREE};

use crate::cuts::CUTS;

const FOURTH: &str = "10.10.10.13";
const FIFTH: &str = "10.10.10.14";

/// Makes the living cluster of three, and an inventory with these hosts more.
fn grown(new: &[&str]) -> Scene {
    grown_from(THREE, new)
}

fn grown_from(text: &str, new: &[&str]) -> Scene {
    let hosts: Vec<&str> = HOSTS.into_iter().chain([FOURTH, FIFTH]).collect();
    let mut scene = Scene::of(&hosts, text);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    let mut lines = "10.10.10.12: { etcd_seq: 3 }".to_owned();
    for (position, host) in new.iter().enumerate() {
        let seq = 4 + position;
        write!(lines, "\n    {host}: {{ etcd_seq: {seq} }}").expect("a String takes everything");
    }
    scene.reread(&text.replace("10.10.10.12: { etcd_seq: 3 }", &lines));
    scene
}

/// Plans what the seeds say: `-l <new hosts> -e etcd_init=existing`.
fn join(scene: &Scene, new: &[&str]) -> Plan {
    let mut extra = etcd_plan::ExtraVars::new();
    extra.set("etcd_init", "existing");
    let limit = new.join(",");
    scene.plan_with(|builder| builder.limit(limit).extra_vars(extra))
}

fn members(scene: &Scene, via: &str) -> Vec<(String, bool)> {
    let state = scene.world.member_state(via).expect("it runs");
    let mut members: Vec<_> = state
        .members
        .values()
        .map(|member| (member.name.clone(), member.is_learner))
        .collect();
    members.sort();
    members
}

fn voters(names: &[&str]) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), false))
        .collect()
}

fn conf(scene: &Scene, host: &str) -> String {
    let file = scene.world.read_file(host, "/etc/etcd/etcd.conf");
    String::from_utf8(file.expect("it is there")).expect("it is text")
}

#[test]
fn a_new_host_becomes_a_member_and_nobody_restarts() {
    let scene = grown(&[FOURTH]);
    let ran = scene.run(&join(&scene, &[FOURTH]));
    let lines = ran.executor.journal().lines();
    let starts_and_stops =
        |line: &&str| line.contains("start_service") || line.contains("stop_service");
    let touched: Vec<&str> = lines.lines().filter(starts_and_stops).collect();
    assert!(
        touched.len() == 1 && touched[0].contains(FOURTH),
        "{touched:?}"
    );
    let report = ran.succeeded();
    assert_eq!(
        members(&scene, FOURTH),
        voters(&["etcd-1", "etcd-2", "etcd-3", "etcd-4"])
    );
    assert_eq!(
        scene.world.get(FOURTH, "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
    assert!(conf(&scene, FOURTH).contains("initial-cluster-state: existing"));
    for host in HOSTS.into_iter().chain([FOURTH]) {
        assert!(
            conf(&scene, host).contains("etcd-4=https://10.10.10.13:2380"),
            "{host}"
        );
    }
    let taken_back = report
        .steps
        .iter()
        .filter(|step| step.step.as_str().contains("take-back"));
    assert!(
        taken_back.clone().count() == 1
            && taken_back.clone().all(|s| s.outcome == Outcome::Unchanged)
    );
    scene.assert_works();
}

#[test]
fn a_second_run_has_nothing_to_do_in_either_way() {
    let scene = grown(&[FOURTH]);
    let plan = join(&scene, &[FOURTH]);
    scene.must_run(&plan);
    let again = scene.must_run(&plan);
    assert!(!again.has_changes(), "{again}");
    let whole = scene.must_run(&scene.plan());
    assert!(!whole.has_changes(), "{whole}");
}

#[test]
fn several_hosts_join_one_after_the_other() {
    let scene = grown(&[FOURTH, FIFTH]);
    let plan = join(&scene, &[FOURTH, FIFTH]);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    let order: Vec<&str> = lines
        .lines()
        .filter_map(|line| {
            ["add_member", "promote_member"]
                .into_iter()
                .find(|op| line.contains(op))
        })
        .collect();
    assert_eq!(
        order,
        [
            "add_member",
            "promote_member",
            "add_member",
            "promote_member"
        ]
    );
    ran.succeeded();
    let all = ["etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5"];
    assert_eq!(members(&scene, FIFTH), voters(&all));
    assert!(conf(&scene, FOURTH).contains("etcd-5=https://10.10.10.14:2380"));
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn one_becomes_two_and_three() {
    let one = "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }";
    let mut scene = Scene::of(&HOSTS, one);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    scene.reread(THREE);
    for host in &HOSTS[1..] {
        scene.must_run(&join(&scene, &[host]));
    }
    assert_eq!(
        members(&scene, HOSTS[2]),
        voters(&["etcd-1", "etcd-2", "etcd-3"])
    );
    assert!(!scene.must_run(&scene.plan()).has_changes());
    scene.assert_works();
}

#[test]
fn the_goal_says_it_too_and_needs_a_limit() {
    let scene = grown(&[FOURTH]);
    let plan = scene.plan_with(|builder| builder.goal(Goal::Join).limit(FOURTH));
    scene.must_run(&plan);
    assert_eq!(members(&scene, HOSTS[0]).len(), 4);
    let whole = Plan::builder(&scene.inventory).goal(Goal::Join).build();
    let error = whole.expect_err("nobody is left to be joined").to_string();
    assert!(error.contains("takes in all members of etcd"), "{error}");
}

#[test]
fn a_host_that_is_to_stay_a_learner_stays_one() {
    let mut scene = grown(&[FOURTH]);
    let learner =
        "10.10.10.12: { etcd_seq: 3 }\n    10.10.10.13: { etcd_seq: 4, etcd_learner: true }";
    scene.reread(&THREE.replace("10.10.10.12: { etcd_seq: 3 }", learner));
    let plan = join(&scene, &[FOURTH]);
    scene.must_run(&plan);
    assert_eq!(members(&scene, HOSTS[0])[3], ("etcd-4".to_owned(), true));
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn what_was_added_by_hand_is_finished() {
    for as_learner in [true, false] {
        let scene = grown(&[FOURTH]);
        let url = "https://10.10.10.13:2380";
        scene
            .world
            .member_add(HOSTS[0], url, as_learner)
            .expect("it may");
        scene.must_run(&join(&scene, &[FOURTH]));
        assert_eq!(
            members(&scene, FOURTH),
            voters(&["etcd-1", "etcd-2", "etcd-3", "etcd-4"])
        );
        scene.assert_works();
    }
}

#[test]
fn a_safeguard_does_not_stand_in_the_way_of_a_join() {
    let scene = grown_from(
        &THREE.replace("etcd }", "etcd, etcd_safeguard: true }"),
        &[FOURTH],
    );
    scene.must_run(&join(&scene, &[FOURTH]));
    assert_eq!(members(&scene, FOURTH).len(), 4);
    scene.assert_works();
}

/// The data of a member that was removed, or of another life: no cluster takes it back.
#[test]
fn old_data_on_a_new_host_is_moved_aside_unless_it_is_safeguarded() {
    let scene = grown(&[FOURTH, FIFTH]);
    scene.must_run(&join(&scene, &[FOURTH]));
    let id = scene.world.member_state(FOURTH).expect("it runs").id;
    scene
        .world
        .member_remove(HOSTS[0], id)
        .expect("three remain");
    let guarded = ["etcd_init=existing", "etcd_safeguard=true"];
    let mut extra = etcd_plan::ExtraVars::new();
    for (name, value) in guarded.iter().filter_map(|var| var.split_once('=')) {
        extra.set(name, value);
    }
    let plan = scene.plan_with(|builder| builder.limit(FOURTH).extra_vars(extra));
    scene.must_refuse(
        &plan,
        &["[safeguard] etcd on 10.10.10.13", "holds its data"],
    );
    scene.must_run(&join(&scene, &[FOURTH]));
    assert_eq!(scene.purged(FOURTH, "/data/etcd").len(), 1);
    assert_eq!(members(&scene, FOURTH).len(), 4);
    scene.assert_works();
}

#[test]
fn a_join_that_fails_is_taken_back_and_can_be_tried_again() {
    // The start, and all that comes after it on the new host or about it.
    for broken in ["start_service", "await_healthy"] {
        let scene = grown_from(
            &THREE.replace("etcd }", "etcd, etcd_safeguard: true }"),
            &[FOURTH],
        );
        let plan = join(&scene, &[FOURTH]);
        let faults = FaultPlan::none()
            .at(
                Kind::Named(broken),
                None,
                Effect::Fail("disk on fire".to_owned()),
            )
            .on(FOURTH);
        let report = scene.run_with(&plan, faults, &mut Silent).reported();
        assert!(!report.is_success());
        assert_eq!(
            members(&scene, HOSTS[0]),
            voters(&["etcd-1", "etcd-2", "etcd-3"]),
            "{report}"
        );
        let text = report.to_string();
        assert!(text.contains("TAKEN BACK - etcd-4 ("), "{text}");
        assert!(scene.purged(FOURTH, "/data/etcd").len() <= 1);
        scene.assert_works();
        scene.must_run(&plan);
        assert_eq!(members(&scene, FOURTH).len(), 4);
        scene.assert_works();
    }
}

#[test]
fn a_cluster_that_is_not_well_is_not_joined() {
    let down = grown(&[FOURTH]);
    down.world.stop_service(HOSTS[2], "etcd");
    down.must_refuse(
        &join(&down, &[FOURTH]),
        &[
            "[members] etcd on 10.10.10.12",
            "has a vote and is not healthy",
        ],
    );
    down.world.stop_service(HOSTS[1], "etcd");
    down.must_refuse(
        &join(&down, &[FOURTH]),
        &["[members]", "no cluster that lives can be joined"],
    );

    let lost = grown(&[FOURTH]);
    lost.world.stop_service(HOSTS[2], "etcd");
    lost.world.wipe(HOSTS[2], "/data/etcd/member");
    lost.must_refuse(
        &join(&lost, &[FOURTH]),
        &["etcd-3 is a member, and its data is gone"],
    );

    let unknown = grown(&[FOURTH]);
    let added = unknown
        .world
        .member_add(HOSTS[0], "https://10.10.10.14:2380", true);
    added.expect("it may");
    unknown.must_refuse(
        &join(&unknown, &[FOURTH]),
        &["a member that the inventory does not have", "10.10.10.14"],
    );

    let awaited = grown(&[FOURTH, FIFTH]);
    let added = awaited
        .world
        .member_add(HOSTS[0], "https://10.10.10.14:2380", true);
    added.expect("it may");
    awaited.must_refuse(
        &join(&awaited, &[FOURTH]),
        &["etcd-5 was added", "never started"],
    );
}

/// A lower number than all members': the first that the limit leaves out is no member either.
#[test]
fn others_join_through_a_member_only() {
    let mut scene = grown(&[FOURTH]);
    scene.reread(&THREE.replace(
        "10.10.10.10: { etcd_seq: 1 }",
        "10.10.10.10: { etcd_seq: 1 }\n    10.10.10.13: { etcd_seq: 0 }\n    10.10.10.14: { etcd_seq: 4 }",
    ));
    let refused = join(&scene, &[FIFTH]);
    scene.must_refuse(&refused, &["through etcd-0", "it is no member"]);
    scene.must_run(&join(&scene, &[FOURTH, FIFTH]));
    assert_eq!(members(&scene, HOSTS[0]).len(), 5);
}

/// Wherever a join is cut off, a second run of it ends like one that was not cut, and the cluster
/// answers at every moment.
#[test]
fn a_join_that_is_cut_off_goes_on() {
    let new = [FOURTH, FIFTH];
    let writes = {
        let scene = grown(&new);
        let ran = scene.run(&join(&scene, &new));
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    for nth in 1..=writes {
        let (how, cut) = CUTS[nth % CUTS.len()];
        let scene = grown(&new);
        let plan = join(&scene, &new);
        let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
        assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
        scene.put("meanwhile", "1");
        let second = scene.run(&plan).reported();
        assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
        let all = ["etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5"];
        assert_eq!(members(&scene, FIFTH), voters(&all), "{how} {nth}");
        assert!(scene.holds(FIFTH, Scene::PRECIOUS));
        assert!(!scene.must_run(&plan).has_changes(), "{how} {nth}");
        scene.assert_works();
    }
}

/// Others name the endpoints, too, and no run writes their files.
#[test]
fn who_must_be_told_of_new_endpoints_is_said_before_and_after() {
    let scene = grown(&[FOURTH, FIFTH]);
    let plan = join(&scene, &[FOURTH]);
    let notes = || {
        let executor = SimExecutor::new(&scene.world);
        let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
        observed.preview().notes.join("\n")
    };
    let before = notes();
    assert!(before.contains("(+ https://10.10.10.13:2379)"), "{before}");
    assert!(before.contains("`etcd3.hosts` of Patroni"), "{before}");
    let report = scene.must_run(&plan);
    assert!(report.notes.join("\n").contains(&before), "{report}");
    let again = notes();
    assert!(!again.contains("endpoints"), "{again}");
}
