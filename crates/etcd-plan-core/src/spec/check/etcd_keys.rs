use super::settings::place;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Span};
use crate::inventory::shown;
use crate::spec::ClusterSpec;
use crate::spec::nearest::nearest;

/// The keys that etcd-plan itself sets, each with how the advice to drop it goes on.
const RESERVED: &[(&str, &str)] = &[
    ("name", ", and set `etcd_cluster` and `etcd_seq`"),
    ("data-dir", ", and set `etcd_data`"),
    ("logger", ": etcd-plan reads the log that `zap` writes"),
    ("initial-cluster", ": it follows from the cluster's members"),
    (
        "initial-cluster-token",
        ": every new cluster gets a token that was never used",
    ),
    ("initial-cluster-state", ", and set `etcd_init`"),
    ("initial-advertise-peer-urls", ", and set `etcd_peer_port`"),
    ("listen-peer-urls", ", and set `etcd_peer_port`"),
    ("advertise-client-urls", ", and set `etcd_port`"),
    ("listen-client-urls", ", and set `etcd_port`"),
    ("election-timeout", ", and set `etcd_election_timeout`"),
    ("heartbeat-interval", ", and set `etcd_heartbeat_interval`"),
    (
        "quota-backend-bytes",
        ", and set `etcd_quota_backend_bytes`",
    ),
    (
        "auto-compaction-mode",
        ", and set `etcd_auto_compaction_retention`",
    ),
    (
        "auto-compaction-retention",
        ", and set `etcd_auto_compaction_retention`",
    ),
    ("snapshot-count", ", and set `etcd_snapshot_count`"),
    (
        "client-transport-security",
        ": every cluster has mutual TLS, with the certificates that are issued for it",
    ),
    (
        "peer-transport-security",
        ": every cluster has mutual TLS, with the certificates that are issued for it",
    ),
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

/// What `etcd_extra_config` may be given for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Any value that etcd takes.
    Free,
    /// None, since etcd-plan sets it itself.
    Reserved,
    /// None, for the harm that it does: how the sentence goes on from the key.
    Harmful(&'static str),
    /// None, since etcd does not know it and passes over it.
    Unknown,
}

/// Says what a key of etcd's configuration file is to `etcd_extra_config`.
pub(crate) fn kind(key: &str) -> KeyKind {
    if RESERVED.iter().any(|(name, _)| *name == key) {
        KeyKind::Reserved
    } else if let Some((_, why)) = HARMFUL.iter().find(|(name, _)| *name == key) {
        KeyKind::Harmful(why)
    } else if KNOWN.contains(&key) {
        KeyKind::Free
    } else {
        KeyKind::Unknown
    }
}

/// Checks the keys of `etcd_extra_config`.
pub(super) fn check(cluster: &ClusterSpec, findings: &mut Diagnostics) {
    let extra = &cluster.settings.storage.extra_config;
    for key in extra.value.0.keys() {
        let shown = shown(key);
        let finding = if let Some((_, instead)) = RESERVED.iter().find(|(name, _)| name == key) {
            Diagnostic::new(
                Code::ReservedEtcdKey,
                format!("`etcd_extra_config` has `{shown}`, which etcd-plan itself sets"),
                format!("drop it{instead}"),
            )
        } else if let Some((_, why)) = HARMFUL.iter().find(|(name, _)| name == key) {
            Diagnostic::new(
                Code::ReservedEtcdKey,
                format!("`etcd_extra_config` has `{shown}`, which {why}"),
                "drop it",
            )
        } else if KNOWN.contains(&key.as_str()) {
            continue;
        } else {
            let known = RESERVED.iter().map(|(name, _)| *name);
            let hint = match nearest(key, known.chain(KNOWN.iter().copied())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "drop it, or see etcd's configuration guide for the keys there are".into(),
            };
            Diagnostic::new(
                Code::UnknownEtcdKey,
                format!(
                    "`etcd_extra_config` has `{shown}`, which etcd does not know and would ignore"
                ),
                hint,
            )
        };
        findings.push(finding.at(place(extra).map(|map| key_in(&map, key)), ""));
    }
}

/// Gives the place of a key in the text of a mapping; that of the whole where it is not found, as
/// when the mapping comes from a template.
fn key_in(map: &Place, key: &str) -> Place {
    let (start, end) = (map.span.start as usize, map.span.end as usize);
    let text = map.source.text().get(start..end).unwrap_or_default();
    let is_key = |at: &usize| {
        let before = text[..*at].chars().next_back();
        let after = text[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
        before.is_none_or(|c| " \n{,\"'".contains(c)) && after.starts_with(':')
    };
    let found = text.match_indices(key).map(|(at, _)| at).find(is_key);
    let span = found.map_or(map.span, |at| Span::new(start + at, start + at + key.len()));
    Place {
        span,
        ..map.clone()
    }
}
