//! A run that is cut off after any write, and then simply run again, ends like one that was not.

use etcd_plan::engine::Silent;
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan_testkit::{FaultPlan, Snapshot};
use etcd_plan_tests::{HOSTS, Scene, THREE};

/// What is cut off, from what it begins with.
struct Case {
    begin: fn() -> Scene,
    plan: fn(&Scene) -> Plan,
    /// Whether the cluster works in the end.
    works: bool,
    /// The hosts that hold data in the beginning, which must not get lost.
    hold_data: &'static [&'static str],
}

pub(crate) type Cut = fn(usize) -> FaultPlan;

pub(crate) const CUTS: [(&str, Cut); 3] = [
    (
        "the controller dies after write",
        FaultPlan::kill_after_write,
    ),
    (
        "the session ends before write",
        FaultPlan::drop_before_write,
    ),
    ("the session ends after write", FaultPlan::drop_after_write),
];

/// Cuts a run at every write, some of them in this way, and runs again until there is no more to
/// cut.
fn cut_everywhere(case: &Case, cuts: &[(&str, Cut)]) {
    let (clean, writes) = clean(case);
    assert!(writes > HOSTS.len(), "there is more than locks to cut");
    for (how, cut) in cuts {
        for nth in 1..=writes {
            let context = format!("{how} {nth}");
            let scene = (case.begin)();
            let plan = (case.plan)(&scene);
            let first = scene.run_with(&plan, cut(nth), &mut Silent);
            let report = first.reported();
            assert!(!report.is_success(), "{context} was not noticed: {report}");
            assert_eq!(report.steps.len(), plan.len(), "{context}");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "{context}, then: {second}");
            let after = scene.snapshot_without_purged();
            assert!(clean == after, "{context}:\n{}", clean.diff(&after));
            if case.works {
                scene.assert_works();
            }
            assert_eq!(scene.world.corruptions(), Vec::<String>::new(), "{context}");
            assert_data_is_kept(&scene, case, &context);
        }
    }
}

/// Runs a case without a cut, and counts its writes.
fn clean(case: &Case) -> (Snapshot, usize) {
    let scene = (case.begin)();
    let ran = scene.run(&(case.plan)(&scene));
    let writes = ran.executor.counters().writes;
    ran.succeeded();
    (scene.snapshot_without_purged(), writes)
}

/// What the cluster held before is still there on every host that held it: in use, or moved aside.
fn assert_data_is_kept(scene: &Scene, case: &Case, context: &str) {
    for host in case.hold_data {
        let kept = scene.holds(host, Scene::PRECIOUS);
        assert!(kept, "{context}: the old data of {host} is gone");
    }
}

#[test]
fn making_a_cluster() {
    let case = Case {
        begin: Scene::bare,
        plan: Scene::plan,
        works: true,
        hold_data: &[],
    };
    cut_everywhere(&case, &CUTS);
}

/// Each rebuild is one purge more, so with the retention `last` a second one deletes what the first
/// has moved aside: whoever wants to keep it says for how long.
#[test]
fn rebuilding_a_living_cluster_that_keeps_purged_data() {
    let case = Case {
        begin: || {
            let mut scene = Scene::living();
            scene.reread(&THREE.replace("etcd }", "etcd, etcd_purge_retention: 7d }"));
            scene
        },
        plan: Scene::rebuild,
        works: true,
        hold_data: &HOSTS,
    };
    cut_everywhere(&case, &CUTS[..2]);
}

#[test]
fn destroying_a_living_cluster() {
    let case = Case {
        begin: Scene::living,
        plan: |scene| scene.tagged(&[Subtask::Purge]),
        works: false,
        hold_data: &HOSTS,
    };
    cut_everywhere(&case, &CUTS);
}

/// A run that was cut leaves data of a cluster that was never used: purging that must not delete
/// what held the keys.
#[test]
fn rebuilding_from_partial_remains() {
    let case = Case {
        begin: || {
            let scene = Scene::stopped();
            scene.world.wipe(HOSTS[1], "/data/etcd");
            scene
        },
        plan: Scene::plan,
        works: true,
        hold_data: &[HOSTS[0], HOSTS[2]],
    };
    cut_everywhere(&case, &CUTS[..1]);
}

#[test]
fn starting_a_stopped_cluster() {
    let case = Case {
        begin: Scene::stopped,
        plan: Scene::plan,
        works: true,
        hold_data: &HOSTS,
    };
    cut_everywhere(&case, &CUTS);
}

/// A safeguard protects clusters that are, not one that a run was cut off while it was building: the
/// second run takes that up, or finds that the cluster is there and leaves it alone.
#[test]
fn making_a_cluster_with_a_safeguard() {
    let text = THREE.replace("etcd }", "etcd, etcd_safeguard: true }");
    let begin = || Scene::of(&HOSTS, &text);
    let writes = {
        let scene = begin();
        let ran = scene.run(&scene.plan());
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    for nth in 1..=writes {
        let scene = begin();
        let plan = scene.plan();
        let cut = FaultPlan::kill_after_write(nth);
        scene.run_with(&plan, cut, &mut Silent).reported();
        let second = scene.run(&plan);
        match &second.result {
            Ok(report) => assert!(report.is_success(), "write {nth}, then: {report}"),
            // The cut came when all was done: what is there is a cluster under a safeguard.
            Err(refused) => {
                assert_eq!(nth, writes, "{refused}");
                assert!(refused.to_string().contains("[safeguard]"), "{refused}");
            }
        }
        scene.assert_works();
    }
}
