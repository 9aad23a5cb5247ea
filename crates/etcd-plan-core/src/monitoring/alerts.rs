use super::Quantity;
use super::thresholds::{self as limits, Threshold};

/// How urgent an alert is: its label `severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody must act now.
    Critical,
    /// Somebody must act within days.
    Warning,
}

impl Severity {
    /// Gives the value of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

/// An alerting rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its name.
    pub name: &'static str,
    /// How urgent it is.
    pub severity: Severity,
    /// What it fires on, in PromQL: one series a cluster or a member.
    pub expr: String,
    /// For how long that must hold; at once where there is none.
    pub hold: Option<Quantity>,
    /// What is the matter, in a sentence without a full stop; a template of Prometheus.
    pub summary: &'static str,
    /// What it means and what to do; a template of Prometheus.
    pub description: String,
}

/// Gives the alerting rules, the most urgent subjects first.
pub fn alerts() -> Vec<Alert> {
    let mut alerts = members();
    alerts.extend(consensus());
    alerts.extend(slowness());
    alerts.extend(database());
    alerts.extend(care());
    alerts
}

/// Members that are not there, and what it means for the cluster.
fn members() -> Vec<Alert> {
    vec![
        Alert {
            name: "EtcdMemberDown",
            severity: Severity::Critical,
            expr: r#"up{job="etcd"} == 0"#.to_owned(),
            hold: Some(limits::DOWN_FOR.limit),
            summary: "{{ $labels.ins }} does not answer",
            description: format!(
                "Prometheus has had no answer from {{{{ $labels.instance }}}} for {}. `etcd-plan status` \
                 tells what its host says of it; `etcd-plan apply` starts a member that stands still. A \
                 member whose host or data is lost must be replaced: `etcd-plan replace`.",
                limits::DOWN_FOR.limit
            ),
        },
        Alert {
            name: "EtcdQuorumLost",
            severity: Severity::Critical,
            expr: "etcd:cls:voters_alive < etcd:cls:quorum".to_owned(),
            hold: Some(limits::DOWN_FOR.limit),
            summary: "{{ $labels.cls }} has no quorum: only {{ $value }} of its voters are alive",
            description: "Nobody can write, and what relies on the cluster fails: Patroni demotes its \
                          primaries. Bring members back, the data of each as it is: `etcd-plan status` \
                          tells who is missing. Where most members are lost for good, `etcd-plan recover` \
                          makes a new cluster of what the others hold; where nobody holds anything, \
                          restore from a backup: `etcd-plan restore`."
                .to_owned(),
        },
        Alert {
            name: "EtcdQuorumAtRisk",
            severity: Severity::Critical,
            expr: "etcd:cls:voters_alive == etcd:cls:quorum\nand etcd:cls:voters_alive < etcd:cls:voters"
                .to_owned(),
            hold: Some(limits::QUORUM_AT_RISK_FOR.limit),
            summary: "{{ $labels.cls }} does not survive one more failure",
            description: "{{ $value }} of its voters are alive, as many as it needs. Bring the others \
                          back, or replace them, before anything else is changed: restart no member and \
                          no host of the cluster until then."
                .to_owned(),
        },
        Alert {
            name: "EtcdTargetMissing",
            severity: Severity::Warning,
            expr: r#"etcd:ins:wanted unless on (cls, ins) up{job="etcd"}"#.to_owned(),
            hold: Some(limits::TARGET_MISSING_FOR.limit),
            summary: "Prometheus does not scrape {{ $labels.ins }}",
            description: "It is a member in the inventory, and Prometheus has no target for it: nothing \
                          would tell that it is down. `etcd-plan apply -t etcd_register` writes the \
                          targets; if the member is gone, render these rules again: `etcd-plan \
                          monitoring`."
                .to_owned(),
        },
    ]
}

/// What members agree on, and how well.
fn consensus() -> Vec<Alert> {
    vec![
        Alert {
            name: "EtcdNoLeader",
            severity: Severity::Critical,
            expr: r#"etcd_server_has_leader{job="etcd"} == 0"#.to_owned(),
            hold: Some(limits::NO_LEADER_FOR.limit),
            summary: "{{ $labels.ins }} has no leader",
            description: "It takes no writes. If all members of {{ $labels.cls }} say so, there is no \
                          quorum: bring members back. If it is this one alone, it does not reach its \
                          peers: see the network, the firewall and its peer certificate, in \
                          `journalctl -u etcd` there."
                .to_owned(),
        },
        Alert {
            name: "EtcdLeaderChangesOften",
            severity: Severity::Warning,
            expr: above("etcd:cls:leader_changes_15m", limits::LEADER_CHANGES),
            hold: None,
            summary: "the leader of {{ $labels.cls }} changed {{ $value }} times within 15 minutes",
            description: "Each change stops writes for a moment. Slow disks and a lossy network make \
                          them: see the rows on latency of the dashboard, then what else runs on these \
                          hosts. `etcd_election_timeout` should be at least ten round trips."
                .to_owned(),
        },
        Alert {
            name: "EtcdProposalsFailing",
            severity: Severity::Warning,
            expr: above("etcd:ins:proposals_failed_15m", limits::PROPOSALS_FAILED),
            hold: None,
            summary: "{{ $value }} proposals of {{ $labels.ins }} failed within 15 minutes",
            description: "Writes of its clients were lost: leaders change, or there is no quorum now and \
                          then. See the changes of the leader on the dashboard, and `etcd-plan status`."
                .to_owned(),
        },
        Alert {
            name: "EtcdProposalsPending",
            severity: Severity::Warning,
            expr: above(r#"etcd_server_proposals_pending{job="etcd"}"#, limits::PROPOSALS_PENDING),
            hold: Some(limits::PENDING_FOR.limit),
            summary: "{{ $value }} proposals of {{ $labels.ins }} wait",
            description: "It is asked for more writes than the cluster commits. See the disks of the \
                          leader first (sync of the log, commit of the database), then who writes so \
                          much."
                .to_owned(),
        },
        Alert {
            name: "EtcdMemberBehind",
            severity: Severity::Warning,
            expr: above("etcd:ins:raft_lag", limits::LAG),
            hold: Some(limits::LAG_FOR.limit),
            summary: "{{ $labels.ins }} is {{ $value }} raft entries behind",
            description: "It answers with old data where clients read serializably, and would take long \
                          to take over. See whether its disk or network is slow, or whether it applies \
                          a snapshot."
                .to_owned(),
        },
        Alert {
            name: "EtcdLearnerStays",
            severity: Severity::Warning,
            expr: "etcd_server_is_learner{job=\"etcd\"} == 1\nunless on (cls, ins) \
                   etcd:ins:wanted{role=\"learner\"}"
                .to_owned(),
            hold: Some(limits::LEARNER_FOR.limit),
            summary: "{{ $labels.ins }} is still a learner",
            description: format!(
                "It was added {} ago or earlier and has no vote, so the cluster survives no more failures \
                 than before. A join was not finished: run it again (`etcd-plan join` with its \
                 host), which promotes it once it has caught up. If it is \
                 to stay one, set `etcd_learner` and render these rules again.",
                limits::LEARNER_FOR.limit
            ),
        },
        Alert {
            name: "EtcdVersionsDiffer",
            severity: Severity::Warning,
            expr: "count by (cls) (\n  count by (cls, server_version) (etcd_server_version{job=\"etcd\"})\n) > 1"
                .to_owned(),
            hold: Some(limits::VERSIONS_FOR.limit),
            summary: "members of {{ $labels.cls }} run {{ $value }} different versions",
            description: "An upgrade was not finished: until it is, the cluster works as its oldest \
                          member would. `etcd-plan status` tells who runs what; `etcd-plan upgrade` goes \
                          on where it stopped."
                .to_owned(),
        },
    ]
}

/// Disks and networks that are slow.
fn slowness() -> Vec<Alert> {
    let slow = |name, threshold: Threshold, series: &str, summary, doing: &str| Alert {
        name,
        severity: Severity::Warning,
        expr: above(series, threshold),
        hold: Some(limits::SLOW_FOR.limit),
        summary,
        description: format!(
            "{} is above {}. {doing}",
            first_up(threshold.what),
            threshold.limit
        ),
    };
    vec![
        slow(
            "EtcdPeerRoundTripSlow",
            limits::PEER_ROUND_TRIP,
            "etcd:ins:peer_round_trip_p95_5m",
            "messages of {{ $labels.ins }} to its peers take {{ $value | humanizeDuration }}",
            "See the network between the members, and the load of their hosts. Members that are far \
             apart need a larger `etcd_heartbeat_interval` and `etcd_election_timeout`.",
        ),
        slow(
            "EtcdWalFsyncSlow",
            limits::WAL_FSYNC,
            "etcd:ins:wal_fsync_p95_5m",
            "the disk of {{ $labels.ins }} takes {{ $value | humanizeDuration }} to sync its log",
            "Writes wait for it, and a leader that waits for long is voted out. See what else uses that \
             disk; etcd needs one of its own, or at least an SSD.",
        ),
        slow(
            "EtcdBackendCommitSlow",
            limits::BACKEND_COMMIT,
            "etcd:ins:backend_commit_p95_5m",
            "the disk of {{ $labels.ins }} takes {{ $value | humanizeDuration }} to commit its database",
            "See what else uses that disk, and how large the database is: a fragmented one commits slowly.",
        ),
    ]
}

/// What the database takes, and its alarms.
fn database() -> Vec<Alert> {
    let (near, critical) = (limits::QUOTA_NEAR.limit, limits::QUOTA_CRITICAL.limit);
    let make_room = "Compact and defragment each member (`etcd-plan maintain`), find out who writes so \
                     much, or raise `etcd_quota_backend_bytes` and `etcd-plan reload`.";
    vec![
        Alert {
            name: "EtcdNoSpace",
            severity: Severity::Critical,
            expr: r#"etcd:cls:alarm{alarm="NOSPACE"} > 0"#.to_owned(),
            hold: None,
            summary: "{{ $labels.cls }} takes no writes: its quota is used up",
            description: "Only reads and deletes are answered. Compact, defragment each member, then \
                          `etcdctl alarm disarm`: `etcd-plan maintain` does it in that order. Then find \
                          out who filled it."
                .to_owned(),
        },
        Alert {
            name: "EtcdCorrupt",
            severity: Severity::Critical,
            expr: r#"etcd:cls:alarm{alarm="CORRUPT"} > 0"#.to_owned(),
            hold: None,
            summary: "members of {{ $labels.cls }} hold different data",
            description: "`etcdctl alarm list` names the member. Make a backup from a good member first, \
                          then replace the one that differs: stop it, keep a copy of its data, remove it \
                          and let it join anew (`etcd-plan replace`)."
                .to_owned(),
        },
        Alert {
            name: "EtcdQuotaCritical",
            severity: Severity::Critical,
            expr: above("etcd:ins:quota_used", limits::QUOTA_CRITICAL),
            hold: Some(limits::QUOTA_FOR.limit),
            summary: "{{ $labels.ins }} has used {{ $value | humanizePercentage }} of its quota",
            description: format!("At 100 % the cluster takes no more writes. {make_room}"),
        },
        Alert {
            name: "EtcdQuotaNear",
            severity: Severity::Warning,
            expr: format!(
                "etcd:ins:quota_used > {} <= {}",
                near.in_base_units(),
                critical.in_base_units()
            ),
            hold: Some(limits::QUOTA_FOR.limit),
            summary: "{{ $labels.ins }} has used {{ $value | humanizePercentage }} of its quota",
            description: format!("At 100 % the cluster takes no more writes. {make_room}"),
        },
        Alert {
            name: "EtcdFragmented",
            severity: Severity::Warning,
            expr: format!(
                "{}\nand on (cls, ins) {}",
                above("etcd:ins:fragmentation", limits::FRAGMENTATION),
                above(r#"etcd_mvcc_db_total_size_in_bytes{job="etcd"}"#, limits::FRAGMENTATION_FROM),
            ),
            hold: Some(limits::FRAGMENTATION_FOR.limit),
            summary: "{{ $value | humanizePercentage }} of the database file of {{ $labels.ins }} is idle",
            description: "Room that a compaction freed counts against the quota until the file is \
                          defragmented. `etcd-plan maintain` does that, one member at a time, the leader \
                          last: a member does not answer while it goes on."
                .to_owned(),
        },
    ]
}

/// What runs out or grows old when nobody takes care.
fn care() -> Vec<Alert> {
    let (near, critical) = (
        limits::CERTIFICATE_NEAR.limit,
        limits::CERTIFICATE_CRITICAL.limit,
    );
    let left = "etcd:ins:certificate_seconds_left";
    let renew = "`etcd-plan apply -t etcd_cert` issues it again; etcd takes it without a restart. See \
                 that the authority itself is valid for longer.";
    vec![
        Alert {
            name: "EtcdCertificateCritical",
            severity: Severity::Critical,
            expr: format!("{left} < {}", critical.in_base_units()),
            hold: None,
            summary: "the certificate of {{ $labels.ins }} runs out in {{ $value | humanizeDuration }}",
            description: format!(
                "After that nobody can speak with the member, its peers included. {renew}"
            ),
        },
        Alert {
            name: "EtcdCertificateNear",
            severity: Severity::Warning,
            expr: format!("{left} < {} >= {}", near.in_base_units(), critical.in_base_units()),
            hold: None,
            summary: "the certificate of {{ $labels.ins }} runs out in {{ $value | humanizeDuration }}",
            description: format!(
                "After that nobody can speak with the member, its peers included. {renew}"
            ),
        },
        Alert {
            name: "EtcdBackupOld",
            severity: Severity::Warning,
            expr: above("etcd:cls:backup_age_seconds", limits::BACKUP_AGE),
            hold: None,
            // Where there is none, its age is the time since 1970.
            summary: "{{ if gt $value 1e9 }}there is no backup of {{ $labels.cls }}{{ else }}the newest \
                      backup of {{ $labels.cls }} is {{ $value | humanizeDuration }} old{{ end }}",
            description: "What was written since then is lost if the cluster is. See why the backup does \
                          not run, and make one: `etcd-plan backup`."
                .to_owned(),
        },
        Alert {
            name: "EtcdStatusOld",
            severity: Severity::Warning,
            expr: above("etcd:cls:status_age_seconds", limits::STATUS_AGE),
            hold: None,
            summary: "what node exporter tells of {{ $labels.cls }} is {{ $value | humanizeDuration }} old",
            description: "Certificates, alarms and backups of the cluster are not watched meanwhile. See \
                          why `etcd-plan status --format prometheus` does not run: `systemctl status \
                          etcd-plan-status` where its timer is."
                .to_owned(),
        },
    ]
}

fn above(series: &str, threshold: Threshold) -> String {
    format!("{series} > {}", threshold.limit.in_base_units())
}

fn first_up(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::alerts;

    #[test]
    fn every_alert_says_what_is_the_matter_and_what_to_do() {
        let mut names = BTreeSet::new();
        for alert in alerts() {
            let name = alert.name;
            assert!(names.insert(name), "{name} is there twice");
            assert!(name.starts_with("Etcd"), "{name}");
            assert!(!alert.summary.ends_with('.'), "{name}: {}", alert.summary);
            assert!(
                alert.description.ends_with('.'),
                "{name}: {}",
                alert.description
            );
            assert!(
                alert.description.len() > 100,
                "{name}: {}",
                alert.description
            );
        }
    }
}
