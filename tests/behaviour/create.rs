//! A cluster is built where there is none, and left alone where it is as wanted.

use etcd_plan::core::report::Outcome;
use etcd_plan::pki::PkiMemory;
use etcd_plan_testkit::{SimExecutor, SimWorld};
use etcd_plan_tests::{apply, plan};

const THREE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars: { etcd_cluster: etcd }
";

const HOSTS: [&str; 3] = ["10.10.10.10", "10.10.10.11", "10.10.10.12"];

#[test]
fn three_members_are_built_and_then_left_alone() {
    let world = SimWorld::of(&HOSTS);
    let keys = PkiMemory::new();
    let plan = plan(THREE);

    let executor = SimExecutor::new(&world);
    let report = apply(&plan, &executor, &keys).expect("nothing is in the way");
    assert!(report.is_success(), "{report}");
    assert!(report.has_changes());
    world
        .put(HOSTS[0], "a", "10")
        .expect("the cluster takes writes");
    let before = world.snapshot();

    let executor = SimExecutor::new(&world);
    let report = apply(&plan, &executor, &keys).expect("nothing is in the way");
    assert!(report.is_success(), "{report}");
    assert_eq!(report.count(Outcome::Changed), 0);
    before.assert_same(&world.snapshot());
    assert!(
        report.round_trips.values().all(|trips| *trips == 1),
        "{:?}",
        report.round_trips
    );
}
