use std::collections::BTreeMap;

use super::{ClusterKeys, HostFacts, Missing};
use crate::names::HostName;

/// Everything that was read before the first change: from every host, and on the control machine.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// What each host answered, or why it was not reached.
    pub hosts: BTreeMap<HostName, Result<HostFacts, String>>,
    /// What the control machine holds for each cluster, in the order of the plan's clusters.
    pub keys: Vec<ClusterKeys>,
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
