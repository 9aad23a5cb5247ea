use super::Unread;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
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
pub(super) fn check(cluster: &ClusterSpec, unread: &Unread, findings: &mut Diagnostics) {
    if unread.has_read(&["etcd_port", "etcd_peer_port"]) {
        check_ports(cluster, findings);
    }
    if unread.has_read(&["etcd_election_timeout", "etcd_heartbeat_interval"]) {
        check_timers(cluster, findings);
    }
    // A default stands in for each of these that was not read, and nothing is wrong with it.
    check_data(cluster, findings);
    check_version(cluster, findings);
    check_quota(cluster, findings);
}

/// Gives the place of a value that somebody wrote.
pub(super) fn place<T>(value: &Resolved<T>) -> Option<Place> {
    match &value.origin {
        ValueOrigin::Set(origin) => origin.place().cloned(),
        _ => None,
    }
}

fn check_ports(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let network = &cluster.settings.network;
    let (port, peer_port) = (&network.port, &network.peer_port);
    if port.value != peer_port.value {
        return;
    }
    let label = match (place(port), place(peer_port)) {
        (Some(_), None) => "the default of `etcd_peer_port` too",
        (None, Some(_)) => "the default of `etcd_port` too",
        _ => "for clients",
    };
    findings.push(
        Diagnostic::new(
            Code::PortsEqual,
            format!(
                "cluster {} has port {} for clients and for peers",
                cluster.name, port.value
            ),
            "set `etcd_port` and `etcd_peer_port` to different ports, such as 2379 and 2380",
        )
        .at(place(port).or_else(|| place(peer_port)), label)
        .see(place(peer_port), "for peers"),
    );
}

fn check_data(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let data = &cluster.settings.storage.data;
    let system = SYSTEM_TREES
        .iter()
        .find(|tree| data.is_in(&HostPath::fixed(tree)));
    let (what, label) = if let Some(tree) = system {
        let what = format!("`etcd_data` is {}, and {tree} is the system's", data.value);
        (what, "")
    } else if SHARED_FOLDERS.contains(&data.as_str()) {
        let what = format!(
            "`etcd_data` is {}, where other things than etcd's lie too",
            data.value
        );
        (what, "a purge would move all of it aside")
    } else {
        return;
    };
    let hint = "give etcd a folder of its own, such as `/data/etcd`";
    findings.push(Diagnostic::new(Code::DataDirUnsafe, what, hint).at(place(data), label));
}

fn check_timers(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let timing = &cluster.settings.timing;
    let (election, heartbeat) = (timing.election_timeout.0, timing.heartbeat_interval.0);
    let is_heartbeat_too_long = heartbeat.saturating_mul(5) > LONGEST_ELECTION;
    let longer = || {
        let advised = heartbeat.saturating_mul(10).min(LONGEST_ELECTION);
        format!("set `etcd_election_timeout` to {advised} at least")
    };
    let (code, why, hint) = if heartbeat == 0 || election == 0 {
        (
            Code::ElectionTimeoutRefused,
            "a timer of 0 ms, which etcd refuses".to_owned(),
            "set `etcd_heartbeat_interval` to 100 and `etcd_election_timeout` to 1000".to_owned(),
        )
    } else if election > LONGEST_ELECTION {
        (
            Code::ElectionTimeoutRefused,
            format!(
                "an election timeout of {election} ms, and etcd takes {LONGEST_ELECTION} ms at most"
            ),
            format!("set `etcd_election_timeout` to {LONGEST_ELECTION} at most"),
        )
    } else if is_heartbeat_too_long {
        (
            Code::ElectionTimeoutRefused,
            format!(
                "a heartbeat interval of {heartbeat} ms, and etcd takes no election timeout of 5 \
                 times that, only {LONGEST_ELECTION} ms at most"
            ),
            "set `etcd_heartbeat_interval` to about the round trip between members, such as 100"
                .to_owned(),
        )
    } else if election < heartbeat.saturating_mul(5) {
        (
            Code::ElectionTimeoutRefused,
            format!(
                "an election timeout of {election} ms, less than 5 times the heartbeat interval of \
                 {heartbeat} ms, which etcd refuses"
            ),
            longer(),
        )
    } else if election < heartbeat.saturating_mul(10) {
        (
            Code::ElectionTimeoutShort,
            format!(
                "an election timeout of {election} ms, less than 10 times the heartbeat interval \
                 of {heartbeat} ms"
            ),
            longer(),
        )
    } else {
        return;
    };
    let message = format!("cluster {} has {why}", cluster.name);
    let finding = Diagnostic::new(code, message, hint);
    let heartbeat_place = place(&timing.heartbeat_interval);
    findings.push(match place(&timing.election_timeout) {
        Some(place) if !is_heartbeat_too_long => {
            finding.at(place, "").see(heartbeat_place, "the heartbeat")
        }
        election_place => finding.at(heartbeat_place.or(election_place), ""),
    });
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
                "ask for 3.5.4 or later; `3.5` takes whichever patch the package source has",
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
