//! What guards say when they refuse: a snapshot for each of them.

use etcd_plan::guard::Guard;
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan::{Goal, engine::Silent};
use etcd_plan_testkit::{Effect, FaultPlan, HostSpec, Kind, SimWorld};
use etcd_plan_tests::snapshots::assert_run_snapshot;
use etcd_plan_tests::{HOSTS, Scene, THREE};

#[test]
fn safeguard() {
    for (name, scene, vars) in [
        (
            "safeguard.running",
            Scene::living(),
            &["etcd_safeguard=true"][..],
        ),
        (
            "safeguard.clean-is-false",
            Scene::living(),
            &["etcd_clean=false"],
        ),
        (
            "safeguard.both",
            Scene::living(),
            &["etcd_safeguard=true", "etcd_clean=false"],
        ),
        (
            "safeguard.stopped",
            Scene::stopped(),
            &["etcd_safeguard=true"],
        ),
    ] {
        refuses(
            name,
            Guard::Safeguard,
            &scene,
            &scene.with_extra(Goal::Rebuild, vars),
        );
    }
}

#[test]
fn foreign() {
    let scene = Scene::bare();
    scene.world.install_foreign(HOSTS[1], "haproxy", 2379);
    refuses("foreign", Guard::Foreign, &scene, &scene.plan());
}

#[test]
fn stranger() {
    let mut scene = Scene::living();
    scene.reread(&THREE.replace("etcd_cluster: etcd", "etcd_cluster: other"));
    refuses("stranger", Guard::Stranger, &scene, &scene.plan());
}

#[test]
fn whole() {
    let scene = Scene::bare();
    let plan = scene.plan_with(|builder| builder.limit(HOSTS[0]));
    refuses("whole.limit", Guard::Whole, &scene, &plan);
    let plan = scene.tagged(&[Subtask::Install, Subtask::Launch]);
    refuses("whole.tags", Guard::Whole, &scene, &plan);
}

#[test]
fn alive() {
    let mut scene = Scene::living();
    scene.reread(&THREE.replace(
        "10.10.10.12: { etcd_seq: 3 }",
        "10.10.10.12: { etcd_seq: 4 }",
    ));
    refuses("alive", Guard::Alive, &scene, &scene.plan());
}

#[test]
fn drift() {
    let scene = Scene::living();
    let plan = scene.with_extra(Goal::Create, &["etcd_election_timeout=2000"]);
    refuses("drift", Guard::Drift, &scene, &plan);
}

#[test]
fn readable() {
    let scene = Scene::bare();
    let faults = FaultPlan::none().refuse_connect(HOSTS[1], 9, "connection refused");
    refuses_with(
        "readable.host",
        Guard::Readable,
        &scene,
        &scene.plan(),
        faults,
    );
    let words = "permission denied".to_owned();
    let faults = FaultPlan::none().at(Kind::Named("data_dir"), Some(1), Effect::Fail(words));
    let faults = faults.on(HOSTS[2]);
    refuses_with(
        "readable.fact",
        Guard::Readable,
        &scene,
        &scene.plan(),
        faults,
    );
}

#[test]
fn prerequisites() {
    let bare = |host: HostSpec| {
        let others = [HOSTS[1], HOSTS[2]].map(HostSpec::new);
        Scene::on(SimWorld::new([host].into_iter().chain(others)), THREE)
    };
    let scene = bare(HostSpec::new(HOSTS[0]).installed("3.5.1"));
    refuses(
        "prerequisites.version-corrupts",
        Guard::Prerequisites,
        &scene,
        &scene.plan(),
    );

    let scene = bare(HostSpec::new(HOSTS[0]).installed("3.4.23"));
    let plan = scene.with_extra(Goal::Create, &["etcd_version=3.5"]);
    refuses(
        "prerequisites.other-version",
        Guard::Prerequisites,
        &scene,
        &plan,
    );

    let scene = bare(HostSpec::new(HOSTS[0]));
    scene.world.set_free_bytes(HOSTS[0], 100 << 20);
    refuses(
        "prerequisites.no-space",
        Guard::Prerequisites,
        &scene,
        &scene.plan(),
    );

    let plan = scene.tagged(&[
        Subtask::Conf,
        Subtask::Cert,
        Subtask::Clean,
        Subtask::Dir,
        Subtask::Launch,
    ]);
    refuses(
        "prerequisites.nothing-installed",
        Guard::Prerequisites,
        &scene,
        &plan,
    );

    let mut scene = Scene::bare();
    scene.reread(&THREE.replace("etcd_seq: 3", "etcd_seq: 3, etcd_learner: true"));
    let plan = scene.with_extra(Goal::Create, &["etcd_init=existing"]);
    refuses(
        "prerequisites.first-start",
        Guard::Prerequisites,
        &scene,
        &plan,
    );

    let plan = scene.with_extra(Goal::Create, &["ca_create=false"]);
    refuses(
        "prerequisites.no-authority",
        Guard::Prerequisites,
        &scene,
        &plan,
    );
}

/// All refusals are told at once, and a hint that several share is told once.
#[test]
fn several_at_once() {
    let mut scene = Scene::living();
    scene.world.install_foreign(HOSTS[1], "haproxy", 2380);
    scene.world.set_free_bytes(HOSTS[2], 1 << 20);
    scene.world.stop_service(HOSTS[1], "etcd");
    scene.reread(&THREE.replace("etcd_cluster: etcd", "etcd_cluster: other"));
    let plan = scene.plan_with(|builder| {
        let mut extra = etcd_plan::ExtraVars::new();
        extra.set("etcd_safeguard", true);
        builder
            .goal(Goal::Rebuild)
            .limit("!10.10.10.10")
            .extra_vars(extra)
    });
    refuses("several-at-once", Guard::Stranger, &scene, &plan);
}

fn refuses(name: &str, guard: Guard, scene: &Scene, plan: &Plan) {
    refuses_with(name, guard, scene, plan, FaultPlan::none());
}

/// Asserts that a guard refuses and nothing is changed, and compares what is said.
fn refuses_with(name: &str, guard: Guard, scene: &Scene, plan: &Plan, faults: FaultPlan) {
    let before = scene.world.snapshot();
    let ran = scene.run_with(plan, faults, &mut Silent);
    let refused = match &ran.result {
        Ok(report) => panic!("{name}: no guard refused: {report}"),
        Err(refused) => refused,
    };
    let guards: Vec<Guard> = refused
        .refusals
        .iter()
        .map(|refusal| refusal.guard)
        .collect();
    assert!(guards.contains(&guard), "{name}: {refused}");
    before.assert_same(&scene.world.snapshot());
    assert_run_snapshot("views", &format!("refusal.{name}"), &refused.to_string());
}
