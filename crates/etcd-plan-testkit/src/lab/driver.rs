use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::cgroup::Cgroups;
use super::command;
use super::disk::Disk;
use super::error::LabError;
use super::host::LabHost;
use super::image::Image;
use super::machine;
use super::network::{BRIDGE, Network};
use super::store::Store;

/// The environment variable that names the lab a process is inside of.
const INSIDE: &str = "ETCD_PLAN_LAB";

/// How long a host has until its sshd greets; it takes about a second.
const BOOT_BUDGET: Duration = Duration::from_mins(1);

/// Enters the cgroups that stand before `--` and becomes the program that stands after.
const IN_CGROUPS: &str = r#"
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit; shift; done
shift
exec "$@"
"#;

/// A set of real hosts on this machine. See [the module](super).
///
/// Labs with different names do not disturb each other. Commands that change the same lab wait for
/// each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lab {
    name: String,
    store: Store,
    image: Image,
    network: Network,
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

    /// Makes the command that runs a program inside the lab, with `ETCD_PLAN_LAB` set for
    /// [`Lab::inside`]; its arguments are to be added.
    ///
    /// # Errors
    ///
    /// When the lab is not up.
    pub fn command(&self, program: &str) -> Result<Command, LabError> {
        machine::check()?;
        if !self.network.exists() {
            let hint = "bring it up with `cargo xtask lab up`";
            return Err(LabError::new(
                format!("lab {}", self.name),
                "is not up",
                hint,
            ));
        }
        let mut command = self.network.command(program);
        command.env(INSIDE, &self.name);
        Ok(command)
    }

    /// Makes the command that runs OpenSSH's client inside the lab, as a user on a host; what is to
    /// run there is to be added.
    ///
    /// # Errors
    ///
    /// When the lab is not up.
    pub fn ssh(&self, host: LabHost, user: &str) -> Result<Command, LabError> {
        let mut command = self.command("ssh")?;
        let known_hosts = self.known_hosts_file();
        command
            .args([
                "-F",
                "none",
                "-o",
                "LogLevel=ERROR",
                "-o",
                "ConnectTimeout=5",
            ])
            .args(["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "GlobalKnownHostsFile=none", "-o"])
            .arg(format!("UserKnownHostsFile=\"{}\"", known_hosts.display()))
            .arg("-i")
            .arg(self.key_file())
            .arg(format!("{user}@{}", host.address()));
        Ok(command)
    }

    /// Makes the command that runs a program as root on a host, without going over its network: it
    /// also works on a host that is cut off, and costs no login. Its arguments are to be added.
    ///
    /// # Errors
    ///
    /// When the host does not run.
    pub fn enter(&self, host: LabHost, program: &str) -> Result<Command, LabError> {
        machine::check()?;
        let init = self.cgroups(host)?.init().ok_or_else(|| {
            let doing = format!("{host} of lab {}", self.name);
            LabError::new(doing, "does not run", "see `cargo xtask lab status`")
        })?;
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={init}"))
            .args([
                "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
            ])
            .args(["--", program])
            .env_clear()
            .env("HOME", "/root")
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            );
        Ok(command)
    }

    /// Takes a host off the bridge: nobody reaches it, and it reaches nobody.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn cut(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        self.network.set_port(host, false)
    }

    /// Puts a host back on the bridge.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn heal(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        self.network.set_port(host, true)
    }

    /// Stops a host as a cut power line would. Its disk stays.
    ///
    /// # Errors
    ///
    /// When its processes do not end.
    pub fn kill(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        self.stop(host)
    }

    /// Starts a stopped host, with the disk that it has, and waits until it lets in over SSH.
    ///
    /// # Errors
    ///
    /// When the lab has no such host, or it does not start.
    pub fn start(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        self.must_have(host)?;
        self.boot(host)?;
        self.wait(host)
    }

    /// Stops hosts and starts them with fresh disks, and fresh host keys.
    ///
    /// # Errors
    ///
    /// When the lab has no such host, or one does not start.
    pub fn reset(&self, hosts: &[LabHost]) -> Result<(), LabError> {
        self.reset_to(hosts, false)
    }

    /// The same, and on the fresh disks are Patroni, PostgreSQL and vip-manager, which do not run.
    ///
    /// # Errors
    ///
    /// As [`Lab::reset`].
    pub fn reset_with_databases(&self, hosts: &[LabHost]) -> Result<(), LabError> {
        self.reset_to(hosts, true)
    }

    fn reset_to(&self, hosts: &[LabHost], databases: bool) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        for host in hosts {
            self.must_have(*host)?;
        }
        on_all(hosts, |host| {
            self.take_away(host)?;
            self.disk(host).make(&self.image, databases)?;
            self.boot(host)
        })?;
        self.write_known_hosts()?;
        on_all(hosts, |host| self.wait(host))
    }

    /// Mounts a small file system on `/data` of a running host, until the host is stopped; `size`
    /// is as tmpfs takes it, such as `4m`.
    ///
    /// # Errors
    ///
    /// When the host cannot do it.
    pub fn limit_data(&self, host: LabHost, size: &str) -> Result<(), LabError> {
        let doing = format!("a small disk for /data of {host}");
        if size.is_empty() || !size.chars().all(|c| c.is_ascii_alphanumeric()) {
            let hint = "give a number with k, m or g after it, such as 4m";
            return Err(LabError::new(doing, format!("{size:?} is no size"), hint));
        }
        let script = format!("mkdir -p /data && mount -t tmpfs -o size={size} lab-data /data");
        command::run(self.ssh(host, "root")?.arg(script), &doing)?;
        Ok(())
    }

    /// Makes the disk of a host where it has none, and starts it unless it runs.
    fn boot(&self, host: LabHost) -> Result<(), LabError> {
        let cgroups = self.cgroups(host)?;
        let disk = self.disk(host);
        let made = disk.is_made(&self.image);
        if cgroups.is_populated() {
            if made && self.network.has_port(host) {
                return Ok(());
            }
            self.stop(host)?;
        }
        if made {
            disk.mount(&self.image)?;
        } else {
            disk.make(&self.image, false)?;
        }
        cgroups.create()?;
        let doing = format!("starting {host}");
        let console = File::create(disk.console()).map_err(LabError::io(doing.clone()))?;
        let errors = console.try_clone().map_err(LabError::io(doing.clone()))?;
        let mut nspawn = self.network.command("systemd-nspawn");
        nspawn
            .args([
                "--quiet",
                "--register=no",
                "--keep-unit",
                "--private-users=no",
            ])
            .args(["--resolv-conf=off", "--timezone=off", "--link-journal=no"])
            .args(["--boot", "--console=pipe"])
            .arg(format!("--machine={host}"))
            .arg(format!("--network-bridge={BRIDGE}"))
            .arg("--directory")
            .arg(disk.tree());
        if host == LabHost::INFRA {
            let packages = self.image.packages();
            nspawn.arg(format!("--bind-ro={}:/srv/packages", packages.display()));
        }
        // In a session of its own, so that it outlives us and our terminal.
        let mut setsid = Command::new("setsid");
        setsid
            .args(["--fork", "sh", "-c", IN_CGROUPS, "sh"])
            .args(cgroups.folders())
            .arg("--")
            .arg(nspawn.get_program())
            .args(nspawn.get_args())
            // The machine's own filter may forbid what a filter of systemd's would be made with.
            .env("SYSTEMD_SECCOMP", "0")
            .env_remove(INSIDE)
            .stdin(Stdio::null())
            .stdout(console)
            .stderr(errors);
        let status = setsid.status().map_err(LabError::io(doing.clone()))?;
        if status.success() {
            return Ok(());
        }
        let message = format!("setsid ended with {status}");
        Err(LabError::new(
            doing,
            message,
            "see that util-linux is whole",
        ))
    }

    fn wait(&self, host: LabHost) -> Result<(), LabError> {
        // A host that is cut off is up all the same.
        if self.network.is_cut(host) {
            return Ok(());
        }
        let cgroups = self.cgroups(host)?;
        // The shell that becomes the host is in its cgroup a moment after it was started.
        let mut seen = false;
        self.network.wait_for_ssh(host, BOOT_BUDGET, move || {
            let populated = cgroups.is_populated();
            seen |= populated;
            populated || !seen
        })
    }

    fn stop(&self, host: LabHost) -> Result<(), LabError> {
        self.cgroups(host)?.kill()?;
        self.network.remove_port(host);
        Ok(())
    }

    /// Stops a host and removes its disk.
    fn take_away(&self, host: LabHost) -> Result<(), LabError> {
        self.stop(host)?;
        self.disk(host).remove()
    }

    fn must_have(&self, host: LabHost) -> Result<(), LabError> {
        if self.hosts().any(|own| own == host) {
            return Ok(());
        }
        let doing = format!("{host} of lab {}", self.name);
        let hint = "`cargo xtask lab status` shows the hosts; `cargo xtask lab up N` makes more";
        Err(LabError::new(doing, "there is no such host", hint))
    }

    /// Gives the hosts that have a disk which was made to its end.
    fn hosts(&self) -> impl Iterator<Item = LabHost> {
        LabHost::all().filter(|host| self.disk(*host).is_made(&self.image))
    }

    fn disk(&self, host: LabHost) -> Disk {
        Disk::of(&self.folder(), host)
    }

    fn cgroups(&self, host: LabHost) -> Result<Cgroups, LabError> {
        Cgroups::of(&self.name, &host.to_string())
    }

    fn write_known_hosts(&self) -> Result<(), LabError> {
        let lines: String = LabHost::all()
            .map(|host| self.disk(host).known_hosts())
            .collect();
        let doing = format!("writing {}", self.known_hosts_file().display());
        fs::write(self.known_hosts_file(), lines).map_err(LabError::io(doing))
    }
}

/// Does something on several hosts at once, and gives the first error after all are done.
fn on_all(
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
