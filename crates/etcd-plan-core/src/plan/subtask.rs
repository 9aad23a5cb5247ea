use std::fmt;
use std::str::FromStr;

use crate::names::{NameError, serde_through_text};

/// A named group of steps, as the seeds' playbook has them. Its name is a tag that selects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subtask {
    /// `etcd_assert`: what the inventory says is checked, and what hosts must have.
    Assert,
    /// `etcd_install`: etcd is installed.
    Install,
    /// `etcd_clean`: `etcd_check` and `etcd_purge` together.
    Clean,
    /// `etcd_check`: what is there is read, and the guards are judged.
    Check,
    /// `etcd_store`: what the cluster holds is saved, put back, or given less room.
    Store,
    /// `etcd_purge`: what is there is stopped and moved aside.
    Purge,
    /// `etcd_dir`: folders are made.
    Dir,
    /// `etcd_config`: `etcd_conf` and `etcd_cert` together.
    Config,
    /// `etcd_conf`: configuration, unit and environment are written.
    Conf,
    /// `etcd_cert`: certificates are issued and written.
    Cert,
    /// `etcd_launch`: etcd is started, and the cluster proved.
    Launch,
    /// `etcd_register`: members are registered with Prometheus.
    Register,
}

impl Subtask {
    /// All subtasks, in the order in which the seeds' playbook has them; `etcd_store`, which it does
    /// not have, stands before what takes data away.
    pub const ALL: [Self; 12] = [
        Self::Assert,
        Self::Install,
        Self::Clean,
        Self::Check,
        Self::Store,
        Self::Purge,
        Self::Dir,
        Self::Config,
        Self::Conf,
        Self::Cert,
        Self::Launch,
        Self::Register,
    ];

    /// Gives the name, which is also its tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assert => "etcd_assert",
            Self::Install => "etcd_install",
            Self::Clean => "etcd_clean",
            Self::Check => "etcd_check",
            Self::Store => "etcd_store",
            Self::Purge => "etcd_purge",
            Self::Dir => "etcd_dir",
            Self::Config => "etcd_config",
            Self::Conf => "etcd_conf",
            Self::Cert => "etcd_cert",
            Self::Launch => "etcd_launch",
            Self::Register => "etcd_register",
        }
    }

    /// Gives the subtask that this one is part of.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Check | Self::Purge => Some(Self::Clean),
            Self::Conf | Self::Cert => Some(Self::Config),
            _ => None,
        }
    }

    /// Gives the tags of the subtask's steps: its own, and that of the one it is part of.
    pub fn tags(self) -> Vec<&'static str> {
        self.parent()
            .into_iter()
            .chain([self])
            .map(Self::as_str)
            .collect()
    }

    /// Says whether a tag selects this subtask.
    pub fn is_selected_by(self, tag: Self) -> bool {
        self == tag || self.parent() == Some(tag)
    }
}

impl fmt::Display for Subtask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Subtask {
    type Err = NameError;

    /// # Errors
    ///
    /// When no subtask has this name; the message lists those there are.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL
            .into_iter()
            .find(|subtask| subtask.as_str() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
                NameError::new(format!("is not a subtask; there are {}", names.join(", ")))
            })
    }
}

serde_through_text!(Subtask);
