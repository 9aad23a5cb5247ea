use std::fmt;

use super::Guard;
use crate::names::{ClusterName, HostName};

/// Why a guard refuses: with its evidence and the next action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refusal {
    /// Which guard.
    pub guard: Guard,
    /// For which cluster.
    pub cluster: ClusterName,
    /// On which host; none when it is about the cluster as a whole.
    pub host: Option<HostName>,
    /// What was found, as one sentence without a full stop.
    pub evidence: String,
    /// The next action, as an imperative.
    pub hint: String,
}

/// Splits what somebody else said of a failure, `why (hint: what to do)`, at its hint.
pub(crate) fn split_hint<'a>(why: &'a str, otherwise: &'a str) -> (&'a str, &'a str) {
    why.strip_suffix(')')
        .and_then(|why| why.split_once(" (hint: "))
        .unwrap_or((why, otherwise))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.guard.as_str(), self.cluster)?;
        if let Some(host) = &self.host {
            write!(f, " on {host}")?;
        }
        write!(f, ": {}", self.evidence)
    }
}
