//! Simulated hosts and clusters, fault injection and strategies for etcd-plan's own tests.
//!
//! A [`SimWorld`] holds hosts with files, units and etcd processes that follow etcd's rules
//! (facts that a plan depends on: quorum before ready, membership, stale data, tokens). A
//! [`SimExecutor`] reaches them as any executor does, counts and writes down every operation, and
//! lets a [`FaultPlan`] go wrong at a chosen place. A [`Snapshot`] compares two worlds. An
//! `SshServer` runs real shells behind real SSH.
//!
//! ```
//! use etcd_plan::core::op::ReadOp;
//! use etcd_plan::executor::Executor as _;
//! use etcd_plan_testkit::{SimExecutor, SimWorld};
//!
//! let world = SimWorld::of(&["10.10.10.11"]);
//! let executor = SimExecutor::new(&world);
//! let mut session = executor.connect(&SimExecutor::target("10.10.10.11"))?;
//! let answers = session.read(&[ReadOp::System, ReadOp::Package])?;
//! assert!(answers.iter().all(Result::is_ok));
//! assert_eq!(executor.counters().round_trips, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod delay_proxy;
mod etcd;
mod executor;
mod faults;
mod files;
mod host;
mod journal;
#[cfg(feature = "lab")]
pub mod lab;
mod operations;
mod services;
mod session;
mod snapshot;
#[cfg(feature = "ssh-server")]
pub mod ssh_server;
#[cfg(feature = "strategies")]
pub mod strategies;
mod world;

#[cfg(test)]
mod tests;

pub use delay_proxy::{DelayProxy, ProxyTraffic};
pub use etcd::{Entry, EtcdConfig, MemberState, TlsFiles, cluster_id, initial_member_id};
pub use executor::{Counters, SimExecutor};
pub use faults::{Effect, Fault, FaultPlan, Kind};
pub use files::{FileResult, FileTree, Node};
pub use host::HostSpec;
pub use journal::{Journal, JournalEntry, op_name};
pub use snapshot::{Normalizer, Snapshot};
pub use world::SimWorld;
