//! The files of clusters of all kinds, as a plan shows them before anything is observed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use etcd_plan::plan::Plan;
use etcd_plan::render;
use etcd_plan_tests::inventory;
use etcd_plan_tests::snapshots::{assert_snapshot, for_each_file};
use serde_json::Value;

#[test]
fn files_are_rendered() {
    for_each_file("rendering/clusters", |name, text| {
        let plan = Plan::from_inventory(&inventory(text)).expect("a good inventory");
        assert_snapshot("rendering", name, &files(&plan));
    });
}

/// All members have the same configuration, but for what says which of them it is.
#[test]
fn members_differ_in_their_own_lines_only() {
    let text = include_str!("clusters/three-ipv4.yml");
    let plan = Plan::from_inventory(&inventory(text)).expect("a good inventory");
    let confs = contents(&plan, "/etc/etcd/etcd.conf");
    assert_eq!(confs.len(), 3);
    let settings = |conf: &str| {
        let lines = conf.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let first = settings(&confs[0]);
    for conf in &confs[1..] {
        let others = settings(conf);
        let own = others
            .difference(&first)
            .filter_map(|line| line.split(':').next());
        let wanted = [
            "advertise-client-urls",
            "initial-advertise-peer-urls",
            "listen-client-urls",
            "listen-peer-urls",
            "name",
        ];
        assert_eq!(own.collect::<Vec<_>>(), wanted);
    }
}

/// All files of the first member, the environment and the file for Prometheus included.
fn files(plan: &Plan) -> String {
    let cluster = &plan.clusters()[0];
    let member = &cluster.members[0];
    let mut text = String::new();
    let document: Value = serde_json::from_str(&plan.to_json()).expect("a document");
    for step in document["steps"].as_array().expect("steps") {
        let file = &step["file"];
        if step["host"] != member.host.name.as_str() || file.is_null() {
            continue;
        }
        let of = |key: &str| file[key].as_str().unwrap_or("(never shown)").to_owned();
        let (path, owner, group, mode) = (of("path"), of("owner"), of("group"), of("mode"));
        let _ = writeln!(text, "==> {path} {owner}:{group} {mode}\n{}", of("content"));
    }
    let target = render::target(cluster, member).expect("the template works");
    let _ = writeln!(text, "==> {}\n{target}", cluster.target_file(member));
    text
}

/// The contents of a file, of all hosts.
fn contents(plan: &Plan, path: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(&plan.to_json()).expect("a document");
    let steps = document["steps"].as_array().expect("steps");
    let files = steps.iter().filter(|step| step["file"]["path"] == path);
    files
        .map(|step| step["file"]["content"].as_str().expect("a text").to_owned())
        .collect()
}
