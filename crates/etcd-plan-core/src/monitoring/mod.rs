//! What watches a cluster: the scrape job of Prometheus, rules, alerts, the dashboard of Grafana, and
//! what is told to node exporter.
//!
//! Everything is text, made from the clusters of an inventory; nothing is read or written here.
//! Prometheus finds members through the files that `etcd_register` writes, whose labels are `cls`
//! for the cluster, `ins` for the member and `ip`; all rules keep them.

mod alerts;
mod bundle;
pub mod grafana;
pub mod metrics;
mod quantity;
mod recording;
mod rules;
pub mod thresholds;

pub use alerts::{Alert, Severity, alerts};
pub use bundle::{MonitoringFile, MonitoringPaths, files};
pub use quantity::Quantity;
pub use recording::{Recording, recordings};
pub use thresholds::Threshold;
