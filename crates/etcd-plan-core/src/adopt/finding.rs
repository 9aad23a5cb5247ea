use std::fmt;

use crate::names::HostName;

/// Something that a person must know of a cluster that is adopted: why it cannot be, or what of it no
/// parameter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The hosts of which it is so, as they were named; none where it is about the cluster.
    pub hosts: Vec<HostName>,
    /// What there is, as one clause.
    pub what: String,
    /// The next action.
    pub hint: String,
}

impl Finding {
    pub(super) fn of_host(
        host: &HostName,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            hosts: vec![host.clone()],
            what: what.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn of_cluster(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            hosts: Vec::new(),
            what: what.into(),
            hint: hint.into(),
        }
    }
}

impl Finding {
    /// Gives the hosts, and what is so of them.
    pub(super) fn sentence(&self) -> String {
        let hosts: Vec<&str> = self.hosts.iter().map(HostName::as_str).collect();
        match &hosts[..] {
            [] => self.what.clone(),
            [host] => format!("{host}: {}", self.what),
            [first @ .., last] => format!("{} and {last}: {}", first.join(", "), self.what),
        }
    }
}

/// Tells once what is the same of several hosts, at the place of the first.
pub(super) fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    for finding in findings {
        let same = |other: &&mut Finding| {
            (&other.what, &other.hint) == (&finding.what, &finding.hint) && !other.hosts.is_empty()
        };
        match merged.iter_mut().find(same) {
            Some(other) => other.hosts.extend(finding.hosts),
            None => merged.push(finding),
        }
    }
    merged
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  hint: {}", self.sentence(), self.hint)
    }
}
