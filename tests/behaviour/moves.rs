//! Members of a cluster that lives are reached by their peers on another port: one after the other, and
//! the others are told first.

use etcd_plan::Goal;
use etcd_plan::engine::{Run, Silent};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene, THREE};

use crate::cuts::CUTS;
use crate::reloads::{changed, conf, hosts_of, keeps, reload};

const ELSEWHERE: &str = "etcd_peer_port: 3380";

/// Where the others reach each member.
fn peer_urls(scene: &Scene) -> Vec<String> {
    let state = scene.world.member_state(HOSTS[1]).expect("it runs");
    state
        .members
        .values()
        .flat_map(|member| member.peer_urls.clone())
        .collect()
}

fn ids(scene: &Scene) -> Vec<etcd_plan::core::names::EtcdId> {
    HOSTS
        .map(|host| scene.world.member_state(host).expect("it runs").id)
        .into()
}

#[test]
fn peers_are_told_first_and_members_keep_who_they_are() {
    let scene = changed(ELSEWHERE);
    let before = ids(&scene);
    let plan = reload(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    let report = ran.succeeded();
    assert!(!report.to_string().contains("clients reach"), "{report}");
    let at = |op: &str, host: &str| {
        let is_it = |line: &str| line.contains(op) && line.contains(host);
        lines
            .lines()
            .position(is_it)
            .unwrap_or_else(|| panic!("{op} on {host}: {lines}"))
    };
    for host in HOSTS {
        assert!(at("update_member", host) < at("stop_service", host));
    }
    assert_eq!(
        hosts_of(&lines, "update_member"),
        [HOSTS[1], HOSTS[2], HOSTS[0]]
    );
    assert!(
        peer_urls(&scene).iter().all(|url| url.ends_with(":3380")),
        "{:?}",
        peer_urls(&scene)
    );
    assert_eq!(ids(&scene), before);
    scene.assert_works();
    assert!(scene.holds(HOSTS[2], Scene::PRECIOUS));
    for plan in [plan, scene.plan()] {
        let again = scene.must_run(&plan);
        assert!(!again.has_changes(), "{again}");
    }
}

#[test]
fn a_preview_says_where_peers_will_be() {
    let scene = changed(ELSEWHERE);
    let plan = reload(&scene);
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let preview = plan.changes(&observed.preview(), 200).to_string();
    for line in [
        "there: the cluster of the inventory",
        "other members reach it at https://10.10.10.11:3380 from then on, not at https://10.10.10.11:2380",
        "members: restart etcd-2, etcd-3, etcd-1, one after the other",
    ] {
        assert!(preview.contains(line), "{line}: {preview}");
    }
}

#[test]
fn a_cut_at_any_write_goes_on() {
    let clean = changed(ELSEWHERE);
    let ran = clean.run(&reload(&clean));
    let writes = ran.executor.counters().writes;
    ran.succeeded();
    // Each write is cut in one of the three ways.
    for nth in 1..=writes {
        let (how, cut) = CUTS[nth % CUTS.len()];
        let scene = changed(ELSEWHERE);
        let plan = reload(&scene);
        let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
        assert!(!first.is_success(), "{how} {nth}: {first}");
        let second = scene.run(&plan).reported();
        assert!(second.is_success(), "{how} {nth}, then: {second}");
        scene.assert_works();
        let urls = peer_urls(&scene);
        assert!(urls.iter().all(|url| url.ends_with(":3380")), "{how} {nth}");
        assert!(HOSTS.iter().all(|host| !keeps(&scene, host)), "{how} {nth}");
        let corruptions = scene.world.corruptions();
        assert_eq!(corruptions, Vec::<String>::new(), "{how} {nth}");
        assert!(!scene.must_run(&plan).has_changes(), "{how} {nth}");
    }
}

/// The others are told where it is again, besides what it ran on before.
#[test]
fn a_member_that_does_not_come_back_is_where_it_was() {
    let scene = changed(&format!("{ELSEWHERE}, etcd_quota_backend_bytes: 4GiB"));
    let plan = reload(&scene);
    let words = Effect::Fail("disk on fire".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("start_service"), Some(1), words);
    let report = scene
        .run_with(&plan, faults.on(HOSTS[1]), &mut Silent)
        .reported();
    assert!(!report.is_success(), "{report}");
    assert!(conf(&scene, HOSTS[1]).contains(":2380"), "{report}");
    assert!(
        peer_urls(&scene).iter().all(|url| url.ends_with(":2380")),
        "{:?}",
        peer_urls(&scene)
    );
    scene.assert_works();
    let again = scene.run(&plan).reported();
    assert!(again.is_success(), "{again}");
    scene.assert_works();
}

#[test]
fn learners_limits_and_ports_in_use_are_refused() {
    let scene = changed(ELSEWHERE);
    let limited = scene.plan_with(|builder| builder.goal(Goal::Reload).limit(HOSTS[0]));
    let refused = scene.run(&limited).refused();
    assert!(refused.contains("run without a limit"), "{refused}");

    // No other goal moves members.
    let refused = scene.run(&scene.plan()).refused();
    assert!(
        refused.contains("were made with other members"),
        "{refused}"
    );

    scene.world.install_foreign(HOSTS[1], "nginx", 3380);
    let refused = scene.run(&reload(&scene)).refused();
    assert!(refused.contains("nginx"), "{refused}");

    let mut scene = Scene::of(
        &HOSTS,
        &THREE.replace("    10.10.10.12: { etcd_seq: 3 }\n", ""),
    );
    scene.must_run(&scene.plan());
    let learner = THREE.replace("etcd_seq: 3", "etcd_seq: 3, etcd_learner: true");
    scene.reread(&learner);
    scene.must_run(&scene.plan_with(|builder| builder.goal(Goal::Join).limit(HOSTS[2])));
    scene.reread(&learner.replace("etcd }", &format!("etcd, {ELSEWHERE} }}")));
    let refused = scene.run(&reload(&scene)).refused();
    assert!(refused.contains("promote it first"), "{refused}");
}
