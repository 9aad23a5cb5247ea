//! The arguments, as clap reads them.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use etcd_plan::consumers::{Consumer, Namespace, Scope, Vip};
use etcd_plan::executor::ssh::HostKeyChecking;
use etcd_plan::names::{Address, ClusterName, Days, EtcdVersion, HostPath, MemberName};
use etcd_plan::{Goal, Subtask};

use crate::connect::Connection;
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
    /// Shows what the clusters are like now
    Status(StatusArguments),
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
    /// This member leaves, with the goals `remove` and `replace`: its host, its name, its id, or the
    /// address of its host
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

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// A saved plan, in place of an inventory
    #[arg(
        value_name = "PLAN",
        conflicts_with_all = [
            "inventory", "extra_vars", "goal", "limit", "tags", "skip_tags", "to", "depart", "dead",
            "backup_to", "backup_on_host", "backup_keep", "no_snapshot",
            "keep_revisions", "threshold", "snapshot"
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
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Only clusters with a member on these hosts
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) limit: Option<String>,
    /// Shows it again and again, until it is interrupted; after how many seconds
    #[arg(
        short,
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) watch: Option<u64>,
    /// Writes it as a page too, into one file that needs nothing besides itself
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pub(crate) html: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub(crate) format: StatusFormat,
    /// Writes it into this file, which is replaced as a whole: nobody reads half of it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connect: ConnectArguments,
}

#[derive(Debug, Args)]
pub(crate) struct EnvArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Which cluster, where there are several
    #[arg(long)]
    pub(crate) cluster: Option<ClusterName>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = EnvFormat::Sh)]
    pub(crate) format: EnvFormat,
    /// Where the files are: with `sandbox=DIR`, below the folder of the first member
    #[arg(short, long, default_value = "ssh", value_name = "HOW")]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct IssueArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// The common name of the client, and the name of its files
    #[arg(long, value_name = "NAME")]
    pub(crate) cn: MemberName,
    /// An address or DNS name that it is good for besides; nobody asks a client for one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) san: Vec<Address>,
    /// Which cluster, where there are several with different CAs
    #[arg(long)]
    pub(crate) cluster: Option<ClusterName>,
    /// The folder for certificate, key and `ca.crt` [default: `clients`, beside `ca_dir`]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// How long it is valid, such as 365d [default: `cert_validity`]
    #[arg(long, value_name = "DAYS")]
    pub(crate) validity: Option<Days>,
    /// Issues it again though the one that is there is good
    #[arg(long)]
    pub(crate) renew: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OutputsArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// Who it is for
    #[arg(
        long = "for",
        value_name = "CONSUMER",
        required_unless_present = "refresh",
        value_parser = one_of::<Consumer, _>(Consumer::ALL.map(Consumer::as_str))
    )]
    pub(crate) consumer: Option<Consumer>,
    /// Which cluster, where there are several
    #[arg(long)]
    pub(crate) cluster: Option<ClusterName>,
    /// Writes it into this file, and remembers that: when the cluster has changed, runs and `status`
    /// say that it is out of date
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Writes every file again that was written with `-o` and is out of date
    #[arg(long, conflicts_with_all = ["consumer", "output"])]
    pub(crate) refresh: bool,
    /// The authority's certificate on the consumer's host [default: /etc/pki/ca.crt]
    #[arg(long, value_name = "PATH", help_heading = "On the consumer's host")]
    pub(crate) ca: Option<HostPath>,
    /// The client certificate there, as `etcd-plan issue` makes one [default:
    /// /etc/pki/etcd-client.crt]
    #[arg(long, value_name = "PATH", help_heading = "On the consumer's host")]
    pub(crate) cert: Option<HostPath>,
    /// Its key there [default: /etc/pki/etcd-client.key]
    #[arg(long, value_name = "PATH", help_heading = "On the consumer's host")]
    pub(crate) key: Option<HostPath>,
    /// The `scope` of the Patroni cluster; vip-manager needs it
    #[arg(long, help_heading = "Patroni and vip-manager")]
    pub(crate) scope: Option<Scope>,
    /// The `namespace` of Patroni [default: /pg]
    #[arg(long, help_heading = "Patroni and vip-manager")]
    pub(crate) namespace: Option<Namespace>,
    /// The address that vip-manager moves, with its network, such as 10.10.10.2/24
    #[arg(
        long,
        value_name = "ADDRESS/BITS",
        requires = "interface",
        help_heading = "Patroni and vip-manager"
    )]
    pub(crate) vip: Option<Vip>,
    /// The network interface that takes it, such as eth0
    #[arg(
        long,
        value_name = "NAME",
        requires = "vip",
        help_heading = "Patroni and vip-manager"
    )]
    pub(crate) interface: Option<String>,
    /// The name of the Patroni member on vip-manager's host [default: the host's name]
    #[arg(long, value_name = "NAME", help_heading = "Patroni and vip-manager")]
    pub(crate) node: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MonitoringArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryArguments,
    /// The folder to write into; its README.md says what goes where
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// The certificate of the clusters' authority, where Prometheus runs [default: /etc/pki/ca.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<HostPath>,
    /// The client certificate that Prometheus shows [default: /etc/pki/infra.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<HostPath>,
    /// Its key [default: /etc/pki/infra.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<HostPath>,
    /// The target files that `etcd_register` writes [default: /etc/prometheus/targets/etcd/*.yml]
    #[arg(long, value_name = "PATTERN")]
    pub(crate) targets: Option<String>,
    /// The folder from which Grafana loads dashboards [default: /var/lib/grafana/dashboards/etcd]
    #[arg(long, value_name = "DIR")]
    pub(crate) dashboards: Option<HostPath>,
    /// The file for node exporter [default: /var/lib/prometheus/node-exporter/etcd-plan.prom]
    #[arg(long, value_name = "FILE")]
    pub(crate) textfile: Option<HostPath>,
}

#[derive(Debug, Args)]
pub(crate) struct ParamsArguments {
    /// Only this parameter, at length
    pub(crate) name: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A code such as `etcd-seq-missing`, or a guard such as `safeguard`; without one, all are listed
    pub(crate) name: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// A run, by its name; without one, all are listed
    pub(crate) run: Option<String>,
    /// The folder that keeps the journals of runs
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
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

/// For a person, or for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Text,
    /// One JSON document
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusFormat {
    /// For a person
    Text,
    /// One JSON document
    Json,
    /// The text format of Prometheus, for the textfile folder of node exporter
    Prometheus,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// `export NAME=value`, for `eval` and /etc/profile.d
    Sh,
    /// `NAME="value"`
    Dotenv,
    /// One JSON document
    Json,
}

/// Takes one of some names.
fn one_of<T, const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err: std::fmt::Debug> + Clone + Send + Sync + 'static,
{
    let names = PossibleValuesParser::new(names);
    names.map(|name| name.parse().expect("it is one of the names"))
}

fn default_forks() -> std::num::NonZeroUsize {
    etcd_plan::engine::RunSettings::default().forks
}
