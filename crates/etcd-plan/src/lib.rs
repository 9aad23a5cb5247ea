//! Plans and runs everything an etcd cluster needs, from an inventory.
//!
//! A text goes in, a plan comes out, and a run carries it out: everything is read and every guard
//! is judged on every host before the first change on any.
//!
//! ```
//! use etcd_plan::{Inventory, Plan};
//!
//! let inventory = Inventory::parse(
//!     "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: etcd } }",
//!     "inventory.yml",
//! )?;
//! let plan = Plan::from_inventory(&inventory)?;
//! println!("{plan}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To carry it out, give a run an executor and a place for certificates:
//!
//! ```no_run
//! use etcd_plan::engine::{Run, Silent};
//! use etcd_plan::executor::SandboxExecutor;
//! use etcd_plan::pki::PkiFolder;
//! use etcd_plan::{Inventory, InventoryFile, Plan};
//!
//! let inventory = Inventory::from_path("inventory.yml")?;
//! let plan = Plan::from_inventory(&inventory)?;
//! let executor = SandboxExecutor::new("sandbox");
//! let keys = PkiFolder::new(".");
//! let observed = Run::new(&plan, &executor, &keys).observe(&mut Silent);
//! println!("{}", observed.preview());
//! let report = observed.approve()?.apply(&mut Silent);
//! assert!(report.is_success(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what is there |
//! | --- | --- |
//! | [`inventory`] | text to hosts, groups and variables |
//! | [`spec`] | clusters with all parameters resolved; the table of parameters |
//! | [`plan`] | plans, their steps, goals and selections |
//! | [`engine`] | runs: observe, preview, approve, apply |
//! | [`executor`] | how hosts are reached; write your own |
//! | [`pki`] | certificates and keys on the control machine |
//! | [`status`] | what clusters are like now |
//! | [`adopt`] | clusters that something else built |
//! | [`consumers`], [`outputs`] | what Patroni, vip-manager and others need to be told of a cluster |
//! | [`monitoring`] | what Prometheus and Grafana need |
//! | [`saved`] | plans that are kept, with the facts that must still hold |
//! | [`journal`] | what past runs did |
//! | [`view`] | pages of plans, runs and statuses |
//! | [`explain`] | what codes and guards mean |
//! | [`report`], [`event`] | what happened, and what happens |
//! | [`manual`] | the procedures of a cluster's life, a page each |

pub mod adopt;
pub mod engine;
pub mod executor;
mod inventory_file;
pub mod journal;
pub mod manual;
pub mod outputs;
pub mod permit;
pub mod pki;
#[cfg(test)]
mod skipped;
pub mod status;

/// The code in the crate's README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use etcd_plan_core as core;
pub use etcd_plan_core::{
    action, backup, consumers, diagnostic, event, explain, facts, guard, identity, inventory,
    monitoring, names, op, plan, render, report, saved, secret, spec, view,
};

pub use etcd_plan_core::diagnostic::Diagnostics;
pub use etcd_plan_core::event::Event;
pub use etcd_plan_core::inventory::{ExtraVars, Inventory};
pub use etcd_plan_core::plan::{Goal, Plan, PlanError, Subtask};
pub use etcd_plan_core::report::{Outcome, Report};
pub use inventory_file::{InventoryFile, InventoryFileError};
