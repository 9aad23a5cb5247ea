//! The page on monitoring is what the tables of alerts, limits and series give. To write it anew:
//! `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::monitoring::{alerts, recordings, thresholds};
use etcd_plan::status;
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::Scene;

const HEAD: &str = "\
# Monitoring

`etcd-plan monitoring -o DIR` writes what Prometheus and Grafana need for the clusters of an
inventory; `README.md` in that folder says what goes where. Write it again when members come or go:
only `prometheus/rules/etcd-members.yml` changes then. From Rust it is `etcd_plan::monitoring::files`,
from Python `pyetcdplan.monitoring`.

- **Members** are found in the files that `etcd_register` writes on the hosts of group `infra`, with the
  labels `cls` (cluster), `ins` (member) and `ip`. Prometheus asks each over HTTPS and shows a client
  certificate of the clusters' authority.
- **Certificates, backups and alarms** are told by `etcd-plan status --format prometheus -o FILE`, where
  FILE lies in node exporter's textfile folder. `systemd/etcd-plan-status.timer` does that every ten
  minutes, on a host that reaches the members as `etcd-plan status` does. Its series have the labels
  `etcd_cluster` and `etcd_member`; the rules make them `cls` and `ins`.
- **Alerts** that wait 15 seconds need a `scrape_interval` and an `evaluation_interval` of at most that.
- **The dashboard** \"ETCD Overview\" has the variables data source, cluster and member; its colours
  change at the limits below. It is in the classic form, schema 42, which Grafana 10 to 13 load.
- **Versions**: etcd 3.4, 3.5 and 3.6. All metrics have the same names there, but for
  `etcd_debugging_server_alarms`, which is there from 3.6 on; for older ones the status tells of alarms.

This page is generated: `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.
";

#[test]
fn the_page_is_what_the_tables_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring.md");
    let wanted = page();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, &wanted).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).expect("the page can be read");
    assert_eq!(
        found, wanted,
        "see the first lines of tests/documents/monitoring.rs"
    );
}

fn page() -> String {
    let mut page = String::from(HEAD);
    table(
        &mut page,
        "Alerts",
        ["alert", "severity", "fires when", "for"],
        alerts().into_iter().map(|alert| {
            let hold = alert
                .hold
                .map_or("at once".to_owned(), |hold| hold.to_string());
            let severity = alert.severity.as_str().to_owned();
            [
                format!("`{}`", alert.name),
                severity,
                code(&alert.expr),
                hold,
            ]
        }),
    );
    page.push_str("\nWhat each means and what to do about it is in its description:\n");
    for alert in alerts() {
        let described = alert
            .description
            .replace("{{ $labels.cls }}", "the cluster")
            .replace("{{ $labels.instance }}", "the member")
            .replace("{{ $value }}", "So many");
        assert!(!described.contains("{{"), "{described}");
        writeln!(page, "\n- **{}**: {described}", alert.name).expect("a String takes everything");
    }
    table(
        &mut page,
        "Limits",
        ["of what", "limit", "why"],
        thresholds::ALL.iter().map(|threshold| {
            let what = threshold.what.to_owned();
            [
                what,
                threshold.limit.to_string(),
                threshold.source.to_owned(),
            ]
        }),
    );
    table(
        &mut page,
        "What is recorded",
        ["series", "what it is"],
        recordings()
            .into_iter()
            .map(|rule| [format!("`{}`", rule.name), rule.what.to_owned()]),
    );
    table(
        &mut page,
        "What the status tells",
        ["metric", "what it is"],
        told(),
    );
    page
}

/// The metrics of the status, as it explains them itself.
fn told() -> Vec<[String; 2]> {
    let scene = Scene::living();
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));
    let settings = RunSettings::default();
    let status = status::read(&plan, &executor, &scene.keys, settings, &mut Silent);
    let text = status.to_prometheus();
    let helps = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
    let pairs = helps.filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, help)| [format!("`{name}`"), help.to_owned()])
        .collect()
}

fn table<const N: usize>(
    page: &mut String,
    title: &str,
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    write!(page, "\n## {title}\n\n").expect("a String takes everything");
    let heads = heads.map(str::to_owned);
    let rule = heads.each_ref().map(|_| "---".to_owned());
    for cells in [heads, rule].into_iter().chain(rows) {
        writeln!(page, "| {} |", cells.join(" | ")).expect("a String takes everything");
    }
}

fn code(expr: &str) -> String {
    let words: Vec<&str> = expr.split_whitespace().collect();
    format!("`{}`", words.join(" ").replace('|', "\\|"))
}
