//! Applied twice is applied once; and where the inventory forbids a purge, the second is refused.

use etcd_plan::Outcome;
use etcd_plan_testkit::strategies;
use etcd_plan_tests::{Scene, cases};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_second_run_changes_nothing_or_is_refused(case in strategies::inventory()) {
        let scene = Scene::on(case.world(), &case.text);
        let plan = scene.plan();
        let first = scene.run(&plan).result;
        let first = first.map_err(|refused| TestCaseError::fail(refused.to_string()))?;
        prop_assert!(first.is_success(), "{}", first);
        prop_assert!(first.has_changes());
        prop_assert_eq!(first.steps.len(), plan.len());
        for cluster in &case.clusters {
            let via = &cluster.members[0].host;
            prop_assert!(scene.world.put(via, "a", "10").is_ok(), "{via} takes no writes");
        }
        let before = scene.world.snapshot();
        let is_open = |cluster: &strategies::Cluster| {
            !cluster.safeguard.unwrap_or(false) && cluster.clean.unwrap_or(true)
        };
        let second = scene.run(&plan);
        if case.clusters.iter().all(is_open) {
            let report = second.result.map_err(|refused| TestCaseError::fail(refused.to_string()))?;
            prop_assert!(report.is_success(), "{}", report);
            prop_assert_eq!(report.count(Outcome::Changed), 0, "{}", report);
            prop_assert_eq!(report.count(Outcome::Unchanged), plan.len());
            let hosts = case.hosts().len();
            prop_assert_eq!(report.round_trips.len(), hosts);
            prop_assert!(report.round_trips.values().all(|trips| *trips == 1));
            prop_assert_eq!(second.executor.counters().round_trips, hosts);
        } else {
            let refused = second.result.expect_err("a guard is closed");
            let closed: Vec<&strategies::Cluster> =
                case.clusters.iter().filter(|cluster| !is_open(cluster)).collect();
            let members: usize = closed.iter().map(|cluster| cluster.members.len()).sum();
            prop_assert_eq!(refused.refusals.len(), members, "{}", refused);
        }
        prop_assert_eq!(second.executor.counters().writes, 0);
        before.assert_same(&scene.world.snapshot());
        prop_assert_eq!(scene.world.corruptions(), Vec::<String>::new());
    }
}
