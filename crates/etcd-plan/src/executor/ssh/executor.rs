use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::config::SshConfig;
use super::connect::connect;
use super::options::{ConfigPath, HostKeyChecking, Options};
use super::privilege::Start;
use super::problem::Problem;
use super::route::route_to;
use super::secrets::{Answers, Environment, Secrets};
use crate::executor::local::LocalExecutor;
use crate::executor::{ConnectError, Executor, Session, Target};

/// Reaches hosts over SSH: one connection and one shell for each, for as long as its session lives.
///
/// Timeouts, known hosts and the checking of host keys that are set here come first. Else what the
/// inventory says of a host does, then `ansible_ssh_common_args`, then what is set here, and then
/// `~/.ssh/config`. A host
/// with `ansible_connection: local` is this machine, as with a [`LocalExecutor`].
///
/// ```
/// use std::time::Duration;
/// use etcd_plan::executor::ssh::{HostKeyChecking, SshExecutor};
///
/// let executor = SshExecutor::new()
///     .user("admin")
///     .host_key_checking(HostKeyChecking::AcceptNew)
///     .connect_timeout(Duration::from_secs(5));
/// ```
#[derive(Debug)]
pub struct SshExecutor {
    options: Options,
    answers: Answers,
    config: OnceLock<Result<SshConfig, (String, String)>>,
    local: LocalExecutor,
}

impl SshExecutor {
    /// Makes an executor as `ssh` behaves: with `~/.ssh/config`, the known hosts, the agent and the
    /// default keys. Secrets come from the [`Environment`].
    pub fn new() -> Self {
        Self {
            options: Options::default(),
            answers: Answers::from(Environment),
            config: OnceLock::new(),
            local: LocalExecutor::new(),
        }
    }

    /// Sets the user for hosts without an `ansible_user`.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.options.user = Some(user.into());
        self
    }

    /// Adds a private key, which is shown after a host's own `ansible_ssh_private_key_file` and
    /// before the keys of the agent.
    #[must_use]
    pub fn identity_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.identity_files.push(file.into());
        self
    }

    /// Sets how host keys are checked; `yes` when neither this nor a configuration says otherwise.
    #[must_use]
    pub fn host_key_checking(mut self, checking: HostKeyChecking) -> Self {
        self.options.checking = Some(checking);
        self
    }

    /// Sets the files with known hosts, in place of `~/.ssh/known_hosts`, `~/.ssh/known_hosts2` and
    /// `/etc/ssh/ssh_known_hosts`. New keys are recorded in the first.
    #[must_use]
    pub fn known_hosts(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.options.known_hosts = Some(files.into_iter().collect());
        self
    }

    /// Sets who answers questions for passwords and passphrases, in place of the [`Environment`].
    #[must_use]
    pub fn secrets(mut self, secrets: impl Secrets + 'static) -> Self {
        self.answers = Answers::from(secrets);
        self
    }

    /// Sets the configuration file that is read, in place of `~/.ssh/config`; it must be there.
    #[must_use]
    pub fn ssh_config(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.config = ConfigPath::At(file.into());
        self
    }

    /// Reads no configuration file.
    #[must_use]
    pub fn without_ssh_config(mut self) -> Self {
        self.options.config = ConfigPath::Nowhere;
        self
    }

    /// Sets how long each may take: resolving a name, connecting, the handshake, each attempt to
    /// log in, opening a way through a jump host. Default: `ConnectTimeout`, or 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = Some(timeout);
        self
    }

    /// Sets how long an operation may take before its host counts as dead, beyond what it asks for
    /// itself: waiting for a member does, and installing a package. A batch may take the sum of its
    /// operations; sending it counts only while the host takes nothing. Default: 60 s.
    #[must_use]
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.options.operation_timeout = timeout;
        self
    }

    /// Sets after what silence a host is asked whether it is still there; after three times that,
    /// it is given up. Default: `ServerAliveInterval`, or 15 s. At least 1 s.
    #[must_use]
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.options.keep_alive = Some(interval);
        self
    }

    fn config(&self) -> Result<&SshConfig, Problem> {
        let load = || {
            let loaded = SshConfig::load(&self.options.config);
            loaded.map_err(|problem| (problem.message, problem.hint))
        };
        let loaded = self.config.get_or_init(load).as_ref();
        loaded.map_err(|(message, hint)| Problem::new(message, hint))
    }
}

impl Default for SshExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl Executor for SshExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        if target.local {
            return self.local.connect(target);
        }
        let begun = Instant::now();
        let of_host = |problem: Problem| problem.of(&target.host);
        let config = self.config().map_err(of_host)?;
        let route = route_to(target, &self.options, config).map_err(of_host)?;
        let connection = connect(&route, &self.answers).map_err(of_host)?;
        let start = Start {
            host: &target.host,
            hop: &route.target,
            become_user: target.become_user.as_deref(),
            answers: &self.answers,
            patience: self.options.operation_timeout,
        };
        let session = start.shell(connection)?;
        tracing::debug!(
            host = %target.host,
            elapsed_us = begun.elapsed().as_micros(),
            "connected",
        );
        Ok(Box::new(session))
    }
}
