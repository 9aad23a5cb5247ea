//! What clusters are like now: members, roles, versions, databases, alarms, certificates, drift.
//!
//! ```no_run
//! use etcd_plan::engine::{RunSettings, Silent};
//! use etcd_plan::executor::SandboxExecutor;
//! use etcd_plan::pki::PkiFolder;
//! use etcd_plan::{Inventory, InventoryFile, Plan, status};
//!
//! let plan = Plan::from_inventory(&Inventory::from_path("inventory.yml")?)?;
//! let (executor, keys) = (SandboxExecutor::new("sandbox"), PkiFolder::new("."));
//! let status = status::read(&plan, &executor, &keys, RunSettings::default(), &mut Silent);
//! println!("{status}"); // or status.to_json()
//! assert!(status.is_healthy());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use etcd_plan_core::cert::UnixTime;
use etcd_plan_core::plan::Plan;

pub use etcd_plan_core::status::*;

use crate::engine::{Observer, Run, RunSettings};
use crate::executor::Executor;
use crate::pki::{KeyMaterial, now};

/// Reads what the clusters of a plan are like, in one round trip a host, and changes nothing.
///
/// Drift is what the steps of the plan would change, so the plan should be that of goal `create`
/// without a selection of subtasks. What could not be read is a problem in the status: this never
/// fails.
pub fn read(
    plan: &Plan,
    executor: &dyn Executor,
    keys: &dyn KeyMaterial,
    settings: RunSettings,
    observer: &mut dyn Observer,
) -> Status {
    let run = Run::new(plan, executor, keys).settings(settings);
    let observed = run.also_ask(questions).observe(observer);
    let (preview, now): (_, UnixTime) = (observed.preview(), now());
    let clusters = plan.clusters().iter().zip(observed.situations());
    let clusters = clusters.enumerate().map(|(at, (spec, situation))| {
        ClusterStatus::of(StatusInputs {
            spec,
            observation: observed.observation(),
            situation,
            drift: drift(plan, at, &preview),
            now,
        })
    });
    Status {
        format: Status::FORMAT.to_owned(),
        read_at: now.to_string(),
        clusters: clusters.collect(),
    }
}
