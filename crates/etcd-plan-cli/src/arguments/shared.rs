//! What several commands take: where the inventory is, how hosts are reached, how a run goes.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use etcd_plan::executor::ssh::HostKeyChecking;

use crate::connect::Connection;

/// Where the inventory is, and what goes above it.
#[derive(Debug, Args)]
pub(crate) struct InventoryArguments {
    /// The inventory: a file, or `-` for standard input
    #[arg(
        short,
        long,
        env = "ETCD_PLAN_INVENTORY",
        hide_env_values = true,
        default_value = "pigsty.yml",
        value_name = "FILE"
    )]
    pub(crate) inventory: PathBuf,
    /// Sets variables above all others: `name=value`, YAML, JSON, or `@FILE`
    #[arg(short, long = "extra-vars", value_name = "VARS")]
    pub(crate) extra_vars: Vec<String>,
    /// The folder that `ca_dir` and the members' keys are relative to [default: that of the
    /// inventory or saved plan]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
}

/// How hosts are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reaching hosts")]
pub(crate) struct ConnectArguments {
    /// `ssh`; `local`, where this machine is the host; or `sandbox=DIR`, where each host is a folder
    /// on this machine and etcd a process of yours, to try things out
    #[arg(short, long, default_value = "ssh", value_name = "HOW")]
    pub(crate) connection: Connection,
    /// How many hosts are worked on at once
    #[arg(short, long, default_value_t = default_forks(), value_name = "N")]
    pub(crate) forks: std::num::NonZeroUsize,
    /// The user for hosts without an `ansible_user`
    #[arg(short, long)]
    pub(crate) user: Option<String>,
    /// A private key to show, besides those that `ssh` would
    #[arg(long, value_name = "FILE")]
    pub(crate) private_key: Vec<PathBuf>,
    /// Asks for the password to log in with
    #[arg(short = 'k', long)]
    pub(crate) ask_pass: bool,
    /// Asks for the password for sudo
    #[arg(short = 'K', long)]
    pub(crate) ask_become_pass: bool,
    /// Whether host keys must be known: `yes`, `accept-new` or `no`
    #[arg(long, value_name = "HOW")]
    pub(crate) host_key_checking: Option<HostKeyChecking>,
    /// The file with the keys of known hosts
    #[arg(long, value_name = "FILE")]
    pub(crate) known_hosts: Option<PathBuf>,
    /// The configuration of SSH, in place of `~/.ssh/config`
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// How many seconds connecting may take
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: Option<u64>,
}

/// How a run goes, and what is written down of it.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The folder that keeps the journals of runs [default: etcd-plan/runs in the user's state
    /// folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Writes events into this file, a line of JSON each, as they happen
    #[arg(long, value_name = "FILE")]
    pub(crate) log_json: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) connect: ConnectArguments,
}

/// For a person, or for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Text,
    /// One JSON document
    Json,
}

/// Takes one of some names.
pub(super) fn one_of<T, const N: usize>(
    names: [&'static str; N],
) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err: std::fmt::Debug> + Clone + Send + Sync + 'static,
{
    let names = PossibleValuesParser::new(names);
    names.map(|name| name.parse().expect("it is one of the names"))
}

fn default_forks() -> std::num::NonZeroUsize {
    etcd_plan::engine::RunSettings::default().forks
}
