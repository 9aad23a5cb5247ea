//! How hosts are reached, as the options say.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use etcd_plan::executor::ssh::{Environment, Question, Secrets, SshExecutor};
use etcd_plan::executor::{Executor, LocalExecutor, SandboxExecutor};
use etcd_plan::secret::Secret;

use crate::arguments::ConnectArguments;

/// How hosts are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Over SSH, and hosts with `ansible_connection: local` here.
    Ssh,
    /// This machine is the one host of the inventory.
    Local,
    /// Each host is a folder below one folder of this machine.
    Sandbox(PathBuf),
}

impl FromStr for Connection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "ssh" => Ok(Self::Ssh),
            None if text == "local" => Ok(Self::Local),
            Some(("sandbox", folder)) if !folder.is_empty() => Ok(Self::Sandbox(folder.into())),
            _ => Err("is none of `ssh`, `local` and `sandbox=FOLDER`".to_owned()),
        }
    }
}

/// Makes the executor that the options ask for.
pub(crate) fn executor(arguments: &ConnectArguments) -> Box<dyn Executor> {
    match &arguments.connection {
        Connection::Local => Box::new(LocalExecutor::new()),
        Connection::Sandbox(folder) => Box::new(SandboxExecutor::new(folder)),
        Connection::Ssh => {
            let mut ssh = SshExecutor::new().secrets(Ask {
                password: arguments.ask_pass,
                become_password: arguments.ask_become_pass,
            });
            for file in &arguments.private_key {
                ssh = ssh.identity_file(file);
            }
            if let Some(file) = &arguments.ssh_config {
                ssh = ssh.ssh_config(file);
            }
            if let Some(file) = &arguments.known_hosts {
                ssh = ssh.known_hosts([file.clone()]);
            }
            if let Some(user) = &arguments.user {
                ssh = ssh.user(user);
            }
            if let Some(checking) = arguments.host_key_checking {
                ssh = ssh.host_key_checking(checking);
            }
            if let Some(seconds) = arguments.timeout {
                ssh = ssh.connect_timeout(Duration::from_secs(seconds));
            }
            Box::new(ssh)
        }
    }
}

/// Asks on the terminal for what was said to be asked for, and takes the rest from the environment.
struct Ask {
    password: bool,
    become_password: bool,
}

impl Secrets for Ask {
    fn answer(&self, question: &Question) -> Option<Secret> {
        let prompt = match question {
            Question::Password { user, host } if self.password => {
                format!("SSH password of {user} on {host}: ")
            }
            Question::BecomePassword { user, host } if self.become_password => {
                format!("sudo password of {user} on {host}: ")
            }
            _ => return Environment.answer(question),
        };
        let answer = rpassword::prompt_password(prompt).ok()?;
        Some(Secret::new(answer.into_bytes()))
    }
}
