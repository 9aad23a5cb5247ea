//! What `promtool`, which comes with Prometheus, says of the files.

use std::path::Path;
use std::process::{Command, Output};

use etcd_plan_tests::skipped;
use tempfile::TempDir;

use crate::{content, files};

/// Runs `promtool` in a folder; none, which is noted, where there is none.
pub(crate) fn promtool(folder: &Path, arguments: &[&str]) -> Option<Output> {
    match Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
    {
        Ok(output) => Some(output),
        Err(_) => {
            skipped("there is no promtool on this machine");
            None
        }
    }
}

/// What it said, to both outputs.
pub(crate) fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

#[test]
fn it_takes_the_rules_and_the_job() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    };
    for (name, path) in [
        ("rules.yml", "prometheus/rules/etcd.yml"),
        ("members.yml", "prometheus/rules/etcd-members.yml"),
    ] {
        write(name, &content(path));
    }
    // The job as it stands in a `prometheus.yml`.
    let head = "rule_files: [rules.yml, members.yml]\n";
    write(
        "prometheus.yml",
        &(head.to_owned() + &content("prometheus/scrape/etcd.yml")),
    );
    for arguments in [
        [
            "check",
            "rules",
            "--lint=all",
            "--lint-fatal",
            "rules.yml",
            "members.yml",
        ]
        .as_slice(),
        // The certificates are not here.
        &[
            "check",
            "config",
            "--syntax-only",
            "--lint-fatal",
            "prometheus.yml",
        ],
    ] {
        let Some(output) = promtool(folder.path(), arguments) else {
            return;
        };
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn every_file_has_a_place_of_its_own() {
    let mut paths: Vec<&str> = files("").iter().map(|file| file.path).collect();
    let count = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), count);
    for file in files("") {
        assert!(file.content.ends_with('\n'), "{}", file.path);
        assert!(!file.content.ends_with("\n\n"), "{}", file.path);
    }
}
