//! The files as they are written.

use etcd_plan_tests::snapshots::assert_snapshot;

use crate::content;

#[test]
fn the_rules_are_as_they_were_read() {
    for (name, path) in [
        ("rules", "prometheus/rules/etcd.yml"),
        ("members", "prometheus/rules/etcd-members.yml"),
    ] {
        assert_snapshot("monitoring", name, &content(path));
    }
}

#[test]
fn what_loads_them_is_as_it_was_read() {
    let files = [
        "README.md",
        "prometheus/scrape/etcd.yml",
        "grafana/provisioning/etcd.yml",
        "systemd/etcd-plan-status.service",
        "systemd/etcd-plan-status.timer",
    ];
    let texts = files.map(|path| format!("=== {path}\n{}", content(path)));
    assert_snapshot("monitoring", "files", &texts.join("\n"));
}
