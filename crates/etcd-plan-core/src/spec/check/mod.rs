//! What must hold of clusters, whatever they were resolved from: an inventory, code, or a plan file.

mod etcd_keys;
mod members;
mod settings;

use super::ClusterSpec;
use crate::diagnostic::Diagnostics;

/// Checks clusters, each alone and all together.
pub(crate) fn check(clusters: &[ClusterSpec]) -> Diagnostics {
    let mut findings = Diagnostics::default();
    for cluster in clusters {
        members::check(cluster, &mut findings);
        settings::check(cluster, &mut findings);
        etcd_keys::check(cluster, &mut findings);
    }
    members::check_endpoints(clusters, &mut findings);
    findings
}
