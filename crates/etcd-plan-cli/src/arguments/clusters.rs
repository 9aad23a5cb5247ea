//! The commands that look at clusters, and those that serve who uses or watches them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use etcd_plan::consumers::{Consumer, Namespace, Scope, Vip};
use etcd_plan::names::{Address, ClusterName, Days, HostPath, MemberName};

use super::shared::{ConnectArguments, InventoryArguments, one_of};
use crate::connect::Connection;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusFormat {
    /// For a person
    Text,
    /// One JSON document
    Json,
    /// The text format of Prometheus, for the textfile folder of node exporter
    Prometheus,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArguments {
    /// The hosts of its members, all of them: `HOST` or `USER@HOST`
    #[arg(required = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    /// Writes the inventory into this file, which must not be there yet [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The folder for certificates and keys, which `ca_dir` is relative to [default: that of the
    /// inventory]
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: Option<PathBuf>,
    /// What the cluster is called, where its members' names do not say it
    #[arg(long, default_value = "etcd", value_name = "NAME")]
    pub(crate) cluster: ClusterName,
    /// Becomes root on the hosts, by sudo
    #[arg(short, long = "become")]
    pub(crate) becomes: bool,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// `export NAME=value`, for `eval` and /etc/profile.d
    Sh,
    /// `NAME="value"`
    Dotenv,
    /// One JSON document
    Json,
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
