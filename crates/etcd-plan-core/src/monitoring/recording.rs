use super::metrics::{ALARM, BACKUP, CERTIFICATE, STATUS};
use super::thresholds;

/// A recording rule: a series that Prometheus computes for alerts and dashboards.
///
/// Its name says what it is about: `etcd:cls:…` has one series a cluster, with the label `cls`;
/// `etcd:ins:…` one a member, with `cls` and `ins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The name of the series.
    pub name: &'static str,
    /// What it is, with its unit.
    pub what: &'static str,
    /// The expression, in PromQL.
    pub expr: String,
}

/// The percentiles of histograms that are recorded.
const PERCENTILES: [(&str, &str); 2] = [("p95", "0.95"), ("p99", "0.99")];

/// Gives the recording rules, in the order in which they are computed: those that stand on others
/// come later.
pub fn recordings() -> Vec<Recording> {
    let mut rules = members();
    rules.extend(times());
    rules.extend(database());
    rules.extend(told());
    rules
}

/// Who is there, and what the members are to each other.
fn members() -> Vec<Recording> {
    let within = thresholds::EVENTS_WITHIN.limit.duration();
    let increase = |metric: &str| format!(r#"increase({metric}{{job="etcd"}}[{within}])"#);
    vec![
        rule(
            "etcd:ins:role",
            "-1 down, 0 without a leader, 1 follower, 2 leader, 3 learner",
            r#"(
  etcd_server_has_leader{job="etcd"}
  * (1 + etcd_server_is_leader{job="etcd"} + 2 * etcd_server_is_learner{job="etcd"})
)
or (up{job="etcd"} - 1)"#,
        ),
        // A member that is down says of itself neither that it votes nor that it does not: for a
        // while it is taken for what it was.
        rule(
            "etcd:cls:voters",
            "the members that vote, down or up, as far as Prometheus is told of them",
            r#"count by (cls) (
  up{job="etcd"}
  unless on (cls, ins) last_over_time(etcd_server_is_learner{job="etcd"}[1h]) == 1
)"#,
        ),
        rule(
            "etcd:cls:voters_alive",
            "the voters that answer and have a leader",
            r#"count by (cls) (
  etcd_server_has_leader{job="etcd"} == 1
  unless on (cls, ins) etcd_server_is_learner{job="etcd"} == 1
)
or 0 * etcd:cls:voters"#,
        ),
        rule(
            "etcd:cls:quorum",
            "how many voters a decision needs",
            "floor(etcd:cls:voters / 2) + 1",
        ),
        rule(
            "etcd:cls:tolerance",
            "how many more voters may fail now; negative when there is no quorum",
            "etcd:cls:voters_alive - etcd:cls:quorum",
        ),
        // Each member counts what it saw; `increase` extrapolates, and changes come whole.
        rule(
            "etcd:cls:leader_changes_15m",
            "changes of the leader within 15 minutes, as the member counts that saw most",
            format!(
                "round(max by (cls) ({}))",
                increase("etcd_server_leader_changes_seen_total")
            ),
        ),
        rule(
            "etcd:ins:proposals_failed_15m",
            "proposals of a member that failed within 15 minutes",
            format!("round({})", increase("etcd_server_proposals_failed_total")),
        ),
        // Members are scraped at different times, so a few entries are none.
        rule(
            "etcd:ins:raft_lag",
            "how many raft entries a member has applied less than the furthest one",
            r#"max by (cls) (etcd_server_proposals_applied_total{job="etcd"})
- on (cls) group_right () etcd_server_proposals_applied_total{job="etcd"}"#,
        ),
    ]
}

/// How long disk and network take.
fn times() -> Vec<Recording> {
    let histograms = [
        (
            ["etcd:ins:wal_fsync_p95_5m", "etcd:ins:wal_fsync_p99_5m"],
            "how long a sync of the write-ahead log takes, in seconds, over 5 minutes",
            "etcd_disk_wal_fsync_duration_seconds",
        ),
        (
            [
                "etcd:ins:backend_commit_p95_5m",
                "etcd:ins:backend_commit_p99_5m",
            ],
            "how long a commit of the database takes, in seconds, over 5 minutes",
            "etcd_disk_backend_commit_duration_seconds",
        ),
        (
            [
                "etcd:ins:peer_round_trip_p95_5m",
                "etcd:ins:peer_round_trip_p99_5m",
            ],
            "how long a message to a peer and back takes, in seconds, over 5 minutes and all peers",
            "etcd_network_peer_round_trip_time_seconds",
        ),
    ];
    let of = |(names, what, metric): ([&'static str; 2], &'static str, &str)| {
        let rule_of = |(name, (_, quantile)): (&'static str, (&str, &str))| {
            rule(
                name,
                what,
                format!(
                    r#"histogram_quantile({quantile}, sum by (cls, ins, ip, le) (
  rate({metric}_bucket{{job="etcd"}}[5m])
))"#
                ),
            )
        };
        names
            .into_iter()
            .zip(PERCENTILES)
            .map(rule_of)
            .collect::<Vec<_>>()
    };
    histograms.into_iter().flat_map(of).collect()
}

/// What the database takes.
fn database() -> Vec<Recording> {
    vec![
        rule(
            "etcd:ins:quota_used",
            "the part of the quota that the database file has taken, 0 to 1",
            r#"etcd_mvcc_db_total_size_in_bytes{job="etcd"}
/ etcd_server_quota_backend_bytes{job="etcd"}"#,
        ),
        rule(
            "etcd:ins:fragmentation",
            "the part of the database file that is not in use, 0 to 1",
            r#"1 - etcd_mvcc_db_total_size_in_use_in_bytes{job="etcd"}
/ etcd_mvcc_db_total_size_in_bytes{job="etcd"}"#,
        ),
    ]
}

/// What `etcd-plan status --format prometheus` tells, through node exporter. Its labels are made
/// those of the members: node exporter's target may have a `cls` and an `ins` of its own.
fn told() -> Vec<Recording> {
    let cluster =
        |series: &str| format!(r#"label_replace({series}, "cls", "$1", "etcd_cluster", "(.+)")"#);
    let member = |series: &str| {
        let series = cluster(series);
        format!(r#"label_replace({series}, "ins", "$1", "etcd_member", "(.+)")"#)
    };
    vec![
        // etcd itself tells of alarms from 3.6 on, and only while one is raised.
        rule(
            "etcd:cls:alarm",
            "1 while the alarm of the label `alarm` is raised, 0 while it is known not to be",
            format!(
                r#"max by (cls, alarm) (
  {}
  or label_replace(etcd_debugging_server_alarms{{job="etcd"}}, "alarm", "$1", "alarm_type", "(.+)")
)"#,
                cluster(ALARM)
            ),
        ),
        rule(
            "etcd:ins:certificate_seconds_left",
            "how long the certificate of a member is still valid; negative when it is not",
            format!("min by (cls, ins) (\n  {}\n) - time()", member(CERTIFICATE)),
        ),
        rule(
            "etcd:cls:backup_age_seconds",
            "how old the newest backup is; since 1970 where there is none",
            format!("time() - max by (cls) (\n  {}\n)", cluster(BACKUP)),
        ),
        rule(
            "etcd:cls:status_age_seconds",
            "how old the status is that node exporter shows, or showed within a day",
            format!(
                "time() - max by (cls) (\n  {}\n)",
                cluster(&format!("last_over_time({STATUS}[1d])"))
            ),
        ),
    ]
}

fn rule(name: &'static str, what: &'static str, expr: impl Into<String>) -> Recording {
    Recording {
        name,
        what,
        expr: expr.into(),
    }
}
