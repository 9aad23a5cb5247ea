use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use etcd_plan::Goal;
use etcd_plan::engine::{Run, RunSettings, Silent};
use etcd_plan::pki::PkiFolder;
use etcd_plan::plan::Plan;

use crate::sandbox::Sandbox;

/// Takes a member away with all that its host had, or with its data only.
fn lose(sandbox: &Sandbox, seq: u8, all: bool) {
    let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
    kill(sandbox, seq);
    let gone = if all {
        root.clone()
    } else {
        root.join("data/etcd")
    };
    fs::remove_dir_all(gone).expect("it is there");
}

fn kill(sandbox: &Sandbox, seq: u8) {
    let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
    let pid = fs::read_to_string(root.join("run/etcd.pid")).expect("it runs");
    let pid = pid.split_whitespace().next().expect("a process");
    let killed = Command::new("kill").args(["-9", pid]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    // It is gone when nobody has its ports any more.
    for port in [2379, 2380] {
        while TcpListener::bind((sandbox.host(seq), port)).is_err() {
            thread::yield_now();
        }
    }
}

fn recover(sandbox: &Sandbox) -> Plan {
    sandbox.plan(3, |ask| ask.goal(Goal::Recover))
}

fn refusals(sandbox: &Sandbox, plan: &Plan) -> String {
    let keys = PkiFolder::new(&sandbox.dir);
    let settings = RunSettings {
        folder: sandbox.dir.clone(),
        ..RunSettings::default()
    };
    let run = Run::new(plan, &sandbox.executor, &keys).settings(settings);
    let refused = run.observe(&mut Silent).approve().err();
    refused.expect("a guard refuses").to_string()
}

fn put(sandbox: &Sandbox, prefix: &str, count: usize) {
    for number in 0..count {
        let key = format!("{prefix}{number}");
        sandbox
            .etcdctl(&[1], &["put", &key, "v"])
            .expect("it is well");
    }
}

/// Asserts that every member has so many keys, that they are of one mind, and that nothing is left to do.
fn assert_holds(sandbox: &Sandbox, prefix: &str, count: usize) {
    for seq in 1..=3 {
        let keys = ["get", prefix, "--prefix", "--keys-only"];
        let keys = sandbox.etcdctl(&[seq], &keys).expect("it answers");
        assert_eq!(keys.split_whitespace().count(), count, "{keys}");
    }
    let hashes = ["endpoint", "hashkv", "-w", "json"];
    let hashes = sandbox.etcdctl(&[1, 2, 3], &hashes).expect("it answers");
    let mut hashes: Vec<&str> = hashes
        .split("\"hash\":")
        .skip(1)
        .map(|rest| rest.split([',', '}']).next().unwrap_or_default())
        .collect();
    assert_eq!(hashes.len(), 3);
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the members differ");
    let create = sandbox.must_run(&sandbox.plan(3, |ask| ask));
    assert!(!create.has_changes(), "{create}");
}

/// Two of three members are lost, first beside one that runs on, then beside one that is killed as well
/// and stands still: every acknowledged write is in the new cluster. As long as there is a quorum, or one
/// could be had, nothing is recovered.
#[test]
fn two_of_three_are_lost_and_every_acknowledged_write_is_kept() {
    let Some(sandbox) = Sandbox::fresh(13) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    put(&sandbox, "first", 10);
    let plan = recover(&sandbox);
    let said = refusals(&sandbox, &plan);
    assert!(said.contains("the cluster has a quorum"), "{said}");

    lose(&sandbox, 1, true);
    kill(&sandbox, 2);
    // The one that is left takes a while to find out.
    let status = || sandbox.etcdctl(&[3], &["endpoint", "status", "-w", "json"]);
    while status().expect("it answers").contains("\"leader\":") {}
    let said = refusals(&sandbox, &plan);
    assert!(said.contains("2 of 3 voters still hold"), "{said}");
    let data = sandbox.dir.join("hosts").join(sandbox.host(2));
    fs::remove_dir_all(data.join("data/etcd")).expect("it is there");
    let report = sandbox.must_run(&plan);
    eprintln!("{report}");
    assert_holds(&sandbox, "first", 10);

    put(&sandbox, "second", 10);
    // etcd writes down that an entry is decided when it writes the next one: one that is killed may lack
    // the very last.
    put(&sandbox, "last", 1);
    kill(&sandbox, 2);
    lose(&sandbox, 1, false);
    lose(&sandbox, 3, true);
    let report = sandbox.must_run(&plan);
    eprintln!("{report}");
    assert_holds(&sandbox, "first", 10);
    assert_holds(&sandbox, "second", 10);
}
