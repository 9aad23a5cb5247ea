use std::fs;

use etcd_plan::Goal;
use etcd_plan::backup::Manifest;
use etcd_plan::op::digest;
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

/// A database of several pieces, with bytes of all kinds, comes here whole while a client writes.
#[test]
fn a_snapshot_of_any_size_comes_whole_while_a_client_writes() {
    let Some(sandbox) = Sandbox::fresh(30) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let value = "v".repeat(120_000);
    for number in 0..60 {
        let key = format!("large{number}");
        sandbox
            .etcdctl(&[1], &["put", &key, &value])
            .expect("it is well");
    }
    let backup = sandbox.plan(3, |ask| ask.goal(Goal::Backup));
    let put = |number| {
        let put = ["put", &format!("k{number}"), "v"];
        sandbox.etcdctl(&[1, 2, 3], &put).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(&backup));
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {:?}, {report}",
        writes.acknowledged.len(),
        writes.longest_gap
    );
    let folder = sandbox.dir.join("backups");
    let names = fs::read_dir(&folder).expect("it is there");
    let names = names.map(|entry| entry.expect("it can be read").file_name());
    let names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let [manifest, snapshot] = [".json", ".db"].map(|ending| {
        let mut found = names.iter().filter(|name| name.ends_with(ending));
        folder.join(found.next().expect("it is there"))
    });
    assert_eq!(names.len(), 2, "{names:?}");
    let manifest = Manifest::from_json(&fs::read(manifest).expect("it is there"));
    let manifest = manifest.expect("a manifest");
    let bytes = fs::read(&snapshot).expect("it is there");
    assert!(bytes.len() > 5_000_000, "{}", bytes.len());
    assert_eq!(
        (manifest.size, manifest.sha256),
        (bytes.len() as u64, digest(&bytes))
    );
    assert!(manifest.keys.is_some_and(|keys| keys >= 60) && manifest.sealed);
    let keys = sandbox
        .etcdctl(&[3], &["get", "k", "--prefix", "--keys-only"])
        .expect("it answers");
    writes.assert_kept("k", &keys);
}
