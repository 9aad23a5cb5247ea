//! How hosts are reached, as the options say.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use etcd_plan::executor::ssh::{Environment, Question, Secrets, SshExecutor};
use etcd_plan::executor::{Executor, LocalExecutor, SandboxExecutor};
use etcd_plan::secret::Secret;

use crate::arguments::ConnectArguments;
use crate::exit::{BAD_INPUT, Failure};

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

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh => f.write_str("ssh"),
            Self::Local => f.write_str("local"),
            Self::Sandbox(folder) => write!(f, "sandbox={}", folder.display()),
        }
    }
}

/// Makes the executor that the options ask for. Passwords are asked for here, before anything is
/// shown that a question would be lost in.
pub(crate) fn executor(arguments: &ConnectArguments) -> Result<Box<dyn Executor>, Failure> {
    Ok(match &arguments.connection {
        Connection::Local => Box::new(LocalExecutor::new()),
        Connection::Sandbox(folder) => Box::new(SandboxExecutor::new(folder)),
        Connection::Ssh => {
            let mut ssh = SshExecutor::new().secrets(Given::ask(arguments)?);
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
    })
}

/// What was given on the terminal, for all hosts; the rest comes from the environment.
struct Given {
    password: Option<Secret>,
    become_password: Option<Secret>,
}

impl Given {
    fn ask(arguments: &ConnectArguments) -> Result<Self, Failure> {
        let ask = |is_wanted: bool, prompt: &str| {
            let answer = is_wanted.then(|| rpassword::prompt_password(prompt));
            let answer = answer.transpose().map_err(|error| {
                let message = format!("a password cannot be asked for: {error}");
                let hint = "run it on a terminal, or set ETCD_PLAN_SSH_PASSWORD and \
                            ETCD_PLAN_BECOME_PASSWORD";
                Failure::new(BAD_INPUT, message, hint)
            })?;
            Ok::<_, Failure>(answer.map(|answer| Secret::new(answer.into_bytes())))
        };
        Ok(Self {
            password: ask(arguments.ask_pass, "SSH password: ")?,
            become_password: ask(arguments.ask_become_pass, "sudo password: ")?,
        })
    }
}

impl Secrets for Given {
    fn answer(&self, question: &Question) -> Option<Secret> {
        let given = match question {
            Question::Password { .. } => &self.password,
            Question::BecomePassword { .. } => &self.become_password,
            Question::Passphrase { .. } => &None,
        };
        given.clone().or_else(|| Environment.answer(question))
    }
}
