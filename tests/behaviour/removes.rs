//! Members leave a cluster that lives: one at a time, never at its cost, and also when they are dead.

use etcd_plan::engine::Silent;
use etcd_plan::plan::{Plan, Step};
use etcd_plan::{Goal, Subtask};
use etcd_plan_testkit::FaultPlan;
use etcd_plan_tests::{HOSTS, Scene, THREE};

const FIVE: &str = "all:
  children:
    etcd:
      hosts:
        10.10.10.10: { etcd_seq: 1 }
        10.10.10.11: { etcd_seq: 2 }
        10.10.10.12: { etcd_seq: 3 }
        10.10.10.13: { etcd_seq: 4 }
        10.10.10.14: { etcd_seq: 5 }
      vars: { etcd_cluster: etcd }
    infra: { hosts: { 10.10.10.9: {} } }
";
const ALL: [&str; 6] = [
    "10.10.10.9",
    "10.10.10.10",
    "10.10.10.11",
    "10.10.10.12",
    "10.10.10.13",
    "10.10.10.14",
];

fn five() -> Scene {
    let scene = Scene::of(&ALL, FIVE);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    scene
}

fn remove(scene: &Scene, words: &[&str]) -> Plan {
    scene.plan_with(|builder| builder.goal(Goal::Remove).depart(words.iter().copied()))
}

fn dead(scene: &Scene, words: &[&str]) -> Plan {
    scene.plan_with(|builder| {
        let words = words.iter().copied();
        builder.goal(Goal::Remove).depart(words).dead(true)
    })
}

fn members(scene: &Scene, via: &str) -> Vec<String> {
    let state = scene.world.member_state(via).expect("it runs");
    let mut names: Vec<_> = state.members.values().map(|m| m.name.clone()).collect();
    names.sort();
    names
}

fn text(scene: &Scene, host: &str, path: &str) -> String {
    let file = scene.world.read_file(host, path).unwrap_or_default();
    String::from_utf8(file).expect("it is text")
}

/// Takes members' lines out of the inventory.
fn without(text: &str, hosts: &[&str]) -> String {
    let is_theirs = |line: &&str| hosts.iter().any(|host| line.contains(&format!("{host}:")));
    let kept: Vec<&str> = text.lines().filter(|line| !is_theirs(line)).collect();
    kept.join("\n")
}

#[test]
fn a_member_leaves_and_nobody_else_restarts() {
    let mut scene = five();
    let ran = scene.run(&remove(&scene, &["10.10.10.14"]));
    let lines = ran.executor.journal().lines();
    let others = lines.lines().filter(|line| {
        (line.contains("start_service") || line.contains("stop_service"))
            && !line.contains("10.10.10.14")
    });
    assert_eq!(others.count(), 0, "{lines}");
    ran.succeeded();
    let left = ["etcd-1", "etcd-2", "etcd-3", "etcd-4"];
    assert_eq!(members(&scene, HOSTS[0]), left);
    for host in &ALL[1..5] {
        let conf = text(&scene, host, "/etc/etcd/etcd.conf");
        assert!(
            conf.contains("etcd-4=") && !conf.contains("etcd-5="),
            "{conf}"
        );
        let environment = text(&scene, host, "/etc/profile.d/etcdctl.sh");
        assert!(!environment.contains("10.10.10.14"), "{environment}");
    }
    // Its data and configuration lie aside, and Prometheus no longer asks for it.
    assert_eq!(scene.purged("10.10.10.14", "/data/etcd").len(), 1);
    assert!(scene.holds("10.10.10.14", Scene::PRECIOUS));
    assert_eq!(text(&scene, "10.10.10.14", "/etc/etcd/etcd.conf"), "");
    assert!(scene.world.member_state("10.10.10.14").is_err());
    let target = |seq| format!("/etc/prometheus/targets/etcd/etcd-{seq}.yml");
    assert_eq!(text(&scene, ALL[0], &target(5)), "");
    assert_ne!(text(&scene, ALL[0], &target(4)), "");
    scene.assert_works();
    // Again, with its host in the inventory and without: nothing is left to do.
    assert!(!scene.must_run(&remove(&scene, &["etcd-5"])).has_changes());
    scene.reread(&without(FIVE, &["10.10.10.14"]));
    assert!(!scene.must_run(&scene.plan()).has_changes());
    assert!(!scene.must_run(&remove(&scene, &["etcd-5"])).has_changes());
}

#[test]
fn the_leader_hands_over_before_it_leaves_and_is_the_last_to() {
    let scene = five();
    let before = scene.world.leader(HOSTS[0]).expect("there is one");
    let leader = scene.world.member_state(HOSTS[0]).expect("it runs").id;
    assert_eq!(before, leader, "the first leads in the simulator");
    let ran = scene.run(&remove(&scene, &[HOSTS[0], HOSTS[1]]));
    let lines = ran.executor.journal().lines();
    let of_members = lines.lines().filter_map(|line| {
        let kinds = ["remove_member", "move_leader", "stop_service"];
        kinds.into_iter().find(|kind| line.contains(kind))
    });
    let order: Vec<&str> = of_members.collect();
    assert_eq!(
        order[..3],
        ["remove_member", "move_leader", "remove_member"],
        "{lines}"
    );
    ran.succeeded();
    assert_eq!(members(&scene, HOSTS[2]), ["etcd-3", "etcd-4", "etcd-5"]);
}

#[test]
fn five_become_three_and_one() {
    let mut scene = five();
    scene.must_run(&remove(&scene, &["etcd-5", "10.10.10.13"]));
    scene.reread(&without(FIVE, &["10.10.10.14", "10.10.10.13"]));
    assert!(!scene.must_run(&scene.plan()).has_changes());
    scene.must_run(&remove(&scene, &["etcd-2", "etcd-3"]));
    scene.reread(&without(FIVE, &ALL[2..]));
    assert!(!scene.must_run(&scene.plan()).has_changes());
    assert_eq!(members(&scene, HOSTS[0]), ["etcd-1"]);
    assert_eq!(
        scene.world.get(HOSTS[0], "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
}

/// Its host is off, and the plan needs it as little as the cluster does.
#[test]
fn a_dead_member_leaves_and_nothing_is_done_on_its_host() {
    let scene = five();
    scene.world.power_off("10.10.10.14");
    let plan = remove(&scene, &["10.10.10.14"]);
    scene.must_refuse(&plan, &["[readable] etcd on 10.10.10.14", "`--dead`"]);
    let plan = dead(&scene, &["10.10.10.14"]);
    let touched = plan.steps().filter(|step| step.action().can_change());
    let mut touched = touched.filter_map(Step::host_name);
    assert!(!touched.any(|host| host.as_str() == "10.10.10.14"));
    scene.must_run(&plan);
    assert_eq!(members(&scene, HOSTS[0]).len(), 4);
    assert!(!scene.must_run(&plan).has_changes());
    // When it is back after all, the cluster does not take it in.
    scene.world.power_on("10.10.10.14");
    assert!(scene.world.member_state("10.10.10.14").is_err());
    assert_eq!(scene.world.corruptions(), Vec::<String>::new());
    scene.must_run(&remove(&scene, &["10.10.10.14"]));
    assert_eq!(scene.purged("10.10.10.14", "/data/etcd").len(), 1);
    scene.assert_works();
}

#[test]
fn a_member_that_answers_is_not_taken_for_dead() {
    let scene = five();
    scene.must_refuse(
        &dead(&scene, &["etcd-5"]),
        &["[members] etcd on 10.10.10.14", "etcd-5 is not dead"],
    );
}

/// Its host is still there, its etcd is not: it leaves first, whatever the order in which they were
/// named.
#[test]
fn who_is_down_leaves_first() {
    let mut scene = five();
    scene.must_run(&remove(&scene, &["etcd-4", "etcd-5"]));
    scene.reread(THREE);
    scene.world.stop_service(HOSTS[1], "etcd");
    scene.must_run(&remove(&scene, &["etcd-3", "etcd-2"]));
    assert_eq!(members(&scene, HOSTS[0]), ["etcd-1"]);
    assert!(scene.holds(HOSTS[1], Scene::PRECIOUS));
}

#[test]
fn a_member_whose_host_is_gone_from_the_inventory_leaves_by_name_id_or_address() {
    let id = |scene: &Scene| scene.world.member_state("10.10.10.14").expect("it runs").id;
    let words: [&dyn Fn(&Scene) -> String; 3] = [
        &|_| "etcd-5".to_owned(),
        &|_| "10.10.10.14".to_owned(),
        &|scene| id(scene).to_string(),
    ];
    for word in words {
        let mut scene = five();
        let word = word(&scene);
        scene.world.power_off("10.10.10.14");
        scene.reread(&without(FIVE, &["10.10.10.14"]));
        let plan = remove(&scene, &[&word]);
        scene.must_run(&plan);
        assert_eq!(members(&scene, HOSTS[0]).len(), 4, "{word}");
        assert!(!scene.must_run(&plan).has_changes());
        assert!(!scene.must_run(&scene.plan()).has_changes());
        scene.assert_works();
    }
}

#[test]
fn what_cannot_be_removed_is_no_plan() {
    let scene = five();
    let plan = || Plan::builder(&scene.inventory);
    let remove = || plan().goal(Goal::Remove);
    let all = || ALL[1..].iter().copied();
    let cases = [
        (remove(), "needs the members that are to leave"),
        (remove().depart(all()), "no voter of etcd would be left"),
        (remove().depart(["etcd-x"]), "`etcd-x` is no member"),
        (remove().depart(["etcd-5"]).limit("etcd"), "takes no limit"),
        (
            remove().depart(["etcd-5"]).tags([Subtask::Purge]),
            "takes no tags",
        ),
        (
            plan().depart(["etcd-5"]),
            "the goal `create` lets no member leave",
        ),
        (plan().dead(true), "the goal `create` has no use for `dead`"),
    ];
    for (builder, words) in cases {
        let error = builder.build().expect_err("there is no such plan");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_cluster_that_is_not_well_lets_nobody_leave() {
    let scene = five();
    scene.world.stop_service(HOSTS[1], "etcd");
    let plan = remove(&scene, &["etcd-5"]);
    scene.must_refuse(&plan, &["[members] etcd on 10.10.10.11", "is not healthy"]);
    for host in &ALL[3..5] {
        scene.world.stop_service(host, "etcd");
    }
    scene.must_refuse(&plan, &["[members]", "without a quorum"]);

    let mut unknown = five();
    unknown.reread(&without(FIVE, &["10.10.10.13"]));
    let plan = remove(&unknown, &["etcd-5"]);
    unknown.must_refuse(
        &plan,
        &["a member that the inventory does not have: etcd-4"],
    );

    let by_id = five();
    let id = by_id.world.member_state(HOSTS[1]).expect("it runs").id;
    let plan = remove(&by_id, &[&id.to_string()]);
    by_id.must_refuse(&plan, &["is etcd-2, which the inventory has"]);
}

/// What a member holds, the others hold too; but what is of another making is nobody else's.
#[test]
fn a_safeguard_keeps_only_what_is_not_of_the_cluster() {
    let text = FIVE.replace("etcd }", "etcd, etcd_safeguard: true }");
    let mut scene = five();
    scene.reread(&text);
    scene.must_run(&remove(&scene, &["etcd-5"]));
    assert_eq!(scene.purged("10.10.10.14", "/data/etcd").len(), 1);

    let other = five();
    other.must_run(&remove(&other, &["etcd-5"]));
    let kept = other.purged("10.10.10.14", "/data/etcd");
    other.world.rename("10.10.10.14", &kept[0], "/data/etcd");
    let mut scene = other;
    scene.reread(&text);
    let plan = remove(&scene, &["etcd-5"]);
    scene.must_refuse(
        &plan,
        &["[safeguard] etcd on 10.10.10.14", "holds its data"],
    );
}

/// Wherever it is cut off, the same command ends like one that was not, and the cluster answers at
/// every moment.
#[test]
fn a_removal_that_is_cut_off_goes_on() {
    // The leader is among them.
    let words = ["etcd-1", "10.10.10.14"];
    let via = HOSTS[1];
    let writes = {
        let scene = five();
        let ran = scene.run(&remove(&scene, &words));
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
        {
            let cut = cuts[nth % 3];
            let scene = five();
            let plan = remove(&scene, &words);
            let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
            assert!(!first.is_success(), "write {nth} was not cut: {first}");
            let done = scene.world.put(via, "meanwhile", "1");
            done.expect("the cluster takes writes");
            scene.world.delete(via, "meanwhile").expect("it does");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "write {nth}: {first}\nthen: {second}");
            assert_eq!(members(&scene, via), ["etcd-2", "etcd-3", "etcd-4"]);
            assert!(!scene.must_run(&plan).has_changes(), "write {nth}");
            assert_eq!(scene.world.corruptions(), Vec::<String>::new());
        }
    }
}
