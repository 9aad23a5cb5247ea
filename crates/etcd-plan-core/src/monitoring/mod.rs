//! What watches a cluster: the scrape job of Prometheus, rules, alerts, the dashboard of Grafana, and
//! what is told to node exporter.
//!
//! Everything is text, made from the clusters of an inventory; nothing is read or written here.
//! Prometheus finds members through the files that `etcd_register` writes, whose labels are `cls`
//! for the cluster, `ins` for the member and `ip`; all rules keep them.
//!
//! ```
//! use etcd_plan_core::inventory::{ExtraVars, Inventory};
//! use etcd_plan_core::monitoring::{MonitoringPaths, files};
//! use etcd_plan_core::spec::resolve;
//!
//! let inventory = Inventory::parse(
//!     "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }",
//!     "inventory.yml",
//! )?;
//! let resolved = resolve(&inventory, &ExtraVars::new())?;
//! let files = files(&resolved.clusters, &MonitoringPaths::default()).expect("it can be rendered");
//! let rules = files.iter().find(|file| file.path == "prometheus/rules/etcd.yml");
//! assert!(rules.is_some_and(|rules| rules.content.contains("EtcdNoLeader")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | where | what |
//! | --- | --- |
//! | [`files`] | all of it, as files |
//! | [`alerts`], [`recordings`] | the rules |
//! | [`thresholds`] | the limits, which rules, dashboard and [status](crate::status) share |
//! | [`grafana`] | the dashboard |
//! | [`Status::to_prometheus`](crate::status::Status::to_prometheus) | what node exporter tells |

mod alerts;
mod bundle;
pub mod grafana;
pub mod metrics;
mod quantity;
mod recording;
mod rules;
pub mod thresholds;

pub use alerts::{Alert, Severity, alerts};
pub use bundle::{MonitoringFile, MonitoringPaths, files, scrape_job};
pub use quantity::Quantity;
pub use recording::{Recording, recordings};
pub use thresholds::Threshold;
