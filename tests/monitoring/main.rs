//! What watches clusters: as texts, as Prometheus takes and judges it, and as Grafana would ask.

mod dashboard;
mod fires;
mod promtool;
mod scenario;
mod textfile;
mod texts;

use etcd_plan::Plan;
use etcd_plan::monitoring::{self, MonitoringFile, MonitoringPaths};
use etcd_plan_tests::inventory;

/// The files for the cluster that the rules are tried on.
fn files(third: &str) -> Vec<MonitoringFile> {
    let text = format!(
        "etcd:\n  hosts:\n    10.10.10.11: {{ etcd_seq: 1 }}\n    10.10.10.12: {{ etcd_seq: 2 }}\n    \
         10.10.10.13: {{ etcd_seq: 3{third} }}\n"
    );
    let plan = Plan::from_inventory(&inventory(&text)).expect("a good inventory");
    let files = monitoring::files(plan.clusters(), &MonitoringPaths::default());
    files.expect("the templates work")
}

/// The content of one of them.
fn content(path: &str) -> String {
    let file = files("").into_iter().find(|file| file.path == path);
    file.expect("it is one of the files").content
}
