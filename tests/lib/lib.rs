//! What the tests share: a scene of simulated hosts, plans for it, and runs in one call.

mod observers;
pub mod permitted;
mod scene;
mod selections;
pub mod snapshots;
mod writes;

/// The code in the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

// The tests within etcd-plan note it in the same way, and no public item may serve tests alone.
#[path = "../../crates/etcd-plan/src/skipped.rs"]
mod noted;

pub use observers::{Recorder, StopAt};
pub use scene::{HOSTS, Ran, Scene, THREE};
pub use selections::{Asked, asked};
pub use writes::Writes;

use etcd_plan::Goal;
use etcd_plan::core::inventory::Inventory;
use etcd_plan::core::plan::Plan;
use etcd_plan::core::report::Report;
use etcd_plan::engine::{Refused, Run, Silent};
use etcd_plan::pki::PkiMemory;
use etcd_plan_testkit::SimExecutor;
use proptest::test_runner::Config as ProptestConfig;

/// Notes that the running test, or a part of it, cannot run where it stands, and why: it counts as
/// skipped, never as passed.
pub fn skipped(why: &str) {
    noted::skipped(why);
}

/// The goals that are about whole clusters, and need no limit.
pub const WHOLE: [Goal; 2] = [Goal::Create, Goal::Rebuild];

/// Sets how many cases a property test tries. What fails is made small for a bounded while only, and
/// kept nowhere: whoever mends it writes a test of its own.
pub fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Reads an inventory that is known to be good.
///
/// # Panics
///
/// When it is not.
pub fn inventory(text: &str) -> Inventory {
    match Inventory::parse(text, "test.yml") {
        Ok(inventory) => inventory,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

/// Makes the plan of an inventory that is known to be good.
///
/// # Panics
///
/// When it is not.
pub fn plan(text: &str) -> Plan {
    match Plan::from_inventory(&inventory(text)) {
        Ok(plan) => plan,
        Err(error) => panic!("{error}"),
    }
}

/// Carries a plan out on simulated hosts.
///
/// # Errors
///
/// When a guard refuses.
pub fn apply(plan: &Plan, executor: &SimExecutor, keys: &PkiMemory) -> Result<Report, Refused> {
    Ok(Run::new(plan, executor, keys)
        .observe(&mut Silent)
        .approve()?
        .apply(&mut Silent))
}
