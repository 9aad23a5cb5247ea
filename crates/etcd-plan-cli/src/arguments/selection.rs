//! What is planned: the goal, and what each goal takes besides.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use etcd_plan::core::cert::RotationStage;
use etcd_plan::names::EtcdVersion;
use etcd_plan::{Goal, Subtask};

use super::shared::one_of;

/// What is planned.
#[derive(Debug, Default, Args)]
pub(crate) struct Selection {
    /// What is wanted of the clusters
    #[arg(long, default_value = "create", value_parser = one_of::<Goal, _>(Goal::ALL.map(Goal::as_str)))]
    pub(crate) goal: Goal,
    /// Only on these hosts: names, groups and globs, joined by `,` or `:`, with `!` and `&`
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Only these subtasks
    #[arg(
        short,
        long,
        value_delimiter = ',',
        value_parser = one_of::<Subtask, _>(Subtask::ALL.map(Subtask::as_str))
    )]
    pub(crate) tags: Vec<Subtask>,
    /// Not these subtasks
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "TAGS",
        value_parser = one_of::<Subtask, _>(Subtask::ALL.map(Subtask::as_str))
    )]
    pub(crate) skip_tags: Vec<Subtask>,
    /// The version that goal `upgrade` brings members to, such as 3.5.16 [default: `etcd_version`]
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<EtcdVersion>,
    /// This member leaves, with the goals `remove` and `replace`, or is lost for good, with the goal
    /// `recover`: its host, its name, its id, or the address of its host
    #[arg(long, value_name = "MEMBER")]
    pub(crate) depart: Vec<String>,
    /// The members that leave are dead: nothing is done on their hosts
    #[arg(long)]
    pub(crate) dead: bool,
    #[command(flatten)]
    pub(crate) snapshots: SnapshotArguments,
    #[command(flatten)]
    pub(crate) maintain: MaintainOptions,
    /// Of goal `restore`: the snapshot; its manifest, if there is one beside it, must fit
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rotate: RotateOptions,
}

/// What is rotated.
#[derive(Debug, Default, Args)]
pub(crate) struct RotateOptions {
    /// Of goal `rotate-ca`: the stage, after those before it
    #[arg(
        long,
        value_name = "STAGE",
        value_parser = one_of::<RotationStage, _>(RotationStage::ALL.map(RotationStage::as_str))
    )]
    pub(crate) stage: Option<RotationStage>,
    #[command(flatten)]
    pub(crate) again: Again,
    /// Of goal `rotate-ca`: drops the old authority though clients' certificates that are known here are of
    /// it
    #[arg(long)]
    pub(crate) leave_clients: bool,
}

/// Whether something is done once more.
#[derive(Debug, Default, Args)]
pub(crate) struct Again {
    /// Of goals that rotate: also what was issued within the last hour, or an authority that was made
    /// within the last day
    #[arg(long)]
    pub(crate) again: bool,
}

/// What maintenance leaves as it is.
#[derive(Debug, Default, Args)]
pub(crate) struct MaintainOptions {
    /// Of goal `maintain`: how many revisions of the history stay [default: 10000; where the quota is
    /// full, none]
    #[arg(long, value_name = "N")]
    pub(crate) keep_revisions: Option<u64>,
    /// Of goal `maintain`: from which part that is not in use a database is defragmented, in percent
    /// [default: 20]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) threshold: Option<u8>,
}

const SNAPSHOTS: &str = "Snapshots that the goal takes";

/// What becomes of snapshots that a plan takes before it does something else.
#[derive(Debug, Default, Args)]
pub(crate) struct SnapshotArguments {
    /// The folder that they are brought to [default: `backups` beside the inventory]
    #[arg(
        id = "backup_to",
        long = "backup-to",
        value_name = "DIR",
        conflicts_with = "backup_on_host",
        help_heading = SNAPSHOTS
    )]
    pub(crate) to: Option<PathBuf>,
    /// Leaves them on the host that they are taken from, in /var/lib/etcd-plan/backup
    #[arg(id = "backup_on_host", long = "backup-on-host", help_heading = SNAPSHOTS)]
    pub(crate) on_host: bool,
    /// How many of a cluster are kept there, with the new one [default: all]
    #[arg(id = "backup_keep", long = "backup-keep", value_name = "N", help_heading = SNAPSHOTS)]
    pub(crate) keep: Option<NonZeroU32>,
    /// Takes none
    #[arg(id = "no_snapshot", long = "no-snapshot", help_heading = SNAPSHOTS)]
    pub(crate) no_snapshot: bool,
}
