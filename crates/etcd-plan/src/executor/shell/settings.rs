use std::net::IpAddr;
use std::time::Duration;

use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{FileFacts, Listener};

/// Where programs are on a machine that nobody told us more about.
const STANDARD_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How long an operation can take that ends by itself, on a machine under load.
const PATIENCE: Duration = Duration::from_mins(1);

/// What differs between the hosts that operations are lowered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The `PATH` of every command.
    pub(crate) path: String,
    /// Set for a host that is a folder of this machine, with processes for services.
    pub(crate) sandbox: Option<Sandbox>,
    /// How long an operation can take, beyond the time that it asks for itself, before the session
    /// counts as dead.
    pub(crate) patience: Duration,
}

/// A host that is a folder of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sandbox {
    /// The folder that stands for `/`.
    pub(crate) root: String,
    /// The address of the host; none when its members are reached by name.
    pub(crate) address: Option<IpAddr>,
    /// The user that runs and owns everything in it.
    pub(crate) uid: u32,
}

impl Settings {
    /// Makes the settings of a real machine.
    pub(crate) fn machine() -> Self {
        Self {
            path: STANDARD_PATH.to_owned(),
            sandbox: None,
            patience: PATIENCE,
        }
    }

    /// Makes the settings of a sandbox, whose programs are those in `path` and the standard places.
    pub(crate) fn sandbox(sandbox: Sandbox, path: Option<&str>) -> Self {
        let path = match path {
            Some(path) => format!("{path}:{STANDARD_PATH}"),
            None => STANDARD_PATH.to_owned(),
        };
        Self {
            path,
            sandbox: Some(sandbox),
            patience: PATIENCE,
        }
    }

    /// Gives the place of a host's path on the machine that the shell runs on.
    pub(crate) fn place(&self, path: &HostPath) -> String {
        match &self.sandbox {
            Some(sandbox) => path.below(&sandbox.root),
            None => path.as_str().to_owned(),
        }
    }

    /// Gives the host's path of a place, where it is one.
    pub(crate) fn path_at(&self, place: &str) -> Option<HostPath> {
        match &self.sandbox {
            Some(sandbox) => place.strip_prefix(&sandbox.root)?.parse().ok(),
            None => place.parse().ok(),
        }
    }

    /// Gives the names that a file's owner and group are reported under.
    pub(crate) fn owners(&self, uid: u32, user: String, group: String) -> (String, String) {
        match &self.sandbox {
            Some(sandbox) if sandbox.uid == uid => {
                (FileFacts::ANYONE.to_owned(), FileFacts::ANYONE.to_owned())
            }
            _ => (user, group),
        }
    }

    /// Says whether a listener of the machine counts as one of this host.
    ///
    /// The hosts of a sandbox share a machine and have an address each, so what listens at another
    /// address belongs to another host.
    pub(crate) fn concerns(&self, listener: &Listener) -> bool {
        let own = self.sandbox.as_ref().and_then(|sandbox| sandbox.address);
        let bound = listener.address.ip();
        listener.address.is_unspecified() || own.is_none() || bound.is_none() || own == bound
    }
}
