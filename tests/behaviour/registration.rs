//! Members are registered on every host of group `infra`, once the cluster works.

use etcd_plan::names::HostPath;
use etcd_plan::op::Ownership;
use etcd_plan::plan::Subtask;
use etcd_plan_testkit::{JournalEntry, Node};
use etcd_plan_tests::{HOSTS, Scene, THREE};

const INFRA: &str = "10.10.10.20";

fn with_infra() -> Scene {
    let infra = format!(
        "infra: {{ hosts: {{ {INFRA}: {{}}, {}: {{}} }} }}\n",
        HOSTS[0]
    );
    let hosts: Vec<&str> = HOSTS.into_iter().chain([INFRA]).collect();
    Scene::of(&hosts, &format!("{THREE}{infra}"))
}

fn targets(scene: &Scene, host: &str) -> Vec<String> {
    let folder = HostPath::fixed("/etc/prometheus/targets/etcd");
    let files = scene.world.files(host);
    let names = files
        .children(&folder)
        .map(|path| path.file_name().to_owned());
    names.collect()
}

#[test]
fn each_infra_host_gets_a_file_for_each_member_once_the_cluster_is_proved() {
    let scene = with_infra();
    let ran = scene.run(&scene.plan());
    let journal = ran.executor.journal();
    ran.succeeded();
    let all = ["etcd-1.yml", "etcd-2.yml", "etcd-3.yml"];
    for host in [INFRA, HOSTS[0]] {
        assert_eq!(targets(&scene, host), all);
    }
    assert!(targets(&scene, HOSTS[1]).is_empty());
    let is_target = |entry: &JournalEntry| {
        entry.name() == "promote_file" && entry.to_string().contains("/targets/")
    };
    let awaits = |entry: &JournalEntry| entry.name() == "await_healthy";
    assert_eq!(journal.all_before(awaits, is_target), Ok(()));
    let path = "/etc/prometheus/targets/etcd/etcd-2.yml";
    let file = scene.world.read_file(INFRA, path).expect("it is there");
    let text = String::from_utf8_lossy(&file);
    for part in ["10.10.10.11:2379", "etcd-2", "10.10.10.11"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

#[test]
fn a_registration_that_was_lost_is_made_again_and_nothing_else_is_touched() {
    let scene = with_infra();
    scene.must_run(&scene.plan());
    scene
        .world
        .wipe(INFRA, "/etc/prometheus/targets/etcd/etcd-3.yml");
    for plan in [scene.tagged(&[Subtask::Register]), scene.plan()] {
        let ran = scene.run(&plan);
        let journal = ran.executor.journal();
        let mut writes = journal
            .iter()
            .filter(|entry| entry.is_write() && entry.name() != "lock");
        assert!(writes.all(|entry| entry.host.as_str() == INFRA));
        ran.succeeded();
        assert_eq!(targets(&scene, INFRA).len(), 3);
    }
}

#[test]
fn an_infra_host_that_is_not_reached_refuses_too() {
    let scene = with_infra();
    scene.world.cut_network(INFRA);
    scene.must_refuse(&scene.plan(), &["[readable] etcd on 10.10.10.20"]);
}

/// A file of a member that left the inventory would be an alarm for ever. What is another cluster's,
/// or somebody's own, is not ours.
#[test]
fn files_of_members_that_are_gone_are_taken_away() {
    let scene = with_infra();
    let folder = "/etc/prometheus/targets/etcd";
    let others = [
        "etcd-1-2.yml",
        "other-4.yml",
        "etcd-04.yml",
        "etcd-x.yml",
        "notes.txt",
    ];
    for name in others.into_iter().chain(["etcd-4.yml", "etcd-0.yml"]) {
        let file = Node::file("old", Ownership::both("root"), 0o644);
        scene
            .world
            .put_file(INFRA, &format!("{folder}/{name}"), file);
    }
    let report = scene.must_run(&scene.plan());
    let mut left = [&others[..], &["etcd-1.yml", "etcd-2.yml", "etcd-3.yml"]].concat();
    left.sort_unstable();
    assert_eq!(targets(&scene, INFRA), left);
    assert!(report.notes.is_empty(), "{report}");
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

#[test]
fn without_infra_hosts_the_report_says_that_nobody_is_told() {
    let scene = Scene::bare();
    let report = scene.must_run(&scene.plan()).to_string();
    assert!(
        report.contains("note: the inventory has no group `infra`"),
        "{report}"
    );
    let report = scene
        .must_run(&scene.tagged(&[Subtask::Config]))
        .to_string();
    assert!(
        !report.contains("infra"),
        "nothing was to be registered: {report}"
    );
}
