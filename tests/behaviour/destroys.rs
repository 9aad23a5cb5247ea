//! A cluster is taken away: saved first, then stopped and moved aside, and forgotten by Prometheus.

use etcd_plan::Goal;
use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::{Action, Plan};
use etcd_plan_testkit::{FaultPlan, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene, THREE};

const INFRA: &str = "10.10.10.9";

fn living() -> Scene {
    let hosts: Vec<&str> = HOSTS.into_iter().chain([INFRA]).collect();
    let text = format!("{THREE}infra: {{ hosts: {{ {INFRA}: {{}} }} }}\n");
    let scene = Scene::of(&hosts, &text);
    scene.must_run(&scene.plan());
    for (key, value) in [
        ("a", Scene::PRECIOUS),
        ("/pg/test/leader", "1"),
        ("/pg/test/x", "2"),
    ] {
        scene.put(key, value);
    }
    scene
}

fn destroy(scene: &Scene) -> Plan {
    scene.plan_with(|builder| builder.goal(Goal::Destroy).backup_on_host())
}

fn snapshots(scene: &Scene) -> usize {
    let saved = |host: &&str| {
        let files = scene.world.files(host);
        let folder = etcd_plan::backup::folder();
        let names = files
            .children(&folder)
            .map(|path| path.file_name().to_owned());
        names
            .filter(|name| name.starts_with("etcd-r") && !name.contains("json"))
            .count()
    };
    HOSTS.iter().map(saved).sum()
}

#[test]
fn what_a_cluster_holds_is_saved_before_it_goes() {
    let scene = living();
    let plan = destroy(&scene);
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let [loss] = &observed.losses()[..] else {
        panic!("{:?}", observed.losses())
    };
    let told = loss.to_string();
    for words in [
        "etcd-1, etcd-2, etcd-3",
        "keys      3",
        "2 below /pg/",
        "leases    0",
        "watchers  0",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    let place = |kind: &str| lines.lines().position(|line| line.contains(kind));
    assert!(place("save_snapshot") < place("stop_service"), "{lines}");
    ran.succeeded();
    assert_eq!(snapshots(&scene), 1);
    for host in HOSTS {
        assert!(scene.world.member_state(host).is_err());
        assert!(scene.holds(host, Scene::PRECIOUS));
        assert_eq!(scene.purged(host, "/data/etcd").len(), 1);
    }
    let targets = scene.world.files(INFRA);
    let mut targets = targets.iter().map(|(path, _)| path.as_str());
    assert!(!targets.any(|path| path.contains("/targets/etcd/etcd-")));
    assert!(!scene.must_run(&plan).has_changes());
    // And a new cluster can be built.
    scene.must_run(&scene.plan());
    assert_eq!(scene.world.get(HOSTS[0], "a"), Ok(None));
}

#[test]
fn a_cluster_that_cannot_be_saved_stays_unless_that_is_not_wanted() {
    let scene = living();
    for host in HOSTS {
        scene.world.stop_service(host, "etcd");
    }
    scene.must_refuse(&destroy(&scene), &["[members]", "`--no-snapshot`"]);
    let plan = scene.plan_with(|builder| builder.goal(Goal::Destroy).without_snapshot());
    assert!(!plan.steps().any(|step| step.action() == Action::Snapshot));
    scene.must_run(&plan);
    assert_eq!(snapshots(&scene), 0);
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn a_safeguard_keeps_a_cluster() {
    let scene = living();
    let mut extra = etcd_plan::ExtraVars::new();
    extra.set("etcd_safeguard", "true");
    let plan = scene.plan_with(|builder| {
        builder
            .goal(Goal::Destroy)
            .backup_on_host()
            .extra_vars(extra)
    });
    scene.must_refuse(&plan, &["[safeguard] etcd on 10.10.10.10", "etcd runs"]);
    let part =
        scene.plan_with(|builder| builder.goal(Goal::Destroy).backup_on_host().limit(HOSTS[0]));
    scene.must_refuse(&part, &["[whole]", "the limit leaves out"]);
}

#[test]
fn a_destruction_that_is_cut_off_goes_on() {
    let writes = {
        let scene = living();
        let ran = scene.run(&destroy(&scene));
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
        let scene = living();
        let plan = destroy(&scene);
        let first = scene
            .run_with(&plan, cuts[nth % 3](nth), &mut Silent)
            .reported();
        assert!(!first.is_success(), "write {nth} was not cut: {first}");
        let second = scene.run(&plan).reported();
        assert!(second.is_success(), "write {nth}: {first}\nthen: {second}");
        assert!(snapshots(&scene) > 0, "write {nth}");
        assert!(
            HOSTS
                .iter()
                .all(|host| scene.world.member_state(host).is_err())
        );
        assert!(HOSTS.iter().all(|host| scene.holds(host, Scene::PRECIOUS)));
        assert!(!scene.must_run(&plan).has_changes(), "write {nth}");
    }
}
