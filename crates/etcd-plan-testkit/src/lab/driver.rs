use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread;

use super::cgroup::Cgroups;
use super::disk::Disk;
use super::error::LabError;
use super::host::LabHost;
use super::image::Image;
use super::machine;
use super::network::Network;
use super::store::Store;

/// The environment variable that names the lab a process is inside of.
pub(super) const INSIDE: &str = "ETCD_PLAN_LAB";

/// A set of real hosts on this machine. See [the module](super).
///
/// Labs with different names do not disturb each other. Commands that change the same lab wait for
/// each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    pub(super) name: String,
    pub(super) store: Store,
    pub(super) image: Image,
    pub(super) network: Network,
}

/// What is known of a host of a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostStatus {
    /// The host.
    pub host: LabHost,
    /// Whether it runs.
    pub running: bool,
    /// Whether it is off the bridge.
    pub cut: bool,
}

impl Lab {
    /// The name of the lab where none is given.
    pub const DEFAULT_NAME: &str = "etcdlab";

    /// How many hosts for etcd a lab has where nothing is said.
    pub const DEFAULT_NODES: u8 = 3;

    /// Names a lab, whether it is there or not.
    ///
    /// # Errors
    ///
    /// When the name is none for a network namespace, or there is no place for its disks.
    pub fn named(name: &str) -> Result<Self, LabError> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let first = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !first || name.len() > 32 || !name.chars().all(letters) {
            let hint = "use up to 32 small letters, digits and `-`, and begin with a letter";
            return Err(LabError::new(
                format!("lab {name:?}"),
                "cannot be named so",
                hint,
            ));
        }
        let store = Store::find()?;
        Ok(Self {
            name: name.to_owned(),
            image: Image::of(&store),
            network: Network::named(name),
            store,
        })
    }

    /// Gives the lab that this process is inside of, as its environment says and the kernel
    /// confirms. A test that would dial the address of a host refuses to start without.
    ///
    /// # Errors
    ///
    /// When it is not inside of one: outside, the same addresses could be anybody's.
    pub fn inside() -> Result<Self, LabError> {
        let hint = "start it with `cargo xtask lab exec`, as root, after `cargo xtask lab up`";
        let refused = |message: &str| Err(LabError::new("the lab", message, hint));
        let Some(name) = env::var(INSIDE).ok().filter(|name| !name.is_empty()) else {
            return refused(&format!("{INSIDE} is not set, so this is outside"));
        };
        let lab = Self::named(&name)?;
        if lab.network.is_ours() {
            Ok(lab)
        } else {
            refused(&format!("this process is not in the network of lab {name}"))
        }
    }

    /// Gives its name, which is that of its network namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the folder of its disks and its `known_hosts`.
    pub fn folder(&self) -> PathBuf {
        self.store.lab(&self.name)
    }

    /// Gives the private key that lets in as root, `admin` and `oper`.
    pub fn key_file(&self) -> PathBuf {
        self.image.key()
    }

    /// Gives the file with the host keys of all hosts, in the form of OpenSSH's `known_hosts`.
    pub fn known_hosts_file(&self) -> PathBuf {
        self.folder().join("known_hosts")
    }

    /// Does what takes longest and is done once on a machine: installs the programs that a lab needs,
    /// and builds the image of its hosts.
    ///
    /// # Errors
    ///
    /// When this machine cannot have a lab.
    pub fn prepare(&self, say: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        machine::check()?;
        machine::install_programs(say)?;
        self.image.build(&self.store, say)
    }

    /// Brings up `infra` and `nodes` hosts for etcd, and waits until all let in over SSH.
    ///
    /// Hosts that run are left alone, stopped ones are started with their disks, and those beyond
    /// the number are taken away. Without a number, the hosts that are there, or three. What an
    /// interrupted command left half done is made anew. `say` is told what takes long.
    ///
    /// # Errors
    ///
    /// When this machine cannot have a lab, or a host does not start.
    pub fn up(
        &self,
        nodes: Option<u8>,
        say: &mut dyn FnMut(&str),
    ) -> Result<Vec<HostStatus>, LabError> {
        self.prepare(say)?;
        let _lock = self.store.lock_lab(&self.name)?;
        if self.network.exists() && !self.folder().exists() {
            let message = "a network namespace of that name is there, and no lab of ours";
            let hint = "choose another name, or delete it with `ip netns delete`";
            return Err(LabError::new(format!("lab {}", self.name), message, hint));
        }
        let doing = format!("making {}", self.folder().display());
        fs::create_dir_all(self.folder()).map_err(LabError::io(doing))?;
        self.network.up()?;

        let there = self.hosts().filter(|host| *host != LabHost::INFRA).count();
        let there = u8::try_from(there).ok().filter(|count| *count > 0);
        let nodes = nodes.or(there).unwrap_or(Self::DEFAULT_NODES);
        let wanted: Vec<LabHost> = [LabHost::INFRA]
            .into_iter()
            .chain(LabHost::nodes(nodes))
            .collect();
        for host in LabHost::all().filter(|host| !wanted.contains(host)) {
            self.take_away(host)?;
        }
        on_all(&wanted, |host| self.boot(host))?;
        self.write_known_hosts()?;
        on_all(&wanted, |host| self.wait(host))?;
        self.status()
    }

    /// Takes the lab away: its hosts with their disks, and its network. The image stays.
    ///
    /// # Errors
    ///
    /// When something of it cannot be taken away.
    pub fn down(&self) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        if !self.folder().exists() {
            return Ok(());
        }
        let all: Vec<LabHost> = LabHost::all().collect();
        on_all(&all, |host| self.take_away(host))?;
        self.network.down()?;
        // The folder last: it is what says that the network is a lab's.
        let doing = format!("removing {}", self.folder().display());
        fs::remove_dir_all(self.folder()).map_err(LabError::io(doing))
    }

    /// Gives the hosts that have a disk, and how they are.
    ///
    /// # Errors
    ///
    /// When the machine has no cgroups.
    pub fn status(&self) -> Result<Vec<HostStatus>, LabError> {
        self.hosts()
            .map(|host| {
                let running = self.cgroups(host)?.is_populated();
                Ok(HostStatus {
                    host,
                    running,
                    cut: running && self.network.is_cut(host),
                })
            })
            .collect()
    }

    pub(super) fn must_have(&self, host: LabHost) -> Result<(), LabError> {
        if self.hosts().any(|own| own == host) {
            return Ok(());
        }
        let doing = format!("{host} of lab {}", self.name);
        let hint = "`cargo xtask lab status` shows the hosts; `cargo xtask lab up N` makes more";
        Err(LabError::new(doing, "there is no such host", hint))
    }

    /// Gives the hosts that have a disk which was made to its end.
    pub(super) fn hosts(&self) -> impl Iterator<Item = LabHost> {
        LabHost::all().filter(|host| self.disk(*host).is_made(&self.image))
    }

    pub(super) fn disk(&self, host: LabHost) -> Disk {
        Disk::of(&self.folder(), host)
    }

    pub(super) fn cgroups(&self, host: LabHost) -> Result<Cgroups, LabError> {
        Cgroups::of(&self.name, &host.to_string())
    }

    pub(super) fn write_known_hosts(&self) -> Result<(), LabError> {
        let lines: String = LabHost::all()
            .map(|host| self.disk(host).known_hosts())
            .collect();
        let doing = format!("writing {}", self.known_hosts_file().display());
        fs::write(self.known_hosts_file(), lines).map_err(LabError::io(doing))
    }
}

/// Does something on several hosts at once, and gives the first error after all are done.
pub(super) fn on_all(
    hosts: &[LabHost],
    action: impl Fn(LabHost) -> Result<(), LabError> + Sync,
) -> Result<(), LabError> {
    let action = &action;
    thread::scope(|scope| {
        let threads: Vec<_> = hosts
            .iter()
            .map(|host| scope.spawn(move || action(*host)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect::<Vec<_>>()
    })
    .into_iter()
    .collect()
}
