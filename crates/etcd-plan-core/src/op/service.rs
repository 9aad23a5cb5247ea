use serde::{Deserialize, Serialize};

use crate::names::HostPath;

/// A service on a host: a systemd unit, or in a sandbox a process with a pid file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Service {
    /// The name without `.service`: `etcd`.
    pub name: String,
    /// The program that it runs.
    pub program: HostPath,
    /// The configuration file that the program is given with `--config-file`.
    pub config: HostPath,
}

impl Service {
    /// Gives the name of the systemd unit.
    pub fn unit(&self) -> String {
        format!("{}.service", self.name)
    }
}
