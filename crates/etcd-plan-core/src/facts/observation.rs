use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ClusterKeys, HostFacts, Missing};
use crate::backup::Manifest;
use crate::names::HostName;

/// Everything that was read before the first change: from every host, and on the control machine.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// What each host answered, or why it was not reached.
    pub hosts: BTreeMap<HostName, Result<HostFacts, String>>,
    /// How far each host's clock is ahead of the control machine's.
    pub clocks: BTreeMap<HostName, ClockOffset>,
    /// The package files of the control machine that hosts need, by their paths; or why one cannot be
    /// read.
    pub packages: BTreeMap<String, Result<Arc<[u8]>, String>>,
    /// The snapshot on the control machine that is to be restored, or that a recovery which was cut off
    /// has taken; none where none is, or why it cannot be read.
    pub snapshot: Option<Result<LocalSnapshot, String>>,
    /// The names in the folder of the control machine that snapshots are brought to; none where there
    /// is no such folder, or the plan brings none.
    pub backups: Vec<String>,
    /// What the control machine holds for each cluster, in the order of the plan's clusters.
    pub keys: Vec<ClusterKeys>,
}

/// A snapshot on the control machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSnapshot {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of the whole file in lower-case hexadecimal.
    pub sha256: String,
    /// Whether the digest that etcd writes at its end is that of what stands before it; none where there
    /// is none.
    pub sealed: Option<bool>,
    /// Its manifest; none where there is none beside it, or why it cannot be read.
    pub manifest: Option<Result<Manifest, String>>,
}

/// How far a clock is ahead of the control machine's, in milliseconds: between these bounds, since it
/// was read at some moment between the question and the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// At the least.
    pub least_ms: i64,
    /// At the most.
    pub most_ms: i64,
}

impl Observation {
    /// Gives the facts of a host.
    ///
    /// # Errors
    ///
    /// When it was not reached.
    pub fn facts(&self, host: &HostName) -> Result<&HostFacts, Missing> {
        match self.hosts.get(host) {
            Some(Ok(facts)) => Ok(facts),
            Some(Err(why)) => Err(Missing { why: why.clone() }),
            None => Err(Missing {
                why: "the host was not asked".to_owned(),
            }),
        }
    }

    /// Takes over what a host answered later.
    pub fn merge(&mut self, host: &HostName, later: HostFacts) {
        match self.hosts.get_mut(host) {
            Some(Ok(facts)) => facts.merge(later),
            _ => {
                self.hosts.insert(host.clone(), Ok(later));
            }
        }
    }
}
