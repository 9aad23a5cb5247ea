//! What the tests share: a run on simulated hosts in one call.

use etcd_plan::core::inventory::Inventory;
use etcd_plan::core::plan::Plan;
use etcd_plan::core::report::Report;
use etcd_plan::engine::{Refused, Run, Silent};
use etcd_plan::pki::PkiMemory;
use etcd_plan_testkit::SimExecutor;

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
