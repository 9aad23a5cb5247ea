//! A saved plan is carried out only while the facts that it was made from hold.

use etcd_plan::engine::{FactsMoved, Run, Silent};
use etcd_plan::op::Ownership;
use etcd_plan::plan::Plan;
use etcd_plan::saved::SavedPlan;
use etcd_plan_testkit::{Node, SimExecutor};
use etcd_plan_tests::snapshots::assert_run_snapshot;
use etcd_plan_tests::{HOSTS, Scene};

/// A fact that moves, and what somebody does for that.
type Change<'a> = (&'a str, &'a dyn Fn(&Scene));

/// Saves a plan as a document, and reads it back.
fn save(scene: &Scene, plan: &Plan) -> SavedPlan {
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(plan, &executor, &scene.keys).observe(&mut Silent);
    let text = observed.save().to_json();
    assert!(!text.contains("PRIVATE KEY"), "no secret is in a document");
    let saved = SavedPlan::from_json(&text).expect("what was written can be read");
    assert_eq!(saved.to_json(), text);
    saved
}

/// Says whether the facts of a saved plan still hold.
fn check(scene: &Scene, saved: &SavedPlan) -> Result<(), FactsMoved> {
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&saved.plan, &executor, &scene.keys).observe(&mut Silent);
    let facts = saved.facts.as_ref().expect("hosts were read");
    observed.holding(facts).map(drop)
}

#[test]
fn what_nobody_touched_holds() {
    for scene in [Scene::bare(), Scene::living(), Scene::stopped()] {
        let saved = save(&scene, &scene.plan());
        assert_eq!(check(&scene, &saved), Ok(()));
    }
}

#[test]
fn keys_come_and_go_and_the_plan_still_holds() {
    let scene = Scene::living();
    let saved = save(&scene, &scene.rebuild());
    scene.put("b", "more");
    assert_eq!(check(&scene, &saved), Ok(()));
}

#[test]
fn what_was_carried_out_does_not_hold_any_more() {
    let scene = Scene::bare();
    let saved = save(&scene, &scene.plan());
    scene.must_run(&saved.plan);
    assert!(check(&scene, &saved).is_err());
}

#[test]
fn whatever_somebody_changed_is_told() {
    let file = |mode| Node::file("# by hand\n", Ownership::both("root"), mode);
    let path = "/etc/profile.d/etcdctl.sh";
    let stop = |scene: &Scene| scene.world.stop_service(HOSTS[1], "etcd");
    let changes: [Change<'_>; 5] = [
        (path, &|scene| {
            scene.world.put_file(HOSTS[1], path, file(0o644));
        }),
        ("etcd.service", &stop),
        ("listeners", &stop),
        ("data in /data/etcd", &|scene| {
            scene.world.stop_service(HOSTS[1], "etcd");
            scene.world.wipe(HOSTS[1], "/data/etcd");
        }),
        ("reached", &|scene| scene.world.power_off(HOSTS[1])),
    ];
    for (fact, change) in changes {
        let scene = Scene::living();
        let saved = save(&scene, &scene.plan());
        change(&scene);
        let moved = check(&scene, &saved)
            .expect_err("something was changed")
            .moved;
        let told = |moved: &etcd_plan::saved::Moved| {
            moved.place == HOSTS[1] && moved.fact.contains(fact) && moved.before != moved.now
        };
        assert!(moved.iter().any(told), "{fact}: {moved:?}");
    }
}

#[test]
fn the_difference_reads_well() {
    let scene = Scene::living();
    let saved = save(&scene, &scene.plan());
    let file = Node::file("# by hand\n", Ownership::both("root"), 0o600);
    scene
        .world
        .put_file(HOSTS[1], "/etc/profile.d/etcdctl.sh", file);
    let moved = check(&scene, &saved).expect_err("somebody changed a file");
    let digest = "[0-9a-f]{64}";
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(digest, "<digest>");
    settings.bind(|| assert_run_snapshot("behaviour", "facts-moved", &moved.to_string()));
}

#[test]
fn a_bare_plan_has_no_facts() {
    let plan = Scene::bare().plan();
    let saved = SavedPlan::from_json(&plan.to_json()).expect("a plan");
    assert!(saved.facts.is_none() && saved.preview.is_none());
    assert_eq!(saved.plan.to_json(), plan.to_json());
    assert!(SavedPlan::from_json("{}").is_err());
    assert!(SavedPlan::from_json(r#"{"format":"etcd-plan-saved/2"}"#).is_err());
    let saved = save(&Scene::bare(), &plan).to_json();
    let tampered = saved.replace("\"kind\": \"gate\"", "\"kind\": \"verify\"");
    assert_ne!(tampered, saved);
    assert!(SavedPlan::from_json(&tampered).is_err());
}

#[test]
fn what_is_no_bare_plan_says_what_it_is() {
    let scene = Scene::bare();
    let saved = SavedPlan {
        made_at: String::new(),
        plan: scene.plan(),
        facts: None,
        preview: None,
        refusals: Vec::new(),
    };
    let error = Plan::from_json(&saved.to_json()).expect_err("it is more than a plan");
    assert!(error.to_string().contains("its field `plan`"), "{error}");
}
