//! Attempts to walk around the guards. Each is one that once worked, or that looked as if it might.

use std::collections::BTreeMap;

use etcd_plan::facts::FoundConf;
use etcd_plan::op::Ownership;
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan::{ExtraVars, Goal};
use etcd_plan_testkit::{MemberState, Node};
use etcd_plan_tests::{HOSTS, Ran, Scene, THREE, WHOLE, asked, cases};
use proptest::prelude::*;

const GUARDED: &str = "etcd, etcd_safeguard: true }";

/// What is there when somebody tries.
#[derive(Debug, Clone, Copy)]
enum There {
    Living,
    Stopped,
    OneDown,
    OneWiped,
    AllDownOneWiped,
    ConfLost,
    TokensDiffer,
    /// The note that the cluster is being built was not taken away, and the cluster is in use.
    NoteLeft,
    NoteLeftAndStopped,
}

const ALL: [There; 9] = [
    There::Living,
    There::Stopped,
    There::OneDown,
    There::OneWiped,
    There::AllDownOneWiped,
    There::ConfLost,
    There::TokensDiffer,
    There::NoteLeft,
    There::NoteLeftAndStopped,
];

/// Makes what is there, of a cluster that must not be purged.
fn guarded(there: There) -> Scene {
    let mut scene = match there {
        There::Stopped
        | There::AllDownOneWiped
        | There::TokensDiffer
        | There::NoteLeftAndStopped => Scene::stopped(),
        _ => Scene::living(),
    };
    let world = &scene.world;
    match there {
        There::Living | There::Stopped => {}
        There::OneDown => world.kill_service(HOSTS[2], "etcd"),
        There::OneWiped => {
            world.stop_service(HOSTS[2], "etcd");
            world.wipe(HOSTS[2], "/data/etcd");
        }
        There::AllDownOneWiped => world.wipe(HOSTS[0], "/data/etcd"),
        There::NoteLeft | There::NoteLeftAndStopped => {
            for host in HOSTS {
                let conf = world
                    .read_file(host, "/etc/etcd/etcd.conf")
                    .expect("it is there");
                let token = FoundConf::read(&conf).token.expect("it has one");
                let note = Node::file(token, Ownership::both("etcd"), 0o644);
                world.put_file(host, "/etc/etcd/.being-built", note);
            }
        }
        There::ConfLost => world.wipe(HOSTS[1], "/etc/etcd/etcd.conf"),
        There::TokensDiffer => {
            let conf = world
                .read_file(HOSTS[1], "/etc/etcd/etcd.conf")
                .expect("it is there");
            let conf = String::from_utf8_lossy(&conf).replace("token: etcd-", "token: etcd-0");
            let file = Node::file(conf, Ownership::both("etcd"), 0o644);
            world.put_file(HOSTS[1], "/etc/etcd/etcd.conf", file);
        }
    }
    scene.reread(&THREE.replace("etcd }", GUARDED));
    scene
}

/// What must not be lost: which member has which state, and which data lies where.
fn treasure(scene: &Scene) -> (BTreeMap<&'static str, MemberState>, Vec<bool>) {
    let running = HOSTS.into_iter();
    let running = running.filter_map(|host| Some((host, scene.world.member_state(host).ok()?)));
    let held = HOSTS.map(|host| {
        scene.holds(host, Scene::PRECIOUS) && scene.purged(host, "/data/etcd").is_empty()
    });
    (running.collect(), held.to_vec())
}

/// Asserts that a run took nothing away: no member was stopped but to start again, no data moved.
fn assert_untouched(
    scene: &Scene,
    before: &(BTreeMap<&'static str, MemberState>, Vec<bool>),
    (goal, ran): (Goal, &Ran),
) {
    let journal = ran.executor.journal();
    let takes_away = ["stop_service", "move_aside", "delete_purged"];
    let restarts = goal.restarts();
    let taken: Vec<_> = journal
        .iter()
        .filter(|op| takes_away.contains(&op.name()))
        .filter(|op| !restarts || op.name() != "stop_service")
        // A snapshot that stays on its host gets its name there.
        .filter(|op| !op.to_string().contains("/var/lib/etcd-plan/backup/"))
        .collect();
    assert!(taken.is_empty(), "{taken:?}");
    let after = treasure(scene);
    assert_eq!(before.1, after.1, "data has moved");
    for (host, state) in &before.0 {
        let now = after
            .0
            .get(host)
            .unwrap_or_else(|| panic!("{host} runs no more"));
        assert_eq!(state.cluster_id, now.cluster_id);
        assert_eq!(state.kv, now.kv);
    }
    assert_eq!(scene.world.corruptions(), Vec::<String>::new());
}

/// Extra variables that somebody may try besides.
fn variables() -> impl Strategy<Value = Vec<&'static str>> {
    let all = vec![
        "etcd_clean=true",
        "etcd_data=/data/other",
        "etcd_cluster=other",
        "etcd_init=existing",
        "etcd_port=3379",
        "etcd_peer_port=3380",
        "etcd_purge_retention=0",
        "etcd_election_timeout=2000",
        "etcd_version=3.4",
        "ca_create=false",
        "ca_dir=elsewhere",
    ];
    prop_oneof![
        2 => Just(Vec::new()),
        1 => proptest::sample::subsequence(all, 1..=3),
    ]
}

proptest! {
    #![proptest_config(cases(200))]

    /// Neither goal, tags, limit nor variables take anything from a cluster with a safeguard, nor do
    /// two runs of which the first prepares the second.
    #[test]
    fn nothing_that_can_be_asked_for_takes_from_a_cluster_with_a_safeguard(
        there in proptest::sample::select(&ALL[..]),
        asked in proptest::collection::vec(asked(), 1..=2),
        vars in variables(),
    ) {
        let scene = guarded(there);
        let mut extra = ExtraVars::new();
        for var in &vars {
            extra.add_argument(var).expect("`name=value`");
        }
        let hosts = HOSTS.map(str::to_owned);
        let before = treasure(&scene);
        // What a member holds that leaves, the others hold too: see removes.rs.
        for asked in asked.into_iter().filter(|asked| !asked.leaves()) {
            let builder = asked.builder(&scene.inventory, &hosts).extra_vars(extra.clone());
            if let Ok(plan) = builder.build() {
                assert_untouched(&scene, &before, (plan.goal(), &scene.run(&plan)));
            }
        }
        // And nothing new is begun beside what is there.
        let (running, _) = treasure(&scene);
        let ids = running.values().map(|state| state.cluster_id).collect::<Vec<_>>();
        prop_assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "two clusters: {ids:?}");
        let is_old = |state: &MemberState| state.kv.contains_key("a");
        prop_assert!(running.values().all(is_old), "a new cluster was begun");
    }
}

/// The data of a stopped cluster, which the inventory now looks for elsewhere.
#[test]
fn another_data_directory_does_not_hide_the_data_that_is_there() {
    let scene = guarded(There::Stopped);
    for goal in WHOLE {
        let plan = scene.with_extra(goal, &["etcd_data=/data/other"]);
        scene.must_refuse(
            &plan,
            &["[safeguard]", "keeps its data in /data/etcd, not in"],
        );
    }
}

/// In two steps: first the configuration alone, then the cluster.
#[test]
fn a_configuration_that_hides_the_data_is_not_written_under_a_safeguard() {
    for there in [There::Stopped, There::Living] {
        let scene = guarded(there);
        let mut extra = ExtraVars::new();
        extra.set("etcd_data", "/data/other");
        let tags = [Subtask::Config];
        let plan = scene.plan_with(|builder| builder.tags(tags).extra_vars(extra));
        scene.must_refuse(
            &plan,
            &["[safeguard]", "keeps its data in /data/etcd, not in"],
        );
        scene.must_run(&scene.tagged(&tags));
    }
}

/// A database without a log is data too: a snapshot that was put there to be restored.
#[test]
fn a_database_without_a_log_is_not_clutter_under_a_safeguard() {
    let mut scene = Scene::bare();
    let file = Node::file("database", Ownership::both("root"), 0o600);
    scene
        .world
        .put_file(HOSTS[1], "/data/etcd/member/snap/db", file);
    scene.reread(&THREE.replace("etcd }", GUARDED));
    scene.must_refuse(
        &scene.plan(),
        &["[safeguard] etcd on 10.10.10.11", "is not empty"],
    );
    let open = scene.with_extra(Goal::Create, &["etcd_safeguard=false"]);
    scene.must_run(&open);
    assert_eq!(scene.purged(HOSTS[1], "/data/etcd").len(), 1);
    scene.assert_works();
}

/// An inventory with one more host must not purge the cluster that serves.
#[test]
fn a_host_more_in_the_inventory_does_not_purge_the_cluster() {
    let scene = with_a_fourth_host();
    scene.must_refuse(
        &scene.plan(),
        &[
            "[alive]",
            "etcd-1, etcd-2 and etcd-3 were made with other members",
        ],
    );
}

/// The original's way to add a member, without its limit: it must not purge the others.
#[test]
fn members_that_join_do_not_make_a_cluster_new() {
    let scene = with_a_fourth_host();
    for goal in WHOLE {
        let plan = scene.with_extra(goal, &["etcd_init=existing"]);
        scene.must_refuse(&plan, &["[whole]", "`etcd_init` is existing"]);
    }
    assert_eq!(
        scene.world.get(HOSTS[0], "a"),
        Ok(Some(Scene::PRECIOUS.to_owned()))
    );
}

/// Makes a living cluster of three, and an inventory that has four.
fn with_a_fourth_host() -> Scene {
    let hosts: Vec<&str> = HOSTS.into_iter().chain(["10.10.10.13"]).collect();
    let mut scene = Scene::of(&hosts, THREE);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    let third = "10.10.10.12: { etcd_seq: 3 }";
    let fourth = format!("{third}\n    10.10.10.13: {{ etcd_seq: 4 }}");
    scene.reread(&THREE.replace(third, &fourth));
    scene
}

#[test]
fn a_limit_does_not_purge_one_member_of_a_living_cluster() {
    let scene = Scene::living();
    let words = ["[whole]", "the limit leaves out 10.10.10.10, 10.10.10.11"];
    for (goal, tags) in [
        (Goal::Create, vec![Subtask::Purge]),
        (Goal::Create, vec![Subtask::Clean]),
        (Goal::Rebuild, Vec::new()),
    ] {
        let plan = scene.plan_with(|builder| builder.goal(goal).tags(tags).limit(HOSTS[2]));
        scene.must_refuse(&plan, &words);
    }
}

#[test]
fn skipping_the_check_skips_no_guard() {
    let scene = guarded(There::Living);
    for skipped in [Subtask::Assert, Subtask::Check, Subtask::Clean] {
        let plan = scene.plan_with(|builder| {
            builder
                .goal(Goal::Rebuild)
                .skip_tags([skipped])
                .tags([Subtask::Clean, Subtask::Launch])
        });
        let ran = scene.run(&plan);
        assert!(
            ran.result.is_err(),
            "{skipped} was skipped, and with it a guard"
        );
        assert_eq!(ran.executor.counters().writes, 0);
    }
}

#[test]
fn a_safeguard_at_one_host_is_not_passed_over() {
    let one = "10.10.10.11: { etcd_seq: 2, etcd_safeguard: true }";
    let text = THREE.replace("10.10.10.11: { etcd_seq: 2 }", one);
    let inventory = etcd_plan_tests::inventory(&text);
    let error = Plan::from_inventory(&inventory).expect_err("it is no setting of one member");
    assert!(error.to_string().contains("etcd_safeguard"), "{error}");
}

/// Extra variables go above all others, as in Ansible: this one is meant to open the guard.
#[test]
fn an_argument_opens_the_guard_and_the_plan_says_so() {
    let scene = guarded(There::Living);
    let plan = scene.with_extra(Goal::Rebuild, &["etcd_safeguard=false"]);
    assert!(
        plan.to_json().contains("argument"),
        "the origin is recorded"
    );
    scene.must_run(&plan);
    scene.assert_works();
}

/// A plan that was made while the guard was open is judged by what it says itself, so a file of it
/// says where that came from; but what it finds is judged anew.
#[test]
fn a_saved_plan_is_judged_by_what_is_there_when_it_is_applied() {
    let bare = Scene::bare();
    let guarded_text = THREE.replace("etcd }", GUARDED);
    let text = {
        let scene = Scene::of(&HOSTS, &guarded_text);
        scene.plan().to_json()
    };
    let plan = Plan::from_json(&text).expect("it is a plan");
    bare.must_run(&plan);
    bare.put("a", Scene::PRECIOUS);
    bare.must_refuse(&plan, &["[safeguard]", "etcd runs"]);
}
