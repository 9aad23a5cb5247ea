//! The commands that read inventories, make plans and carry them out.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use etcd_plan::names::ClusterName;

use super::selection::Selection;
use super::shared::{ConnectArguments, Format, InventoryArguments, RunArguments};

#[derive(Debug, Args)]
pub(crate) struct ValidateArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only this cluster
    #[arg(long)]
    pub(crate) cluster: Option<ClusterName>,
    /// Shows where each value came from
    #[arg(long)]
    pub(crate) origin: bool,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Plans from the inventory alone, without reaching any host
    #[arg(long)]
    pub(crate) offline: bool,
    /// Saves the plan, for `etcd-plan apply FILE`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How it is written; `json` is what `-o` saves
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) connect: ConnectArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For a person
    Text,
    /// One JSON document
    Json,
    /// The graph of steps, for Graphviz
    Dot,
    /// The graph of steps, for Mermaid
    Mermaid,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// A saved plan, in place of an inventory
    #[arg(
        value_name = "PLAN",
        conflicts_with_all = [
            "inventory", "extra_vars", "goal", "limit", "tags", "skip_tags", "to", "depart", "dead",
            "backup_to", "backup_on_host", "backup_keep", "no_snapshot",
            "keep_revisions", "threshold", "snapshot", "stage", "again", "leave_clients"
        ]
    )]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Does not ask before changes; what is destructive needs `--destroy`
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Confirms that this cluster may lose members or data, as typing its name does
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) destroy: Vec<ClusterName>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

impl ApplyArguments {
    /// Makes those of a command that is `apply` with a goal of its own: of an inventory, and with
    /// nothing confirmed by a name.
    pub(crate) fn of(
        inventory: InventoryArguments,
        selection: Selection,
        yes: bool,
        run: RunArguments,
    ) -> Self {
        Self {
            plan: None,
            inventory,
            selection,
            yes,
            destroy: Vec::new(),
            run,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// A saved plan, in place of an inventory
    #[arg(
        value_name = "PLAN",
        conflicts_with_all = [
            "inventory", "extra_vars", "goal", "limit", "tags", "skip_tags", "to", "depart", "dead",
            "backup_to", "backup_on_host", "backup_keep", "no_snapshot",
            "keep_revisions", "threshold", "snapshot", "run"
        ]
    )]
    pub(crate) plan: Option<PathBuf>,
    /// The file to write, one page that needs nothing besides itself; `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: PathBuf,
    /// A past run, by its name in `etcd-plan log`, in place of a plan; without a name the latest
    #[arg(
        long,
        value_name = "RUN",
        num_args = 0..=1,
        default_missing_value = "latest",
        conflicts_with_all = [
            "inventory", "extra_vars", "goal", "limit", "tags", "skip_tags", "to", "depart", "dead",
            "backup_to", "backup_on_host", "backup_keep", "no_snapshot",
            "keep_revisions", "threshold", "snapshot", "offline"
        ]
    )]
    pub(crate) run: Option<String>,
    /// The folder that keeps the journals of runs
    #[arg(long, value_name = "DIR", requires = "run")]
    pub(crate) journal: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Plans from the inventory alone, without reaching any host
    #[arg(long)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArguments,
}
