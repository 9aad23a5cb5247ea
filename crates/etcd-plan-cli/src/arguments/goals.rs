//! The commands that are `apply` with a goal of their own.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use etcd_plan::names::{ClusterName, EtcdVersion};

use super::selection::{Again, MaintainOptions, RotateOptions, SnapshotArguments};
use super::shared::{InventoryArguments, RunArguments};

#[derive(Debug, Args)]
pub(crate) struct ReloadArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only members on these hosts: names, groups and globs, joined by `,` or `:`, with `!` and `&`
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// The version, such as 3.5.16 [default: `etcd_version` of the inventory]
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<EtcdVersion>,
    /// Only members on these hosts: names, groups and globs, joined by `,` or `:`, with `!` and `&`
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    #[command(flatten)]
    pub(crate) snapshots: SnapshotArguments,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct JoinArguments {
    /// The hosts that are to join, by their names in the inventory; groups and globs are taken too
    #[arg(required = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// The members that are to leave: hosts of the inventory or names of members; those whose hosts are
    /// gone from the inventory by name, id or address
    #[arg(required = true, value_name = "MEMBER")]
    pub(crate) members: Vec<String>,
    /// They are dead: nothing is done on their hosts, which need not answer
    #[arg(long)]
    pub(crate) dead: bool,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ReplaceArguments {
    /// The member that is to leave: a host of the inventory or the name of a member; one whose host is
    /// gone from the inventory by name, id or address
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The host that takes its place, by its name in the inventory
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// The old member is dead: it is taken out first, and nothing is done on its host
    #[arg(long)]
    pub(crate) dead: bool,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DestroyArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only the clusters of these hosts, all of them: names, groups and globs
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Confirms that this cluster is to be destroyed, as typing its name does
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) destroy: Vec<ClusterName>,
    #[command(flatten)]
    pub(crate) snapshots: SnapshotArguments,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only clusters with a member on these hosts, and only from these
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// The folder that snapshots are brought to [default: `backups` beside the inventory]
    #[arg(short, long, value_name = "DIR", conflicts_with = "on_host")]
    pub(crate) output: Option<PathBuf>,
    /// Leaves them on the host that they are taken from, in /var/lib/etcd-plan/backup
    #[arg(long)]
    pub(crate) on_host: bool,
    /// How many of a cluster are kept there, with the new one [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<NonZeroU32>,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MaintainArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only members on these hosts: names, groups and globs, joined by `,` or `:`, with `!` and `&`
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    #[command(flatten)]
    pub(crate) options: MaintainOptions,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    /// Gives members new keys and certificates, one after the other and without a restart
    Certs(RotateCertsArguments),
    /// Puts another authority in the place of the one that is there: trusts both, issues members'
    /// certificates by the new one, then trusts only that
    Ca(RotateCaArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RotateCertsArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only members on these hosts: names, groups and globs, joined by `,` or `:`, with `!` and `&`
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    #[command(flatten)]
    pub(crate) again: Again,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RotateCaArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only clusters with these hosts; all that share the authority have to be named
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    #[command(flatten)]
    pub(crate) options: RotateOptions,
    /// Does not ask before changes
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The snapshot; its manifest, if there is one beside it, must fit
    #[arg(value_name = "FILE")]
    pub(crate) snapshot: PathBuf,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Which cluster, where the inventory has several: its hosts
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Does not ask before changes; what is destructive needs `--destroy`
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Confirms that this cluster may lose what it holds, as typing its name does
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) destroy: Vec<ClusterName>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RecoverArguments {
    /// A member that is lost for good: a host of the inventory, or the name of a member; nothing is done
    /// there, and it is no member of the new cluster
    #[arg(long, value_name = "MEMBER")]
    pub(crate) dead: Vec<String>,
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Which cluster, where the inventory has several: its hosts
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// The folder that the snapshot is brought to [default: `backups` beside the inventory]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Does not ask before changes; what is destructive needs `--destroy`
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Confirms that what members of this cluster hold may be moved aside, as typing its name does
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) destroy: Vec<ClusterName>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}
