use std::fmt;
use std::str::FromStr;

use crate::names::{NameError, serde_through_text};

/// A system that relies on an etcd cluster, and takes a file of its own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consumer {
    /// Patroni: the section `etcd3` of its configuration, as YAML.
    Patroni,
    /// vip-manager: the keys about etcd and the leader, as YAML for `--config`.
    VipManager,
    /// `etcdctl`: its environment, for `/etc/profile.d`.
    Etcdctl,
    /// Prometheus: the job that scrapes the members that runs have registered, as YAML.
    Prometheus,
    /// Anything else: one JSON document with all of it.
    Json,
}

impl Consumer {
    /// All consumers.
    pub const ALL: [Self; 5] = [
        Self::Patroni,
        Self::VipManager,
        Self::Etcdctl,
        Self::Prometheus,
        Self::Json,
    ];

    /// Gives the consumer's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patroni => "patroni",
            Self::VipManager => "vip-manager",
            Self::Etcdctl => "etcdctl",
            Self::Prometheus => "prometheus",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Consumer {
    type Err = NameError;

    /// # Errors
    ///
    /// When no consumer has this name; the message lists those there are.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
            NameError::new(format!("is not a consumer; there are {}", names.join(", ")))
        })
    }
}

serde_through_text!(Consumer);
