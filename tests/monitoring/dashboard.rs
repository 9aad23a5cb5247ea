//! The dashboard, where its description can be wrong and Grafana's schema does not see it.

use std::collections::BTreeSet;

use etcd_plan::monitoring::grafana::{Kind, overview};
use etcd_plan::monitoring::{alerts, recordings, thresholds};
use serde_json::Value;

use crate::content;

#[test]
fn every_query_asks_for_the_cluster_that_is_picked() {
    for panel in overview().panels() {
        for query in &panel.queries {
            let selectors = query.expr.matches('{').count();
            let picked = query.expr.matches(r#"cls="$cls""#).count();
            assert_eq!(selectors, picked, "{}: {}", panel.title, query.expr);
        }
        assert!(panel.description.ends_with('.'), "{}", panel.title);
    }
}

/// What has no stable metric: see the module `metrics`.
#[test]
fn debugging_metrics_are_those_that_have_no_stable_one() {
    let panels = overview();
    let queries = panels.panels().flat_map(|panel| &panel.queries);
    let texts = queries
        .map(|query| query.expr.clone())
        .chain(recordings().into_iter().map(|rule| rule.expr))
        .chain(alerts().into_iter().map(|alert| alert.expr));
    let mut found = BTreeSet::new();
    for text in texts {
        for (at, _) in text.match_indices("etcd_debugging_") {
            let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &text[at..at + end.unwrap_or(text.len() - at)];
            found.insert(name.to_owned());
        }
    }
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(
        found,
        [
            "etcd_debugging_mvcc_compact_revision",
            "etcd_debugging_mvcc_current_revision",
            "etcd_debugging_mvcc_keys_total",
            "etcd_debugging_server_alarms",
        ]
    );
}

/// Received is what comes in: the original had the two swapped.
#[test]
fn traffic_from_somewhere_is_what_was_received() {
    for panel in overview().panels() {
        let asks = &panel.queries[0].expr;
        if panel.title.starts_with("From ") {
            assert!(asks.contains("_received_bytes_total"), "{asks}");
        }
        if panel.title.starts_with("To ") {
            assert!(asks.contains("_sent_bytes_total"), "{asks}");
        }
    }
}

/// Panels change their colour at the limits of the alerts that judge the same series.
#[test]
fn limits_are_those_of_the_alerts() {
    let limits: BTreeSet<String> = thresholds::ALL
        .iter()
        .map(|threshold| threshold.limit.in_base_units())
        .collect();
    let overview = overview();
    let mut judged = 0;
    for panel in overview.panels().filter(|panel| panel.kind == Kind::Lines) {
        for (limit, _) in &panel.steps.above {
            assert!(limits.contains(limit), "{}: {limit}", panel.title);
            let series = panel.queries[0].expr.split('{').next().unwrap_or_default();
            let alert = alerts().into_iter().find(|alert| {
                let asks = alert.expr.contains(series);
                asks && alert.expr.split_whitespace().any(|word| word == limit)
            });
            assert!(alert.is_some(), "no alert has {series} and {limit}");
            judged += 1;
        }
    }
    assert!(judged >= 10, "{judged}");
}

#[test]
fn panels_lie_beside_each_other_and_have_numbers_of_their_own() {
    let document: Value =
        serde_json::from_str(&content("grafana/dashboards/etcd-overview.json")).expect("JSON");
    let panels = document["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_u64()), "{title}");
        let at = |name: &str| panel["gridPos"][name].as_u64().expect("a number");
        assert!(at("x") + at("w") <= 24, "{title}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{title} lies over another");
            }
        }
    }
    assert!(panels.len() > 35, "{}", panels.len());
}
