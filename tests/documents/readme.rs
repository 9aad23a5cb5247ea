//! The README's picture, plan and refusal are what the code gives. To write them anew:
//! `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use etcd_plan::Inventory;
use etcd_plan::engine::{Run, RunSettings, Silent};
use etcd_plan::guard::Guard;
use etcd_plan::names::EtcdId;
use etcd_plan::pki::PkiMemory;
use etcd_plan::plan::{Goal, Plan};
use etcd_plan::status::{self, Role};
use etcd_plan_testkit::{SimExecutor, SimWorld};
use etcd_plan_tests::{apply, inventory, plan};

use crate::blocks::block;

/// The seeds' cluster of three.
const INVENTORY: &str = "\
etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars:
    etcd_cluster: etcd
    etcd_safeguard: true
";

/// The width of the README's terminal.
const WIDTH: usize = 80;

const HOSTS: [&str; 3] = ["10.10.10.10", "10.10.10.11", "10.10.10.12"];

#[test]
fn the_readme_shows_what_the_code_gives() {
    check("inventory", &fenced("yaml", INVENTORY));
    check("picture", &fenced("mermaid", &plan(INVENTORY).to_mermaid()));
    check("shell", &fenced("console", &shell()));
    check("refusal", &fenced("text", &refusal()));
    check("guards", &guards());
}

/// Builds the cluster on simulated hosts, and asks for it to be built anew.
fn refusal() -> String {
    let world = SimWorld::of(&HOSTS);
    let (executor, keys) = (SimExecutor::new(&world), PkiMemory::new());
    let create = plan(INVENTORY);
    // One host after the other, so that processes get the same numbers each time.
    let settings = RunSettings {
        forks: NonZeroUsize::MIN,
        ..RunSettings::default()
    };
    let run = Run::new(&create, &executor, &keys).settings(settings);
    let approved = run.observe(&mut Silent).approve();
    let report = approved.expect("nothing is there to guard");
    assert!(report.apply(&mut Silent).is_success());

    let rebuild = rebuild(&inventory(INVENTORY));
    let refused = apply(&rebuild, &SimExecutor::new(&world), &keys);
    let refused = refused.expect_err("a cluster is there, and the safeguard is on");
    format!("{refused}\n")
}

fn rebuild(inventory: &Inventory) -> Plan {
    let plan = Plan::builder(inventory).goal(Goal::Rebuild).build();
    plan.expect("a good inventory")
}

/// Gives what the command prints: it asks the library for these very pages.
fn shell() -> String {
    let world = SimWorld::of(&HOSTS);
    let (executor, keys) = (SimExecutor::new(&world), PkiMemory::new());
    let inventory = Inventory::parse(INVENTORY, "pigsty.yml").expect("a good inventory");
    let plan = Plan::from_inventory(&inventory).expect("a plan");
    let preview = Run::new(&plan, &executor, &keys)
        .observe(&mut Silent)
        .preview();
    let planned = plan.changes(&preview, WIDTH);

    let report = apply(&plan, &SimExecutor::new(&world), &keys);
    assert!(report.is_ok_and(|report| report.is_success()));
    let settings = RunSettings::default();
    let mut status = status::read(&plan, &executor, &keys, settings, &mut Silent);
    assert!(status.is_healthy() && !status.has_drift(), "{status}");
    // What no two clusters agree in: ids, who leads, and when certificates were issued.
    let cluster = &mut status.clusters[0];
    cluster.cluster_id = Some(EtcdId(0x1d49_3820_13ff_8962));
    for (nth, member) in cluster.members.iter_mut().enumerate() {
        member.role = if nth == 0 {
            Role::Leader
        } else {
            Role::Follower
        };
        let certificate = member.certificate.as_mut().expect("it was issued");
        "2046-11-16T14:30:00Z".clone_into(&mut certificate.not_after);
    }
    let status = status.page(WIDTH);
    format!(
        "$ etcd-plan plan\n{planned}\n\n$ etcd-plan apply --yes\n…\n\n$ etcd-plan status\n{status}"
    )
}

/// Lists the guards, as a table.
fn guards() -> String {
    let mut table = String::from("| guard | its question |\n| --- | --- |\n");
    for guard in Guard::ALL {
        let (name, question) = (guard.as_str(), guard.question());
        writeln!(table, "| `{name}` | {question} |").expect("a String takes everything");
    }
    table
}

pub(crate) fn fenced(language: &str, content: &str) -> String {
    format!("```{language}\n{content}```\n")
}

fn check(name: &str, wanted: &str) {
    block("README.md", name, wanted);
}
