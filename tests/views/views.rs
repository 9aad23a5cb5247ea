//! Text, JSON, DOT and Mermaid of plans of all kinds.

use std::io::Write as _;
use std::process::{Command, Stdio};

use etcd_plan::plan::{Goal, Plan, PlanBuilder, Subtask};
use etcd_plan_tests::snapshots::assert_snapshot;
use etcd_plan_tests::{inventory, skipped};

const SINGLE: &str =
    "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: etcd } }\n";

const THREE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars:
    etcd_cluster: etcd
    etcd_safeguard: false
    etcd_clean: true
";

const SITE: &str = "all:
  children:
    infra:
      hosts:
        10.10.10.10: { ansible_user: admin, ansible_become: true }
        10.10.10.20: {}
    etcd-main:
      hosts:
        10.10.10.10: { etcd_seq: 1, ansible_user: admin, ansible_become: true }
        10.10.10.11: { etcd_seq: 2 }
        10.10.10.12: { etcd_seq: 3 }
      vars: { etcd_cluster: etcd-main, etcd_safeguard: true }
    etcd-test:
      hosts:
        fd00::1: { etcd_seq: 1 }
      vars:
        etcd_cluster: etcd-test
        etcd_port: 12379
        etcd_peer_port: 12380
        etcd_extra_config: { max-txn-ops: 1024 }
";

/// Makes a plan in every shape that a view has to show.
fn plans() -> Vec<(&'static str, Plan)> {
    fn plan(text: &str, ask: impl Fn(PlanBuilder<'_>) -> PlanBuilder<'_>) -> Plan {
        let inventory = inventory(text);
        ask(Plan::builder(&inventory))
            .build()
            .expect("a good inventory")
    }
    vec![
        ("single-node", plan(SINGLE, |ask| ask)),
        ("three-nodes", plan(THREE, |ask| ask)),
        ("site", plan(SITE, |ask| ask)),
        ("limit", plan(THREE, |ask| ask.limit("10.10.10.11"))),
        ("tags", plan(THREE, |ask| ask.tags([Subtask::Config]))),
        ("purge", plan(THREE, |ask| ask.tags([Subtask::Purge]))),
        (
            "join",
            plan(THREE, |ask| ask.goal(Goal::Join).limit("10.10.10.12")),
        ),
        ("rebuild", plan(THREE, |ask| ask.goal(Goal::Rebuild))),
    ]
}

#[test]
fn text_fits_a_terminal() {
    for (name, plan) in plans() {
        let text = plan.to_string();
        assert_snapshot("views", &format!("text.{name}"), &text);
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > 80)
            .collect();
        assert!(wide.is_empty(), "{name}: wider than 80 columns: {wide:#?}");
    }
}

#[test]
fn pictures_are_drawn() {
    for (name, plan) in plans() {
        assert_snapshot("views", &format!("dot.{name}"), &plan.to_dot());
        assert_snapshot("views", &format!("mermaid.{name}"), &plan.to_mermaid());
    }
}

#[test]
fn a_document_says_all_and_is_read_back() {
    for (name, plan) in plans() {
        let json = plan.to_json();
        if matches!(name, "single-node" | "limit") {
            assert_snapshot("views", &format!("json.{name}"), &json);
        }
        let read = Plan::from_json(&json).expect("a document that was just written");
        assert_eq!(read.to_json(), json, "{name}");
        assert_eq!(read.to_dot(), plan.to_dot(), "{name}");
    }
}

/// Graphviz itself reads what is drawn for it.
#[test]
fn graphviz_takes_the_pictures() {
    for (name, plan) in plans() {
        let mut dot = match Command::new("dot")
            .arg("-Tcanon")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
        {
            Ok(dot) => dot,
            Err(error) => return skipped(&format!("`dot` cannot be started: {error}")),
        };
        let mut stdin = dot.stdin.take().expect("it is piped");
        stdin
            .write_all(plan.to_dot().as_bytes())
            .expect("dot reads what it is given");
        drop(stdin);
        let output = dot.wait_with_output().expect("dot ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{name}: {said}");
    }
}
