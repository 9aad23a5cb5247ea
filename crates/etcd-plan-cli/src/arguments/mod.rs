//! The arguments, as clap reads them: a file for commands of a kind.

mod clusters;
mod goals;
mod plans;
mod reference;
mod selection;
mod shared;

use clap::{Args, Parser, Subcommand};

pub(crate) use clusters::{
    AdoptArguments, EnvArguments, EnvFormat, IssueArguments, MonitoringArguments, OutputsArguments,
    StatusArguments, StatusFormat,
};
pub(crate) use goals::{
    BackupArguments, DestroyArguments, JoinArguments, MaintainArguments, RecoverArguments,
    ReloadArguments, RemoveArguments, ReplaceArguments, RestoreArguments, RotateCaArguments,
    RotateCertsArguments, RotateCommand, UpgradeArguments,
};
pub(crate) use plans::{
    ApplyArguments, PlanArguments, PlanFormat, ReportArguments, ShowArguments, ValidateArguments,
};
pub(crate) use reference::{ExplainArguments, LogArguments, ParamsArguments};
pub(crate) use selection::{RotateOptions, Selection, SnapshotArguments};
pub(crate) use shared::{ConnectArguments, Format, InventoryArguments};

use crate::exit;
use crate::output::Color;

/// Plans and runs everything an etcd cluster needs, from an Ansible-style inventory
#[derive(Debug, Parser)]
#[command(name = "etcd-plan", version, after_help = exit::HELP, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct GlobalArguments {
    /// When there is colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Tells more: once, also what is left as it is; twice, also what each host cost
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

// Goals of the administration (reload, join, remove, …) get a variant here, a file in `commands/`,
// and as a rule that file fills in a goal and calls `commands::apply`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks an inventory, and shows what is wrong where
    Validate(ValidateArguments),
    /// Shows the clusters of an inventory with all their parameters
    Inventory(ShowArguments),
    /// Shows what would be done; reads hosts, and changes nothing
    Plan(PlanArguments),
    /// Does it: what an inventory asks for, or a saved plan
    Apply(ApplyArguments),
    /// Lets members take on what an inventory says: who must restart does, one at a time
    Reload(ReloadArguments),
    /// Brings members to another version of etcd, one at a time
    Upgrade(UpgradeArguments),
    /// Makes hosts of the inventory members of a cluster that lives, one after the other
    Join(JoinArguments),
    /// Takes members out of a cluster that lives, one after the other
    Remove(RemoveArguments),
    /// Puts a new host of the inventory in the place of a member
    Replace(ReplaceArguments),
    /// Takes clusters away: stops them, and moves their data aside
    Destroy(DestroyArguments),
    /// Saves what the clusters hold: a snapshot of each, from a healthy follower
    Backup(BackupArguments),
    /// Compacts the history of stores, and defragments databases: one member at a time
    Maintain(MaintainArguments),
    /// Makes a new cluster of a snapshot: what is there is moved aside
    Restore(RestoreArguments),
    /// Makes a new cluster of what survivors hold, where the quorum is lost for good
    Recover(RecoverArguments),
    /// Replaces certificates, or the authority that issues them, while the clusters serve
    #[command(subcommand)]
    Rotate(RotateCommand),
    /// Shows what the clusters are like now
    Status(StatusArguments),
    /// Makes the inventory of a cluster that something else built; reads its hosts, and changes nothing
    /// there
    Adopt(AdoptArguments),
    /// Prints the environment of etcdctl, for `eval`
    Env(EnvArguments),
    /// Issues a certificate for a client of a cluster, by the CA of its members
    Issue(IssueArguments),
    /// Prints or writes what consumers of a cluster need: Patroni, vip-manager, etcdctl, others
    Outputs(OutputsArguments),
    /// Writes what watches the clusters: for Prometheus its job, rules and alerts, for Grafana the
    /// dashboard
    Monitoring(MonitoringArguments),
    /// Shows the reference of the parameters
    Params(ParamsArguments),
    /// Explains a code of a finding, or a guard
    Explain(ExplainArguments),
    /// Lists past runs, or shows one
    Log(LogArguments),
    /// Writes a page of a plan or of a past run, to click through
    Report(ReportArguments),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page
    Man,
}
