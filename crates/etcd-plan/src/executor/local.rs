use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use etcd_plan_core::names::{Address, HostName};

use super::shell::{Settings, ShellProcess, ShellSession};
use super::{ConnectError, Executor, Session, Target};

/// Runs operations on this machine, with its systemd and its packages.
///
/// It stands for one host of an inventory: the one that says `ansible_connection: local`, or whose
/// address is one of this machine's. Another host is refused, so that a plan for several machines
/// is not carried out on this one.
#[derive(Debug, Default)]
pub struct LocalExecutor {
    /// The host that this machine was first taken for.
    host: Mutex<Option<HostName>>,
}

impl LocalExecutor {
    /// Makes an executor for this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes this machine for a host, from now on.
    fn claim(&self, target: &Target) -> Result<(), ConnectError> {
        let refused = |message: String, hint: &str| ConnectError {
            host: target.host.clone(),
            message,
            hint: hint.to_owned(),
        };
        if !target.local && !is_of_this_machine(&target.address) {
            let message = format!("{} is no address of this machine", target.address);
            let hint = "reach it over SSH, or give it `ansible_connection: local`";
            return Err(refused(message, hint));
        }
        let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        match &*host {
            Some(other) if *other != target.host => {
                let message = format!("this machine already stands for {other}");
                let hint = "one machine can be one host; to try several on one, use a sandbox";
                Err(refused(message, hint))
            }
            _ => {
                *host = Some(target.host.clone());
                Ok(())
            }
        }
    }
}

impl Executor for LocalExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        self.claim(target)?;
        let mut command = shell_as(target.become_user.as_deref());
        let shell = ShellProcess::start(&mut command).map_err(|error| ConnectError {
            host: target.host.clone(),
            message: format!(
                "{} cannot be started: {error}",
                PathBuf::from(command.get_program()).display()
            ),
            hint: "see that `sh`, and `sudo` where `ansible_become` is set, are in PATH".to_owned(),
        })?;
        let session = ShellSession::open(target.host.clone(), Settings::machine(), shell)?;
        Ok(Box::new(session))
    }
}

/// Gives the command for a shell of a user; `sudo` only where we are not that user, as root.
fn shell_as(user: Option<&str>) -> Command {
    let we_are_root = rustix::process::geteuid().is_root();
    match user {
        None => Command::new("sh"),
        Some("root") if we_are_root => Command::new("sh"),
        Some(user) => {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "-u", user, "--", "sh"]);
            sudo
        }
    }
}

/// Says whether an address is of this machine: only those can be bound. Nothing is sent.
fn is_of_this_machine(address: &str) -> bool {
    match address.parse::<Address>() {
        Ok(Address::Ip(ip)) => UdpSocket::bind((ip, 0)).is_ok(),
        Ok(name) => name.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use etcd_plan_core::op::{ReadOp, Reply};

    use super::LocalExecutor;
    use crate::executor::{Executor as _, Target};

    fn target(host: &str, local: bool) -> Target {
        Target {
            host: host.parse().expect("a host name"),
            address: host.to_owned(),
            port: None,
            user: None,
            private_key_file: None,
            ssh_common_args: None,
            become_user: None,
            local,
        }
    }

    #[test]
    fn asks_this_machine() {
        let executor = LocalExecutor::new();
        let mut session = executor
            .connect(&target("127.0.0.1", false))
            .expect("a shell");
        let replies = session.read(&[ReadOp::System]).expect("an answer");
        let Ok(Reply::System(system)) = &replies[0] else {
            panic!("{replies:?}");
        };
        assert!(!system.throwaway);
        assert_eq!(system.privileged, rustix::process::geteuid().is_root());
        assert!(system.clock_ms > 1_600_000_000_000);
    }

    #[test]
    fn is_one_host_of_this_machine_only() {
        let executor = LocalExecutor::new();
        let elsewhere = executor.connect(&target("192.0.2.1", false));
        assert!(elsewhere.is_err_and(|error| error.message.contains("no address of this machine")));
        assert!(executor.connect(&target("192.0.2.1", true)).is_ok());
        let other = executor.connect(&target("127.0.0.1", false));
        assert!(other.is_err_and(|error| error.message.contains("stands for 192.0.2.1")));
    }

    #[test]
    fn a_refused_sudo_is_a_refused_connection() {
        let mut target = target("127.0.0.1", true);
        target.become_user = Some("no-such-user".to_owned());
        let refused = LocalExecutor::new().connect(&target);
        assert!(refused.is_err_and(|error| !error.message.is_empty() && !error.hint.is_empty()));
    }
}
