use std::path::PathBuf;

use etcd_plan_core::names::HostName;
use etcd_plan_core::op::{Batch, OpResult, ReadOp};
use etcd_plan_core::report::Traffic;
use etcd_plan_core::spec::HostSpec;

use super::Transfer;
use crate::permit::Permit;

/// Reaches hosts. One executor serves all hosts of a run, from several threads.
pub trait Executor: Sync {
    /// Opens a session to a host.
    ///
    /// # Errors
    ///
    /// When the host cannot be reached, or does not let us in.
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError>;

    /// Gives the folder on this machine that stands for `/` of a host; none where `/` is `/`.
    ///
    /// A sandbox has one for each host, and the configuration that is rendered for the host names
    /// paths below it.
    fn root(&self, _host: &HostName) -> Option<PathBuf> {
        None
    }
}

/// An open connection to a host. It belongs to one thread for the whole run.
pub trait Session: Send {
    /// Answers questions: one result for each, in their order.
    ///
    /// # Errors
    ///
    /// When the session ended before all were answered.
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError>;

    /// Carries out a batch, which may write: one result for each operation, chain after chain.
    ///
    /// # Errors
    ///
    /// When the session ended before all were answered. What was carried out until then is unknown.
    fn write(&mut self, batch: &Batch, permit: &Permit) -> Result<Vec<OpResult>, SessionError>;

    /// Takes a line for the journal on the host, which goes there with the next batch; nothing
    /// happens in a session that holds no lock, or keeps no journal.
    fn note(&mut self, _line: String) {}

    /// Says on the host that the run goes on, where that is waited for: a session that holds a lock,
    /// and is not heard of for two minutes while it does nothing, can lose it to another run.
    ///
    /// # Errors
    ///
    /// When the session ended.
    fn renew(&mut self) -> Result<(), SessionError> {
        Ok(())
    }

    /// Says how much went over the connection until now; nothing where that is not counted.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    /// Gives a view of how far it has come with a large file, which can be looked at while it
    /// sends; none where that is not known.
    fn transfer(&self) -> Option<Transfer> {
        None
    }
}

/// A host as an executor must know it to reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name in the inventory.
    pub host: HostName,
    /// Where to connect: `ansible_host`, or the name itself.
    pub address: String,
    /// `ansible_port`; none for the executor's default.
    pub port: Option<u16>,
    /// `ansible_user`; none for the executor's default.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`; none for the executor's default.
    pub private_key_file: Option<String>,
    /// `ansible_ssh_common_args`: options for SSH, as its command line takes them.
    pub ssh_common_args: Option<String>,
    /// Whether operations run as another user, and which: `ansible_become`, `ansible_become_user`.
    pub become_user: Option<String>,
    /// `ansible_connection: local`.
    pub local: bool,
}

/// Says why a host was not reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host}: {message}")]
pub struct ConnectError {
    /// The host.
    pub host: HostName,
    /// Why, as one clause.
    pub message: String,
    /// The next action.
    pub hint: String,
}

/// Says that a session ended in the middle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host}: the session ended: {message}")]
pub struct SessionError {
    /// The host.
    pub host: HostName,
    /// Why, as one clause.
    pub message: String,
}

impl Target {
    /// Takes what the inventory says of a host.
    pub fn of(host: &HostSpec) -> Self {
        let connection = &host.connection;
        Self {
            host: host.name.clone(),
            address: connection
                .host
                .clone()
                .unwrap_or_else(|| host.name.to_string()),
            port: connection.port,
            user: connection.user.clone(),
            private_key_file: connection.private_key_file.clone(),
            ssh_common_args: connection.ssh_common_args.clone(),
            become_user: connection.become_user.clone(),
            local: connection.local,
        }
    }
}
