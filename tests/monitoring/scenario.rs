//! A cluster over time, as Prometheus would see it: well, but for what a test changes.

use std::collections::BTreeMap;

use etcd_plan::monitoring::alerts;
use serde_json::{Value, json};

/// Time series, a sample a minute, and what must fire when.
pub(crate) struct Scenario {
    name: &'static str,
    /// The values of series, in the notation of promtool, by their names with labels; the last lasts
    /// to the end, which `…` says.
    series: BTreeMap<String, String>,
    /// The last minute that is looked at.
    end: u32,
    /// Whether the third member is to be a learner.
    pub(crate) wants_learner: bool,
    tests: Vec<Value>,
    told: Vec<Value>,
    /// The alerts whose texts are looked at.
    pub(crate) names: Vec<&'static str>,
}

/// The labels of a member's target.
fn target(member: u8) -> String {
    format!(
        r#"job="etcd", cls="etcd", ins="etcd-{member}", ip="10.10.10.1{member}", instance="10.10.10.1{member}:2379""#
    )
}

/// The labels of a series of node exporter, whose target has a `cls` and an `ins` of its own.
fn told(labels: &str) -> String {
    format!(r#"job="node", cls="pigsty", ins="node-1", instance="10.10.10.10:9100", {labels}"#)
}

/// The name of a series of a member.
pub(crate) fn of(metric: &str, member: u8) -> String {
    match metric.split_once('{') {
        None => format!("{metric}{{{}}}", target(member)),
        Some((metric, labels)) => format!("{metric}{{{}, {labels}", target(member)),
    }
}

/// The name of a series that node exporter tells of the cluster.
pub(crate) fn told_of_cluster(metric: &str, more: &str) -> String {
    format!(
        "{metric}{{{}}}",
        told(&format!(r#"etcd_cluster="etcd"{more}"#))
    )
}

/// The name of a series that node exporter tells of a member.
pub(crate) fn told_of(metric: &str, member: u8) -> String {
    told_of_cluster(metric, &format!(r#", etcd_member="etcd-{member}""#))
}

/// The name of a series of a histogram of a member.
pub(crate) fn bucket(metric: &str, le: &str, member: u8) -> String {
    of(&format!(r#"{metric}_bucket{{le="{le}"}}"#), member)
}

impl Scenario {
    /// A cluster of three members that is well.
    pub(crate) fn healthy(name: &'static str) -> Self {
        let mut series = BTreeMap::new();
        let mut set = |name: String, values: String| series.insert(name, values);
        let always = |value: &str| format!("{value}…");
        for member in 1..=3 {
            for (metric, values) in [
                ("up", always("1")),
                ("etcd_server_has_leader", always("1")),
                (
                    "etcd_server_is_leader",
                    always(if member == 1 { "1" } else { "0" }),
                ),
                ("etcd_server_is_learner", always("0")),
                ("etcd_server_leader_changes_seen_total", always("1")),
                ("etcd_server_proposals_committed_total", always("100+600")),
                ("etcd_server_proposals_applied_total", always("100+600")),
                ("etcd_server_proposals_pending", always("2")),
                ("etcd_server_proposals_failed_total", always("0")),
                ("etcd_server_quota_backend_bytes", always("8000000000")),
                ("etcd_mvcc_db_total_size_in_bytes", always("200000000")),
                (
                    "etcd_mvcc_db_total_size_in_use_in_bytes",
                    always("150000000"),
                ),
                (
                    r#"etcd_server_version{server_version="3.5.16"}"#,
                    always("1"),
                ),
            ] {
                set(of(metric, member), values);
            }
            for metric in [
                "etcd_disk_wal_fsync_duration_seconds",
                "etcd_disk_backend_commit_duration_seconds",
                "etcd_network_peer_round_trip_time_seconds",
            ] {
                for le in ["0.004", "0.512", "+Inf"] {
                    set(bucket(metric, le, member), always("0+60"));
                }
            }
            let certificate = "etcd_plan_certificate_not_after_timestamp_seconds";
            set(told_of(certificate, member), always("315360000"));
        }
        for (metric, more, values) in [
            ("etcd_plan_status_timestamp_seconds", "", always("0+60")),
            ("etcd_plan_backup_timestamp_seconds", "", always("0+60")),
            ("etcd_plan_alarm", r#", alarm="NOSPACE""#, always("0")),
            ("etcd_plan_alarm", r#", alarm="CORRUPT""#, always("0")),
        ] {
            set(told_of_cluster(metric, more), values);
        }
        Self {
            name,
            series,
            end: 0,
            wants_learner: false,
            tests: Vec::new(),
            told: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Sets the values of a series, in the notation of promtool, and `…` for the rest of the time.
    pub(crate) fn set(mut self, series: String, values: &str) -> Self {
        self.series.insert(series, values.to_owned());
        self
    }

    /// Takes away every series whose name has a text.
    pub(crate) fn without(mut self, text: &str) -> Self {
        let count = self.series.len();
        self.series.retain(|name, _| !name.contains(text));
        assert!(self.series.len() < count, "no series has {text}");
        self
    }

    /// Lets members be down from a minute on: nothing but that is known of them then.
    pub(crate) fn down(mut self, members: &[u8], from: u32) -> Self {
        for member in members {
            let labels = target(*member);
            for (name, values) in &mut self.series {
                if name.contains(&labels) {
                    let after = if name.starts_with("up{") {
                        "0…"
                    } else {
                        "stale"
                    };
                    *values = values.replace('…', &format!("x{} {after}", from - 1));
                }
            }
        }
        self
    }

    /// Lets the inventory want the third member as a learner.
    pub(crate) fn with_a_wanted_learner(mut self) -> Self {
        self.wants_learner = true;
        self
    }

    /// Says which alerts fire after so many minutes: all of them, with the member, or `etcd` for the
    /// cluster.
    pub(crate) fn fires(mut self, minute: u32, alerts: &[(&str, &str)]) -> Self {
        let samples: Vec<Value> = alerts
            .iter()
            .map(|(alert, who)| {
                let member = match *who {
                    "etcd" => String::new(),
                    member => format!(r#", ins="{member}""#),
                };
                json!({
                    "labels": format!(r#"{{alertname="{alert}", cls="etcd"{member}}}"#),
                    "value": 1,
                })
            })
            .collect();
        self.end = self.end.max(minute);
        self.tests.push(json!({
            "expr": r#"count by (alertname, cls, ins) (ALERTS{alertstate="firing"})"#,
            "eval_time": format!("{minute}m"),
            "exp_samples": samples,
        }));
        self
    }

    /// Says that nothing fires after so many minutes.
    pub(crate) fn silent(self, minute: u32) -> Self {
        self.fires(minute, &[])
    }

    /// Says how an alert reads that fires after so many minutes, and with which labels besides its
    /// urgency; its value, where its description has it.
    pub(crate) fn reads(
        mut self,
        minute: u32,
        name: &'static str,
        labels: &[(&str, &str)],
        value: &str,
        summary: &str,
    ) -> Self {
        let all = alerts();
        let alert = all.iter().find(|alert| alert.name == name);
        let alert = alert.expect("it is an alert");
        let mut description = alert.description.replace("{{ $value }}", value);
        let mut expected = json!({ "severity": alert.severity.as_str() });
        for (label, value) in labels {
            description = description.replace(&format!("{{{{ $labels.{label} }}}}"), value);
            expected[*label] = json!(value);
        }
        assert!(!description.contains("{{"), "{name}: {description}");
        self.end = self.end.max(minute);
        self.told.push(json!({
            "eval_time": format!("{minute}m"),
            "alertname": name,
            "exp_alerts": [{
                "exp_labels": expected,
                "exp_annotations": { "summary": summary, "description": description },
            }],
        }));
        self.names.push(name);
        self
    }

    /// Writes it as a test of promtool.
    pub(crate) fn to_json(&self) -> Value {
        let series = self.series.iter();
        let to_the_end = format!("x{}", self.end);
        let series = series.map(
            |(name, values)| json!({ "series": name, "values": values.replace('…', &to_the_end) }),
        );
        json!({
            "name": self.name,
            "interval": "1m",
            "input_series": series.collect::<Vec<_>>(),
            "promql_expr_test": self.tests,
            "alert_rule_test": self.told,
        })
    }
}
