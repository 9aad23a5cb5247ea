use std::fs;

use etcd_plan::{Goal, Subtask};

use crate::sandbox::Sandbox;

/// Back up, destroy, restore: the same keys at the same or a raised revision, on every member; and the
/// members are of one mind afterwards.
#[test]
fn what_was_backed_up_comes_back_after_a_purge() {
    let Some(sandbox) = Sandbox::fresh(32) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let value = "v".repeat(120_000);
    for number in 0..45 {
        let key = format!("k{number}");
        sandbox
            .etcdctl(&[1], &["put", &key, &value])
            .expect("it is well");
    }
    sandbox.must_run(&sandbox.plan(3, |ask| ask.goal(Goal::Backup)));
    let names = fs::read_dir(sandbox.dir.join("backups")).expect("it is there");
    let mut paths = names.map(|entry| entry.expect("it can be read").path());
    let snapshot = paths.find(|path| path.extension().is_some_and(|ending| ending == "db"));
    let snapshot = snapshot.expect("a snapshot");
    let file = snapshot.to_str().expect("UTF-8");
    sandbox
        .etcdctl(&[1], &["put", "since", "1"])
        .expect("it is well");
    sandbox.must_run(&sandbox.plan(3, |ask| ask.tags([Subtask::Purge])));

    let restore = sandbox.plan(3, |ask| ask.goal(Goal::Restore).snapshot(file));
    let report = sandbox.must_run(&restore);
    eprintln!("{report}");
    for seq in 1..=3 {
        let count = ["get", "k", "--prefix", "--keys-only"];
        let keys = sandbox.etcdctl(&[seq], &count).expect("it answers");
        assert_eq!(keys.split_whitespace().count(), 45, "{keys}");
        let since = sandbox
            .etcdctl(&[seq], &["get", "since"])
            .expect("it answers");
        assert_eq!(since, "");
    }
    let status = ["endpoint", "status", "-w", "json"];
    let status = sandbox.etcdctl(&[1, 2, 3], &status).expect("it answers");
    let revisions = status.split("\"revision\":").skip(1);
    let revisions: Vec<u64> = revisions
        .map(|rest| rest.split([',', '}']).next().unwrap_or_default())
        .map(|number| number.parse().expect("a number"))
        .collect();
    assert!(revisions.iter().all(|revision| *revision >= 46), "{status}");
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
    sandbox
        .etcdctl(&[2], &["put", "since", "2"])
        .expect("it takes writes");
    let create = sandbox.must_run(&sandbox.plan(3, |ask| ask));
    assert!(!create.has_changes(), "{create}");
}
