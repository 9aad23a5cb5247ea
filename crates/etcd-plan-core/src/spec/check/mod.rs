//! What must hold of clusters, whatever they were resolved from: an inventory, code, or a plan file.

mod etcd_keys;
mod members;
mod settings;

use std::collections::BTreeSet;

pub(crate) use etcd_keys::{KeyKind, kind as key_kind};

use super::ClusterSpec;
use crate::diagnostic::Diagnostics;

/// What of a cluster could not be read, for which there is a finding already: checking it would
/// give a second finding about the same mistake.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread {
    /// The parameters for which a default stands in.
    pub(crate) parameters: BTreeSet<&'static str>,
    /// Whether there are more members than those that are known.
    pub(crate) members: bool,
}

impl Unread {
    /// Says whether all these parameters were read.
    fn has_read(&self, parameters: &[&str]) -> bool {
        !parameters.iter().any(|name| self.parameters.contains(name))
    }
}

/// Checks clusters, each alone and all together; `unread` is about those at the same positions,
/// and all was read of those that it does not reach.
pub(crate) fn check(clusters: &[ClusterSpec], unread: &[Unread]) -> Diagnostics {
    let all_read = Unread::default();
    let checked = || {
        let unread = unread.iter().chain(std::iter::repeat(&all_read));
        clusters.iter().zip(unread)
    };
    let mut findings = Diagnostics::default();
    for (cluster, unread) in checked() {
        members::check(cluster, unread, &mut findings);
        // What an external cluster is set to is not ours to say.
        if cluster.is_external() {
            continue;
        }
        settings::check(cluster, unread, &mut findings);
        etcd_keys::check(cluster, &mut findings);
    }
    members::check_names(clusters.iter(), &mut findings);
    members::check_endpoints(checked(), &mut findings);
    findings
}
