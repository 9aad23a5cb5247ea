use std::collections::{BTreeMap, BTreeSet};

use etcd_plan::core::names::{Address, EtcdVersion, HostName, HostPath};
use etcd_plan::core::op::{Listener, Ownership, ServiceManager, SystemFacts};

use crate::files::{FileTree, Node};
use crate::services::Units;

/// Folders that every simulated host has from the start.
const FOLDERS: [&str; 8] = [
    "/etc/systemd/system",
    "/etc/profile.d",
    "/root",
    "/run",
    "/tmp",
    "/usr/bin",
    "/var/lib",
    "/var/log",
];

/// The host's clock when a world begins, in milliseconds since 1970 UTC.
const EPOCH_MS: u64 = 1_800_000_000_000;

/// What a simulated host is like before anything is done to it.
#[derive(Debug, Clone)]
pub struct HostSpec {
    /// Its name in the inventory.
    pub name: HostName,
    /// The addresses that it has besides its name (where that is one) and `127.0.0.1`.
    pub addresses: Vec<Address>,
    /// The etcd that is installed; default none.
    pub installed: Option<EtcdVersion>,
    /// The etcd that its package source has; default 3.5.16.
    pub available: Option<EtcdVersion>,
    /// Users besides `root`, each with a group of its name; default `prometheus`. Installing the
    /// package adds `etcd`.
    pub users: Vec<String>,
    /// Free bytes of its only file system; default 20 GiB.
    pub free_bytes: u64,
    /// Whether it says that it is a sandbox; default no.
    pub throwaway: bool,
}

impl HostSpec {
    /// Makes a plain host.
    ///
    /// # Panics
    ///
    /// When the text is no host name.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.parse().expect("a host name"),
            addresses: Vec::new(),
            installed: None,
            available: Some("3.5.16".parse().expect("a version")),
            users: vec!["prometheus".to_owned()],
            free_bytes: 20 << 30,
            throwaway: false,
        }
    }

    /// Gives it a further address.
    ///
    /// # Panics
    ///
    /// When the text is no address.
    #[must_use]
    pub fn address(mut self, address: &str) -> Self {
        self.addresses.push(address.parse().expect("an address"));
        self
    }

    /// Lets etcd be installed already.
    ///
    /// # Panics
    ///
    /// When the text is no version.
    #[must_use]
    pub fn installed(mut self, version: &str) -> Self {
        self.installed = Some(version.parse().expect("a version"));
        self
    }
}

/// The package source and what was installed from it.
#[derive(Debug, Clone)]
pub(crate) struct Packages {
    pub(crate) installed: Option<EtcdVersion>,
    pub(crate) available: Option<EtcdVersion>,
}

/// A lock that a session holds.
#[derive(Debug, Clone)]
pub(crate) struct Lock {
    pub(crate) session: u64,
    pub(crate) holder: String,
    pub(crate) journal: HostPath,
}

/// A simulated host; its etcd processes are in [`crate::world::State`].
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: HostName,
    pub(crate) addresses: Vec<Address>,
    pub(crate) files: FileTree,
    pub(crate) users: BTreeSet<String>,
    pub(crate) packages: Packages,
    pub(crate) units: Units,
    pub(crate) locks: BTreeMap<HostPath, Lock>,
    /// Files that were locks at some time, and the journals beside them: their content says who and when, so no two runs agree.
    pub(crate) lock_files: BTreeSet<HostPath>,
    /// When files were last changed, by the world's clock; those that nobody wrote were there before it.
    pub(crate) changed: BTreeMap<HostPath, u64>,
    pub(crate) foreign: Vec<Listener>,
    pub(crate) free_bytes: u64,
    pub(crate) throwaway: bool,
    pub(crate) skew_ms: i64,
    pub(crate) boot: u64,
    pub(crate) powered: bool,
    /// Whether nothing reaches the host and it reaches nothing.
    pub(crate) cut: bool,
}

impl Host {
    pub(crate) fn new(spec: HostSpec) -> Self {
        let mut addresses = vec![Address::LOOPBACK];
        addresses.extend(spec.name.as_str().parse::<Address>());
        addresses.extend(spec.addresses);
        let mut files = FileTree::new();
        for folder in FOLDERS {
            files
                .make_folders(&HostPath::fixed(folder))
                .expect("nothing is in the way of the first folders");
        }
        let mut host = Self {
            name: spec.name,
            addresses,
            files,
            users: spec.users.into_iter().chain(["root".to_owned()]).collect(),
            packages: Packages {
                installed: None,
                available: spec.available,
            },
            units: Units::default(),
            locks: BTreeMap::new(),
            lock_files: BTreeSet::new(),
            changed: BTreeMap::new(),
            foreign: Vec::new(),
            free_bytes: spec.free_bytes,
            throwaway: spec.throwaway,
            skew_ms: 0,
            boot: 1,
            powered: true,
            cut: false,
        };
        if let Some(version) = spec.installed {
            host.install(version);
        }
        host
    }

    /// Says whether the host runs and a network reaches it.
    pub(crate) fn is_reachable(&self) -> bool {
        self.powered && !self.cut
    }

    /// Says whether an address is one of the host's.
    pub(crate) fn has(&self, address: &Address) -> bool {
        self.addresses.contains(address)
    }

    /// Gives the time at which a file was last changed.
    pub(crate) fn changed_ms(&self, path: &HostPath) -> u64 {
        self.changed.get(path).copied().unwrap_or_default()
    }

    /// Gives the host's clock at a time of the world.
    pub(crate) fn clock_ms(&self, now_ms: u64) -> u64 {
        (EPOCH_MS + now_ms).saturating_add_signed(self.skew_ms)
    }

    pub(crate) fn system(&self, now_ms: u64) -> SystemFacts {
        SystemFacts {
            hostname: format!("host-{}", self.name.as_str().replace([':', '.'], "-")),
            arch: "x86_64".to_owned(),
            os: "debian".to_owned(),
            os_version: "12".to_owned(),
            services: ServiceManager::Systemd,
            privileged: true,
            throwaway: self.throwaway,
            boot_id: format!("boot-{}-of-{}", self.boot, self.name),
            clock_ms: self.clock_ms(now_ms),
        }
    }

    /// Puts what the package holds in place: two programs and a user.
    pub(crate) fn install(&mut self, version: EtcdVersion) {
        for program in ["etcd", "etcdctl"] {
            let file = Node::file(
                format!("{program} {version}"),
                Ownership::both("root"),
                0o755,
            );
            self.files
                .put(&HostPath::fixed("/usr/bin").join(program), file)
                .expect("nothing but programs lies in /usr/bin");
        }
        self.users.insert("etcd".to_owned());
        self.packages.installed = Some(version);
    }
}

/// Reads the version of a simulated program, which holds nothing but its name and version.
pub(crate) fn program_version(files: &FileTree, program: &HostPath) -> Option<EtcdVersion> {
    let text = std::str::from_utf8(files.bytes(program)?).ok()?;
    text.strip_prefix(program.file_name())?.trim().parse().ok()
}
