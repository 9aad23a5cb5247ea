//! A Python script applies an inventory over SSH.

use std::path::PathBuf;
use std::process::Command;

use etcd_plan_tests::skipped;

use crate::fixture::{Hosts, THREE};

/// Applies an inventory twice, and says how many steps changed something each time.
const SCRIPT: &str = r#"
import sys
import pyetcdplan

inventory, key, known_hosts, folder = sys.argv[1:]
executor = pyetcdplan.SshExecutor(ssh_config=False, identity_files=key, known_hosts=known_hosts)
hosts = set()

def on_event(event):
    if event.event == "host_read":
        hosts.add(event.host)

first = pyetcdplan.apply(inventory, executor, base_dir=folder, on_event=on_event)
again = pyetcdplan.apply(inventory, executor, base_dir=folder)
print(len(hosts), len(first.changed) > 0, len(again.changed))
print(first, "and then", again, file=sys.stderr)
"#;

#[test]
fn a_script_builds_three_members_and_then_leaves_them_alone() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    let python = target().join("python/bin/python");
    if !python.is_file() {
        return skipped("`cargo xtask test python` has not made its environment");
    }
    let folder = tempfile::tempdir().expect("a folder for the authority");
    let script = Command::new(python)
        .args(["-W", "error", "-c", SCRIPT, THREE])
        .args([hosts.lab.key_file(), hosts.lab.known_hosts_file()])
        .arg(folder.path())
        .output()
        .expect("python starts");
    let errors = String::from_utf8_lossy(&script.stderr);
    assert!(script.status.success(), "{errors}");
    // Three members, and the host of group `infra`.
    assert_eq!(String::from_utf8_lossy(&script.stdout), "4 True 0\n");
    crate::create::say(&format!("python: {errors}"));
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");
    assert_eq!(hosts.etcdctl(3, "get a"), "a\n10");
}

/// Gives the folder that cargo builds in, in which the stage `python` has made its environment.
fn target() -> PathBuf {
    let workspace = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(workspace, PathBuf::from)
}
