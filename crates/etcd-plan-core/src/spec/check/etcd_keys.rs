use super::settings::place;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::spec::ClusterSpec;

/// The keys that etcd-plan itself sets, each with the parameter that they come from.
const RESERVED: &[(&str, &str)] = &[
    ("name", "etcd_cluster` and `etcd_seq"),
    ("data-dir", "etcd_data"),
    ("logger", ""),
    ("initial-cluster", ""),
    ("initial-cluster-token", ""),
    ("initial-cluster-state", "etcd_init"),
    ("initial-advertise-peer-urls", "etcd_peer_port"),
    ("listen-peer-urls", "etcd_peer_port"),
    ("advertise-client-urls", "etcd_port"),
    ("listen-client-urls", "etcd_port"),
    ("election-timeout", "etcd_election_timeout"),
    ("heartbeat-interval", "etcd_heartbeat_interval"),
    ("quota-backend-bytes", "etcd_quota_backend_bytes"),
    ("auto-compaction-mode", "etcd_auto_compaction_retention"),
    (
        "auto-compaction-retention",
        "etcd_auto_compaction_retention",
    ),
    ("snapshot-count", "etcd_snapshot_count"),
    ("client-transport-security", ""),
    ("peer-transport-security", ""),
];

/// The other keys of a configuration file that etcd 3.4 to 3.6 know (`embed/config.go`).
const KNOWN: &[&str] = &[
    "auth-token",
    "auth-token-ttl",
    "auto-tls",
    "backend-batch-interval",
    "backend-batch-limit",
    "backend-bbolt-freelist-type",
    "bcrypt-cost",
    "bootstrap-defrag-threshold-megabytes",
    "cipher-suites",
    "client-cert-allowed-hostname",
    "compact-hash-check-time",
    "compaction-batch-limit",
    "compaction-sleep-interval",
    "corrupt-check-time",
    "cors",
    "debug",
    "discovery",
    "discovery-fallback",
    "discovery-proxy",
    "discovery-srv",
    "discovery-srv-name",
    "distributed-tracing-address",
    "distributed-tracing-instance-id",
    "distributed-tracing-sampling-rate",
    "distributed-tracing-service-name",
    "downgrade-check-time",
    "enable-distributed-tracing",
    "enable-grpc-gateway",
    "enable-log-rotation",
    "enable-pprof",
    "enable-v2",
    "experimental-bootstrap-defrag-threshold-megabytes",
    "experimental-compact-hash-check-enabled",
    "experimental-compact-hash-check-time",
    "experimental-compaction-batch-limit",
    "experimental-compaction-sleep-interval",
    "experimental-corrupt-check-time",
    "experimental-distributed-tracing-address",
    "experimental-distributed-tracing-instance-id",
    "experimental-distributed-tracing-sampling-rate",
    "experimental-distributed-tracing-service-name",
    "experimental-downgrade-check-time",
    "experimental-enable-distributed-tracing",
    "experimental-enable-lease-checkpoint",
    "experimental-enable-lease-checkpoint-persist",
    "experimental-enable-v2v3",
    "experimental-initial-corrupt-check",
    "experimental-max-learners",
    "experimental-memory-mlock",
    "experimental-peer-skip-client-san-verification",
    "experimental-snapshot-catchup-entries",
    "experimental-stop-grpc-service-on-defrag",
    "experimental-txn-mode-write-with-shared-buffer",
    "experimental-warning-apply-duration",
    "experimental-warning-unary-request-duration",
    "experimental-watch-progress-notify-interval",
    "feature-gates",
    "force-new-cluster",
    "grpc-keepalive-interval",
    "grpc-keepalive-min-time",
    "grpc-keepalive-timeout",
    "host-whitelist",
    "initial-election-tick-advance",
    "listen-client-http-urls",
    "listen-metrics-urls",
    "log-format",
    "log-level",
    "log-outputs",
    "log-package-levels",
    "log-rotation-config-json",
    "max-concurrent-streams",
    "max-learners",
    "max-request-bytes",
    "max-snapshots",
    "max-txn-ops",
    "max-wals",
    "memory-mlock",
    "metrics",
    "peer-auto-tls",
    "peer-skip-client-san-verification",
    "pre-vote",
    "raft-tls",
    "self-signed-cert-validity",
    "snapshot-catchup-entries",
    "socket-reuse-address",
    "socket-reuse-port",
    "stop-grpc-service-on-defrag",
    "strict-reconfig-check",
    "tls-max-version",
    "tls-min-version",
    "unsafe-no-fsync",
    "v2-deprecation",
    "wal-dir",
    "warning-apply-duration",
    "warning-unary-request-duration",
    "watch-progress-notify-interval",
];

/// Keys that are known and that no cluster is to have, each with why.
const HARMFUL: &[(&str, &str)] = &[
    (
        "force-new-cluster",
        "makes every start of a member a new cluster",
    ),
    (
        "unsafe-no-fsync",
        "loses acknowledged writes when a host loses power",
    ),
    ("wal-dir", "puts the log where no guard looks for it"),
    (
        "debug",
        "is gone since etcd 3.5, which does not start with it",
    ),
];

/// Checks the keys of `etcd_extra_config`.
pub(super) fn check(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let extra = &cluster.settings.storage.extra_config;
    for key in extra.value.0.keys() {
        let finding = if let Some((_, parameter)) = RESERVED.iter().find(|(name, _)| name == key) {
            let hint = match *parameter {
                "" => "drop it: it follows from the cluster's members".to_owned(),
                parameter => format!("drop it, and set `{parameter}`"),
            };
            Diagnostic::new(
                Code::ReservedEtcdKey,
                format!("`etcd_extra_config` sets `{key}`, which etcd-plan sets itself"),
                hint,
            )
        } else if let Some((_, why)) = HARMFUL.iter().find(|(name, _)| name == key) {
            Diagnostic::new(
                Code::ReservedEtcdKey,
                format!("`etcd_extra_config` sets `{key}`, which {why}"),
                "drop it",
            )
        } else if KNOWN.contains(&key.as_str()) {
            continue;
        } else {
            let near = KNOWN
                .iter()
                .chain(RESERVED.iter().map(|(name, _)| name))
                .map(|known| (strsim::damerau_levenshtein(key, known), *known))
                .min();
            let hint = match near {
                Some((distance, near)) if distance <= 4 => format!("did you mean `{near}`?"),
                _ => "see etcd's configuration guide for the keys there are".to_owned(),
            };
            Diagnostic::new(
                Code::UnknownEtcdKey,
                format!(
                    "`etcd_extra_config` has `{key}`, which etcd does not know and would ignore"
                ),
                hint,
            )
        };
        findings.push(finding.at(place(extra), "in this map"));
    }
}
