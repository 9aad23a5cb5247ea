//! Snapshots by name, and folders of files that are looked at one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use etcd_plan::core::plan::{Plan, PlanError};
use etcd_plan::{Diagnostics, Inventory};

/// Compares a text with a snapshot, `<folder>/snapshots/<name>.snap`, of a folder of this package.
///
/// # Panics
///
/// When it is another text.
pub fn assert_snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder_of(folder).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The same for what a run has said: what no two runs agree in is written as `<…>`.
///
/// # Panics
///
/// When it is another text.
pub fn assert_run_snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"process \d+", "process <pid>");
    settings.add_filter(r"in \d+\.\d\d s\b", "in <time> s");
    settings.add_filter(r"\d{8}T\d{6}Z(-[0-9a-f]{8})?", "<stamp>");
    settings.add_filter(r"\b[0-9a-f]{12,16}\b", "<id>");
    settings.add_filter(r"\b\d{4}-\d\d-\d\d\b", "<date>");
    settings.bind(|| assert_snapshot(folder, name, text));
}

/// Does something with every file of a folder of this package, in the order of their names; all
/// that fail are told in the end. Gives the files' names, without the last extension.
///
/// # Panics
///
/// When the folder cannot be read, is empty, or something failed.
pub fn for_each_file(folder: &str, check: impl Fn(&str, &str)) -> Vec<String> {
    let entries = std::fs::read_dir(folder_of(folder)).expect("a folder of this package");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    let mut names = Vec::new();
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_stem().and_then(|stem| stem.to_str());
        let name = name.expect("a file with a name in UTF-8").to_owned();
        let text = std::fs::read_to_string(&file).expect("a file of text");
        if catch_unwind(AssertUnwindSafe(|| check(&name, &text))).is_err() {
            failed.push(name.clone());
        }
        names.push(name);
    }
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
    names
}

/// Gives all that is said about an inventory on the way to its plan; nothing but warnings where
/// there is a plan.
///
/// # Panics
///
/// When a plan is refused for another reason than the inventory.
pub fn findings(text: &str) -> (Diagnostics, Option<Plan>) {
    let inventory = match Inventory::parse(text, "inventory.yml") {
        Ok(inventory) => inventory,
        Err(findings) => return (findings, None),
    };
    match Plan::from_inventory(&inventory) {
        Ok(plan) => (plan.diagnostics().clone(), Some(plan)),
        Err(PlanError::Inventory(findings)) => (findings, None),
        Err(other) => panic!("{other}"),
    }
}

fn folder_of(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}
