//! Reaches hosts over SSH.
//!
//! An [`SshExecutor`] keeps one connection and one shell for each host. It behaves as `ssh` does, as
//! far as that is written here.
//!
//! **Who we are.** Keys first: the host's `ansible_ssh_private_key_file`, those that were set, those
//! of `IdentityFile`; then the keys of the agent, if there is one; then `id_ed25519`, `id_ecdsa` and
//! `id_rsa` in `~/.ssh`. At most five are shown. Then a password, if [`Secrets`] have one. Ed25519,
//! ECDSA and RSA keys are read, in all formats that OpenSSH writes. A key that needs a passphrase is
//! taken from the agent when that has it.
//!
//! **Who the host is.** Its key must be in the known hosts ([`HostKeyChecking`]): names may be
//! hashed, have a port or be patterns, and keys may be revoked. Types that are known are asked for
//! first. A host that shows none of the types that are known counts as changed.
//!
//! **As which user.** Operations run as `ansible_become_user` through `sudo`, or through `doas` where
//! there is no `sudo`; as the user that logs in when that is the same. A password goes to the
//! standard input of `sudo`. `doas` reads passwords from a terminal only, so it must be `nopass`.
//!
//! **Configuration.** Of `~/.ssh/config` and `ansible_ssh_common_args` these are heeded: HostName,
//! Port, User, IdentityFile, IdentitiesOnly, ProxyJump, UserKnownHostsFile, StrictHostKeyChecking,
//! HostKeyAlias, ConnectTimeout, ServerAliveInterval; Host, Include, and Match with `all`, or with
//! `host` or `originalhost` alone (both compared with the name as the inventory has it). A section
//! with any other Match holds for no host. Of tokens `%d`, `%h`, `%n`, `%p`, `%r` and `%%` are
//! replaced. `ProxyCommand` is refused; everything else is passed over. `/etc/ssh/ssh_config` is
//! not read.
//!
//! **Not supported:** certificates of users and hosts, keys on hardware except through an agent,
//! GSSAPI, SHA-1 signatures (`ssh-rsa` of servers before OpenSSH 7.2), compression.

mod auth;
mod channel;
mod config;
mod connect;
mod executor;
mod host_key;
mod identity;
mod jump;
mod known_hosts;
mod link;
mod options;
mod privilege;
mod problem;
mod route;
mod secrets;

pub use executor::SshExecutor;
pub use options::{HostKeyChecking, NoHostKeyChecking};
pub use secrets::{Environment, Question, Secrets};
