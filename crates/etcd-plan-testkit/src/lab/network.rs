use std::fs::{self, File};
use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::command;
use super::error::LabError;
use super::host::LabHost;

/// The bridge, inside the namespace.
pub(super) const BRIDGE: &str = "br-lab";

/// A network namespace with a bridge and no way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Network {
    name: String,
}

impl Network {
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    /// Gives the file that stands for the namespace, whether it is there or not.
    pub(super) fn file(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.name)
    }

    /// Says whether the namespace is there.
    pub(super) fn exists(&self) -> bool {
        self.file().exists()
    }

    /// Says whether this process is in the namespace.
    pub(super) fn is_ours(&self) -> bool {
        let identity = |path: PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.dev(), metadata.ino()))
        };
        let own = identity(PathBuf::from("/proc/self/ns/net"));
        own.is_some() && own == identity(self.file())
    }

    /// Makes whatever is missing of the namespace and its bridge.
    pub(super) fn up(&self) -> Result<(), LabError> {
        // A file that an interrupted `ip netns add` left is no namespace.
        if self.exists() && self.ip(&["link", "show", "lo"]).is_err() {
            self.down()?;
        }
        if !self.exists() {
            self.netns("add")?;
        }
        if self.ip(&["link", "show", BRIDGE]).is_err() {
            self.ip(&["link", "add", BRIDGE, "type", "bridge"])?;
        }
        let gateway = format!("{}/24", LabHost::GATEWAY);
        self.ip(&["address", "replace", &gateway, "dev", BRIDGE])?;
        self.ip(&["link", "set", "lo", "up"])?;
        self.ip(&["link", "set", BRIDGE, "up"])?;
        Ok(())
    }

    /// Takes the namespace away, with everything in it.
    pub(super) fn down(&self) -> Result<(), LabError> {
        if self.exists() {
            self.netns("delete")?;
        }
        Ok(())
    }

    /// Takes a host off the bridge, or puts it back.
    pub(super) fn set_port(&self, host: LabHost, up: bool) -> Result<(), LabError> {
        let state = if up { "up" } else { "down" };
        self.ip(&["link", "set", &host.port(), state])?;
        Ok(())
    }

    /// Says whether a host has a port of the bridge, which it has while it runs.
    pub(super) fn has_port(&self, host: LabHost) -> bool {
        self.ip(&["link", "show", "dev", &host.port()]).is_ok()
    }

    /// Takes away the port of a host that was killed, which the kernel would do a moment later.
    pub(super) fn remove_port(&self, host: LabHost) {
        // Where it is gone already, all is well.
        let _ = self.ip(&["link", "delete", "dev", &host.port()]);
    }

    /// Says whether a host was taken off the bridge.
    pub(super) fn is_cut(&self, host: LabHost) -> bool {
        self.ip(&["-oneline", "link", "show", "dev", &host.port()])
            .is_ok_and(|shown| {
                // `7: vb-node-1@if2: <BROADCAST,MULTICAST,UP> mtu ...`
                let flags = shown.split(['<', '>']).nth(1).unwrap_or_default();
                !flags.split(',').any(|flag| flag == "UP")
            })
    }

    /// Makes the command that runs a program inside the namespace; its arguments are to be added.
    pub(super) fn command(&self, program: &str) -> Command {
        if self.is_ours() {
            return Command::new(program);
        }
        // Not `ip netns exec`, which hides /sys/fs/cgroup, without which systemd-nspawn refuses.
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.file().display()));
        command.args(["--", program]);
        command
    }

    /// Waits until the host's sshd greets.
    ///
    /// # Errors
    ///
    /// When it does not in time, or `is_alive` says that it never will.
    pub(super) fn wait_for_ssh(
        &self,
        host: LabHost,
        budget: Duration,
        mut is_alive: impl FnMut() -> bool + Send,
    ) -> Result<(), LabError> {
        let doing = format!("waiting for sshd of {host}");
        let namespace = File::open(self.file()).map_err(LabError::io(doing.clone()))?;
        let hint = "see its console.log, in the folder that `cargo xtask lab status` names";
        let wait = move || {
            // Only this thread moves, and ends there.
            let network = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(namespace.as_fd(), network)
                .map_err(LabError::io(doing.clone()))?;
            let deadline = Instant::now() + budget;
            while !greets(SocketAddr::from((host.address(), 22))) {
                if !is_alive() {
                    return Err(LabError::new(doing, "the host went down", hint));
                }
                if Instant::now() > deadline {
                    let message = format!("it did not greet within {} s", budget.as_secs());
                    return Err(LabError::new(doing, message, hint));
                }
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        };
        thread::scope(|scope| scope.spawn(wait).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn netns(&self, verb: &str) -> Result<(), LabError> {
        let doing = format!("network namespace {}", self.name);
        command::run(Command::new("ip").args(["netns", verb, &self.name]), &doing)?;
        Ok(())
    }

    fn ip(&self, arguments: &[&str]) -> Result<String, LabError> {
        let doing = format!("network namespace {}: {}", self.name, arguments.join(" "));
        let mut ip = Command::new("ip");
        command::run(ip.args(["-netns", &self.name]).args(arguments), &doing)
    }
}

/// Says whether an SSH server answers at an address.
fn greets(address: SocketAddr) -> bool {
    let patience = Duration::from_millis(500);
    let Ok(mut stream) = TcpStream::connect_timeout(&address, patience) else {
        return false;
    };
    let mut greeting = [0; 4];
    stream.set_read_timeout(Some(patience)).is_ok()
        && stream.read_exact(&mut greeting).is_ok()
        && greeting == *b"SSH-"
}
