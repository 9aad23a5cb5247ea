//! etcd comes from a file of the control machine, where hosts have no package source.

use std::fs;

use etcd_plan::Goal;
use etcd_plan::plan::Plan;
use etcd_plan_tests::{HOSTS, Scene};
use tempfile::TempDir;

/// A package file that brings a version, which is all that a simulated one holds.
fn package(folder: &TempDir, name: &str, version: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, version).expect("a file");
    path.to_string_lossy().into_owned()
}

fn plan(scene: &Scene, vars: &[String]) -> Plan {
    let vars: Vec<&str> = vars.iter().map(String::as_str).collect();
    scene.with_extra(Goal::Create, &vars)
}

#[test]
fn a_file_is_sent_once_to_each_host_and_does_not_stay_there() {
    let (scene, folder) = (Scene::bare(), TempDir::new().expect("a folder"));
    let path = package(&folder, "etcd-v3.5.16-linux-amd64.tar.gz", "3.5.16");
    let vars = [
        format!("etcd_package={path}"),
        // printf 3.5.16 | sha256sum
        "etcd_package_sha256=7f7abe2f70ff0ea1c8a1f51dd2cc0c8c5fc9d6c33a2b0a1ca3ab0b4e5d6a6a1f"
            .to_owned(),
    ];
    scene.must_refuse(
        &plan(&scene, &vars),
        &[
            "[prerequisites]",
            "has the SHA-256",
            "`etcd_package_sha256` is 7f7abe2f",
        ],
    );
    let digest = etcd_plan::op::digest(b"3.5.16");
    let vars = [vars[0].clone(), format!("etcd_package_sha256={digest}")];
    let ran = scene.run(&plan(&scene, &vars));
    let sent = |host: &str| {
        let journal = ran.executor.journal();
        let is_sent = |line: &&str| line.contains("stage_file") && line.contains("linux-amd64");
        journal
            .lines()
            .lines()
            .filter(is_sent)
            .filter(|line| line.contains(host))
            .count()
    };
    assert_eq!(HOSTS.map(sent), [1, 1, 1]);
    ran.succeeded();
    for host in HOSTS {
        let left = scene
            .world
            .read_file(host, "/var/cache/etcd-plan/etcd-v3.5.16-linux-amd64.tar.gz");
        assert_eq!(left, None);
    }
    scene.assert_works();
    fs::remove_file(&path).expect("it is ours");
    let again = scene.must_run(&plan(&scene, &vars));
    assert!(
        !again.has_changes(),
        "nobody needs the file any more: {again}"
    );
}

#[test]
fn a_file_that_cannot_serve_is_refused_before_anything_changes() {
    let (scene, folder) = (Scene::bare(), TempDir::new().expect("a folder"));
    let rpm = package(&folder, "etcd.rpm", "3.5.16");
    scene.must_refuse(
        &plan(&scene, &[format!("etcd_package={rpm}")]),
        &[
            "the host cannot install `etcd_package`",
            "release's .tar.gz",
        ],
    );
    let missing = folder.path().join("none.deb");
    scene.must_refuse(
        &plan(&scene, &[format!("etcd_package={}", missing.display())]),
        &["none.deb cannot be read: No such file"],
    );
}

/// The version shows only once it is there: then the run ends before anything is started.
#[test]
fn a_file_that_brings_a_version_which_corrupts_data_ends_the_run() {
    let (scene, folder) = (Scene::bare(), TempDir::new().expect("a folder"));
    let path = package(&folder, "etcd.deb", "3.5.1");
    let report = scene
        .run(&plan(&scene, &[format!("etcd_package={path}")]))
        .reported();
    assert!(
        report
            .to_string()
            .contains("etcd 3.5.1 was installed, which can corrupt data"),
        "{report}"
    );
    for host in HOSTS {
        assert!(scene.world.get(host, "a").is_err(), "nothing runs");
    }
}
