use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::inventory::Origin;
use crate::names::HostPath;
use crate::spec::{Bytes, ClusterSpec, Resolved, ValueOrigin};

/// The longest election timeout that etcd takes, in milliseconds (`config.go`).
const LONGEST_ELECTION: u64 = 50_000;

/// The largest quota that etcd's documents advise.
const LARGEST_QUOTA: Bytes = Bytes(8 << 30);

/// Folders that are the system's, with all that is in them.
const SYSTEM_TREES: &[&str] = &[
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys",
    "/usr",
];

/// Folders that hold what is not etcd's, though etcd's may be in them.
const SHARED_FOLDERS: &[&str] = &[
    "/",
    "/data",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// Checks the parameters of one cluster against each other and against what etcd takes.
pub(super) fn check(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    check_ports(cluster, findings);
    check_data(cluster, findings);
    check_timers(cluster, findings);
    check_version(cluster, findings);
    check_quota(cluster, findings);
}

/// Gives the place of a value that somebody wrote.
pub(super) fn place<T>(value: &Resolved<T>) -> Option<Place> {
    match &value.origin {
        ValueOrigin::Set(Origin::Place(place)) => Some(place.clone()),
        _ => None,
    }
}

fn check_ports(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let network = &cluster.settings.network;
    if *network.port == *network.peer_port {
        findings.push(
            Diagnostic::new(
                Code::PortsEqual,
                format!(
                    "cluster {} has port {} for clients and for peers",
                    cluster.name, *network.port
                ),
                "set `etcd_port` and `etcd_peer_port` to different ports, such as 2379 and 2380",
            )
            .at(
                place(&network.port).or_else(|| place(&network.peer_port)),
                "used twice",
            )
            .see(place(&network.peer_port), "used twice"),
        );
    }
}

fn check_data(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let data = &cluster.settings.storage.data;
    let is_shared = SHARED_FOLDERS.contains(&data.as_str());
    let is_system = SYSTEM_TREES
        .iter()
        .any(|tree| data.is_in(&HostPath::fixed(tree)));
    if is_shared || is_system {
        findings.push(
            Diagnostic::new(
                Code::DataDirUnsafe,
                format!("`etcd_data` is {}, which is not etcd's own", data.value),
                "give etcd a folder of its own, such as `/data/etcd`",
            )
            .at(place(data), "a purge would move all of it aside"),
        );
    }
}

fn check_timers(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let timing = &cluster.settings.timing;
    let (election, heartbeat) = (timing.election_timeout.0, timing.heartbeat_interval.0);
    let place_of = place(&timing.election_timeout).or_else(|| place(&timing.heartbeat_interval));
    let (code, why, hint) = if heartbeat == 0 || election == 0 {
        (
            Code::ElectionTimeoutRefused,
            "a timer is 0, which etcd refuses".to_owned(),
            "set `etcd_heartbeat_interval` to 100 and `etcd_election_timeout` to 1000".to_owned(),
        )
    } else if election > LONGEST_ELECTION {
        (
            Code::ElectionTimeoutRefused,
            format!(
                "the election timeout is {election} ms, and etcd takes {LONGEST_ELECTION} at most"
            ),
            format!("set `etcd_election_timeout` to {LONGEST_ELECTION} at most"),
        )
    } else if election < heartbeat.saturating_mul(5) {
        (
            Code::ElectionTimeoutRefused,
            format!(
                "the election timeout is {election} ms, below 5 times the heartbeat of {heartbeat}"
            ),
            format!(
                "set `etcd_election_timeout` to {} at least",
                heartbeat.saturating_mul(10)
            ),
        )
    } else if election < heartbeat.saturating_mul(10) {
        (
            Code::ElectionTimeoutShort,
            format!(
                "the election timeout is {election} ms, below 10 times the heartbeat of {heartbeat}"
            ),
            format!(
                "set `etcd_election_timeout` to {} at least",
                heartbeat.saturating_mul(10)
            ),
        )
    } else {
        return;
    };
    findings.push(
        Diagnostic::new(code, format!("in cluster {}, {why}", cluster.name), hint)
            .at(place_of, format!("{election} ms against {heartbeat} ms"))
            .see(place(&timing.heartbeat_interval), "the heartbeat"),
    );
}

fn check_version(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let version = &cluster.settings.package.version;
    if let Some(asked) = version
        .value
        .as_ref()
        .filter(|version| version.corrupts_data())
    {
        findings.push(
            Diagnostic::new(
                Code::VersionCorrupts,
                format!("`etcd_version` is {asked}, which can corrupt data"),
                "ask for 3.5.4 or later, or for `3.4`",
            )
            .at(place(version), "3.5.0 to 3.5.2 corrupt data"),
        );
    }
}

fn check_quota(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let quota = &cluster.settings.storage.quota;
    if quota.value > LARGEST_QUOTA {
        findings.push(
            Diagnostic::new(
                Code::QuotaLarge,
                format!(
                    "`etcd_quota_backend_bytes` is {}, above {LARGEST_QUOTA}",
                    quota.value
                ),
                format!("set it to {LARGEST_QUOTA} at most, and keep as much memory free"),
            )
            .at(place(quota), "more than etcd's documents advise"),
        );
    }
}
