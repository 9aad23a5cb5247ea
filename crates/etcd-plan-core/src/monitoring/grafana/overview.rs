use super::{Color, Dashboard, Kind, Panel, Query, Row, Steps, Unit};
use crate::monitoring::thresholds as limits;

/// What stands for the members that are picked.
const MEMBERS: &str = r#"job="etcd", cls="$cls", ins=~"$ins""#;

/// Describes the dashboard "ETCD Overview": one cluster, all its members or some.
pub fn overview() -> Dashboard {
    Dashboard {
        uid: "etcd-overview",
        title: "ETCD Overview",
        description: "One etcd cluster: who is there, how it agrees, how fast its disks and networks \
                      are, and what will run out.",
        events: (
            "Leader changes",
            r#"changes(etcd_server_is_leader{job="etcd", cls="$cls"}[$__rate_interval]) > 0
and etcd_server_is_leader{job="etcd", cls="$cls"} == 1"#
                .to_owned(),
        ),
        rows: vec![
            cluster(),
            consensus(),
            latency(),
            traffic(),
            database(),
            process(),
            care(),
        ],
    }
}

fn cluster() -> Row {
    let stats = [
        Panel::new(
            Kind::Name,
            "Leader",
            "The member that leads. None: nobody can write.",
            vec![Query::new(
                r#"etcd_server_is_leader{job="etcd", cls="$cls"} == 1"#,
                "{{ins}}",
            )],
        )
        .size(3, 4)
        .steps(Steps {
            base: Color::Green,
            above: Vec::new(),
        }),
        Panel::stat(
            "Members",
            "The members that Prometheus is told of, learners included.",
            Query::new(r#"count(up{job="etcd", cls="$cls"})"#, "members"),
        ),
        Panel::stat(
            "Voters alive",
            "The members with a vote that answer and have a leader.",
            Query::new(of_cluster("etcd:cls:voters_alive"), "alive"),
        ),
        Panel::stat(
            "Quorum",
            "How many voters a decision needs: more than half.",
            Query::new(of_cluster("etcd:cls:quorum"), "quorum"),
        ),
        Panel::stat(
            "Survives",
            "How many more voters may fail now while the cluster goes on. Below 0 it has no quorum.",
            Query::new(of_cluster("etcd:cls:tolerance"), "failures"),
        )
        .steps(Steps {
            base: Color::Red,
            above: vec![("0".to_owned(), Color::Yellow), ("1".to_owned(), Color::Green)],
        }),
        Panel::stat(
            "Firing alerts",
            "Alerts of this cluster that fire now; the table below names them.",
            Query::new(format!("count({}) or vector(0)", firing()), "alerts"),
        )
        .steps(bad_from_one()),
        Panel::stat(
            "Quota used",
            "The part of the quota that the largest database file has taken. At 100 % no write is taken.",
            Query::new(format!("max({})", of_cluster("etcd:ins:quota_used")), "used"),
        )
        .unit(Unit::Part)
        .steps(Steps::worse_above(limits::QUOTA_NEAR, limits::QUOTA_CRITICAL)),
        Panel::stat(
            "Alarms",
            "Alarms of etcd that are raised: NOSPACE and CORRUPT. Told by `etcd-plan status` through node \
             exporter, and from etcd 3.6 on by etcd itself.",
            Query::new(format!("sum({})", of_cluster("etcd:cls:alarm")), "alarms"),
        )
        .steps(bad_from_one()),
    ];
    let by_member = |series: &str| format!("max by (ins) ({series})");
    let tables = [
        Panel::new(
            Kind::Members,
            "Members",
            "What each member is now. A click on one shows it alone.",
            vec![
                Query::new(by_member(&recorded("etcd:ins:role")), "Role"),
                Query::new(
                    format!("max by (ins, server_version) ({})", of("etcd_server_version")),
                    "Version",
                ),
                Query::new(by_member(&of("etcd_mvcc_db_total_size_in_bytes")), "Database")
                    .unit(Unit::Bytes),
                Query::new(by_member(&recorded("etcd:ins:raft_lag")), "Behind"),
                Query::new(
                    by_member(&format!("time() - {}", of("process_start_time_seconds"))),
                    "Up for",
                )
                .unit(Unit::Duration),
            ],
        )
        .size(13, 8),
        Panel::new(
            Kind::Roles,
            "Roles",
            "What each member was, over time.",
            vec![Query::new(recorded("etcd:ins:role"), "{{ins}}")],
        )
        .size(11, 8),
        Panel::new(
            Kind::Alerts,
            "Alerts",
            "The alerts of this cluster that fire now. What each means and what to do stands in its \
             description, in Prometheus and Alertmanager.",
            vec![Query::new(firing(), "Firing")],
        )
        .size(24, 6),
    ];
    row("Cluster", stats.into_iter().chain(tables))
}

fn consensus() -> Row {
    row(
        "Agreement",
        [
            Panel::lines(
                "Leader changes within 15 minutes",
                "Each stops writes for a moment. A rolling restart makes one or two.",
                vec![Query::new(of_cluster("etcd:cls:leader_changes_15m"), "changes")],
            )
            .steps(Steps::bad_above(limits::LEADER_CHANGES)),
            Panel::lines(
                "Proposals committed and applied",
                "How many changes the cluster agreed on, and how many each member carried out. The two \
                 should be one line.",
                vec![
                    Query::new(
                        rate("etcd_server_proposals_committed_total"),
                        "{{ins}} committed",
                    ),
                    Query::new(rate("etcd_server_proposals_applied_total"), "{{ins}} applied"),
                ],
            )
            .unit(Unit::PerSecond),
            Panel::lines(
                "Proposals pending",
                "Changes that wait to be agreed on. Many for long: the cluster is asked for more than it \
                 can.",
                vec![Query::new(of("etcd_server_proposals_pending"), "{{ins}}")],
            )
            .steps(Steps::bad_above(limits::PROPOSALS_PENDING)),
            Panel::lines(
                "Proposals failed within 15 minutes",
                "Changes that were lost, mostly since the leader changed or there was no quorum.",
                vec![Query::new(recorded("etcd:ins:proposals_failed_15m"), "{{ins}}")],
            )
            .steps(Steps::bad_above(limits::PROPOSALS_FAILED)),
            Panel::lines(
                "Raft entries behind",
                "How much each member has applied less than the furthest one. Members are scraped at \
                 different times, so a few are none.",
                vec![Query::new(recorded("etcd:ins:raft_lag"), "{{ins}}")],
            )
            .steps(Steps::bad_above(limits::LAG)),
            Panel::lines(
                "Slow work",
                "How often a member took long to carry a change out, or to make sure that it may answer a \
                 read.",
                vec![
                    Query::new(rate("etcd_server_slow_apply_total"), "{{ins}} slow applies"),
                    Query::new(rate("etcd_server_slow_read_indexes_total"), "{{ins}} slow reads"),
                ],
            )
            .unit(Unit::PerSecond),
        ],
    )
}

fn latency() -> Row {
    let of_both = |p95: &str, p99: &str| {
        vec![
            Query::new(recorded(p95), "{{ins}} p95"),
            Query::new(recorded(p99), "{{ins}} p99"),
        ]
    };
    row(
        "Latency",
        [
            Panel::lines(
                "Peer round trip",
                "How long a message to another member and back takes. The alert judges the 95th \
                 percentile.",
                of_both("etcd:ins:peer_round_trip_p95_5m", "etcd:ins:peer_round_trip_p99_5m"),
            )
            .unit(Unit::Seconds)
            .steps(Steps::bad_above(limits::PEER_ROUND_TRIP)),
            Panel::lines(
                "Sync of the write-ahead log",
                "How long the disk takes to keep a change; every write waits for it. etcd wants the 99th \
                 percentile below 10 ms; the alert judges the 95th.",
                of_both("etcd:ins:wal_fsync_p95_5m", "etcd:ins:wal_fsync_p99_5m"),
            )
            .unit(Unit::Seconds)
            .steps(Steps::bad_above(limits::WAL_FSYNC)),
            Panel::lines(
                "Commit of the database",
                "How long the disk takes to keep the database. etcd wants the 99th percentile below 25 ms; \
                 the alert judges the 95th.",
                of_both("etcd:ins:backend_commit_p95_5m", "etcd:ins:backend_commit_p99_5m"),
            )
            .unit(Unit::Seconds)
            .steps(Steps::bad_above(limits::BACKEND_COMMIT)),
        ],
    )
}

fn traffic() -> Row {
    let sum = |metric: &str| format!("sum by (cls, ins) ({})", rate(metric));
    let lines = |title, description, metric: &str| {
        Panel::lines(title, description, vec![Query::new(sum(metric), "{{ins}}")])
            .unit(Unit::BytesPerSecond)
            .size(6, 8)
    };
    row(
        "Traffic",
        [
            lines(
                "From clients",
                "What each member receives from clients.",
                "etcd_network_client_grpc_received_bytes_total",
            ),
            lines(
                "To clients",
                "What each member sends to clients.",
                "etcd_network_client_grpc_sent_bytes_total",
            ),
            lines(
                "From peers",
                "What each member receives from the others.",
                "etcd_network_peer_received_bytes_total",
            ),
            lines(
                "To peers",
                "What each member sends to the others: the leader most.",
                "etcd_network_peer_sent_bytes_total",
            ),
        ],
    )
}

fn database() -> Row {
    let a_minute = |metric: &str| format!("60 * {}", rate(metric));
    row(
        "Database",
        [
            Panel::lines(
                "Size",
                "The database file, the part of it that is in use, and the quota.",
                vec![
                    Query::new(of("etcd_mvcc_db_total_size_in_bytes"), "{{ins}} file"),
                    Query::new(
                        of("etcd_mvcc_db_total_size_in_use_in_bytes"),
                        "{{ins}} in use",
                    ),
                    Query::new(
                        format!("max by (cls) ({})", of("etcd_server_quota_backend_bytes")),
                        "quota",
                    ),
                ],
            )
            .unit(Unit::Bytes),
            Panel::lines(
                "Quota used",
                "The part of the quota that the file has taken. At 100 % no write is taken.",
                vec![Query::new(recorded("etcd:ins:quota_used"), "{{ins}}")],
            )
            .unit(Unit::Part)
            .steps(Steps::worse_above(
                limits::QUOTA_NEAR,
                limits::QUOTA_CRITICAL,
            )),
            Panel::lines(
                "Fragmentation",
                "The part of the file that is not in use: what a defragmentation gives back.",
                vec![Query::new(recorded("etcd:ins:fragmentation"), "{{ins}}")],
            )
            .unit(Unit::Part)
            .steps(Steps::bad_above(limits::FRAGMENTATION)),
            Panel::lines(
                "Keys",
                "How many keys there are.",
                // There is no stable metric of it.
                vec![Query::new(of("etcd_debugging_mvcc_keys_total"), "{{ins}}")],
            ),
            Panel::lines(
                "Revision and compaction",
                "How far the store is, and up to where its history was dropped. The second follows the \
                 first by `etcd_auto_compaction_retention`.",
                // There is no stable metric of either.
                vec![
                    Query::new(
                        of("etcd_debugging_mvcc_current_revision"),
                        "{{ins}} revision",
                    ),
                    Query::new(
                        of("etcd_debugging_mvcc_compact_revision"),
                        "{{ins}} compacted",
                    ),
                ],
            ),
            Panel::lines(
                "Reads and writes a minute",
                "Reads as each member answers them; writes, which all members carry out.",
                vec![
                    Query::new(a_minute("etcd_mvcc_range_total"), "{{ins}} reads"),
                    Query::new(
                        format!(
                            "60 * ({} + {})",
                            rate("etcd_mvcc_put_total"),
                            rate("etcd_mvcc_delete_total")
                        ),
                        "{{ins}} writes",
                    ),
                ],
            )
            .unit(Unit::PerMinute),
            Panel::lines(
                "Operations of the store",
                "What the store of each member does.",
                vec![
                    Query::new(rate("etcd_mvcc_range_total"), "{{ins}} range"),
                    Query::new(rate("etcd_mvcc_put_total"), "{{ins}} put"),
                    Query::new(rate("etcd_mvcc_delete_total"), "{{ins}} delete"),
                    Query::new(rate("etcd_mvcc_txn_total"), "{{ins}} txn"),
                ],
            )
            .unit(Unit::PerSecond)
            .size(12, 8),
            Panel::lines(
                "Requests of clients",
                "What clients ask for, by the name of the call.",
                vec![Query::new(
                    format!(
                        "sum by (grpc_method) (rate(grpc_server_handled_total{{{MEMBERS}, \
                         grpc_type=\"unary\"}}[$__rate_interval]))"
                    ),
                    "{{grpc_method}}",
                )],
            )
            .unit(Unit::PerSecond)
            .size(12, 8),
        ],
    )
}

fn process() -> Row {
    row(
        "Process",
        [
            Panel::lines(
                "Memory",
                "What each member holds in memory. etcd maps its database: expect at least its size.",
                vec![Query::new(of("process_resident_memory_bytes"), "{{ins}}")],
            )
            .unit(Unit::Bytes),
            Panel::lines(
                "Processors",
                "How many processors each member keeps busy.",
                vec![Query::new(rate("process_cpu_seconds_total"), "{{ins}}")],
            ),
            Panel::lines(
                "Open files",
                "Files and connections that each member has open, of those that it may.",
                vec![
                    Query::new(of("process_open_fds"), "{{ins}}"),
                    Query::new(
                        format!("min by (cls) ({})", of("process_max_fds")),
                        "may be open",
                    ),
                ],
            ),
        ],
    )
}

/// What `etcd-plan status` tells through node exporter.
fn care() -> Row {
    row(
        "Care",
        [
            Panel::lines(
                "Certificates run out in",
                "How long the certificate of each member is still valid.",
                vec![Query::new(
                    recorded("etcd:ins:certificate_seconds_left"),
                    "{{ins}}",
                )],
            )
            .unit(Unit::Duration)
            .steps(Steps::worse_below(
                limits::CERTIFICATE_NEAR,
                limits::CERTIFICATE_CRITICAL,
            )),
            Panel::lines(
                "Age of the newest backup",
                "What was written since then is lost if the cluster is.",
                vec![Query::new(
                    of_cluster("etcd:cls:backup_age_seconds"),
                    "backup",
                )],
            )
            .unit(Unit::Duration)
            .steps(Steps::bad_above(limits::BACKUP_AGE)),
            Panel::lines(
                "Age of the status",
                "When `etcd-plan status` last told of certificates, backups and alarms.",
                vec![Query::new(
                    of_cluster("etcd:cls:status_age_seconds"),
                    "status",
                )],
            )
            .unit(Unit::Duration)
            .steps(Steps::bad_above(limits::STATUS_AGE)),
        ],
    )
}

fn row(title: &'static str, panels: impl IntoIterator<Item = Panel>) -> Row {
    Row {
        title,
        panels: panels.into_iter().collect(),
    }
}

fn bad_from_one() -> Steps {
    Steps {
        base: Color::Green,
        above: vec![("1".to_owned(), Color::Red)],
    }
}

/// Picks a metric of the members that are picked.
fn of(metric: &str) -> String {
    format!("{metric}{{{MEMBERS}}}")
}

/// Picks a recorded series of the members that are picked.
fn recorded(series: &str) -> String {
    format!(r#"{series}{{cls="$cls", ins=~"$ins"}}"#)
}

/// Picks a recorded series of the cluster, all members included.
fn of_cluster(series: &str) -> String {
    format!(r#"{series}{{cls="$cls"}}"#)
}

fn rate(metric: &str) -> String {
    format!("rate({}[$__rate_interval])", of(metric))
}

fn firing() -> String {
    r#"ALERTS{alertstate="firing", alertname=~"Etcd.+", cls="$cls"}"#.to_owned()
}
