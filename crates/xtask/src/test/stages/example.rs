use std::fs;
use std::path::{Path, PathBuf};

use super::check;
use crate::shell::{self, cargo, watch};
use crate::test::outcome::Outcome;

/// The exit code with which the example says that there is no etcd, and no way to get it.
const PREREQUISITE_MISSING: i32 = 3;

/// Runs the example in a fresh folder, and then again in the folder that it left: as `cargo run --example
/// three_nodes` does, but as it is built with all of the workspace, whose dependencies are compiled by now.
pub(super) fn run() -> Outcome {
    let sandbox = shell::target().join("three_nodes");
    let running = processes(&sandbox);
    if !running.is_empty() {
        return Outcome::skipped(format!(
            "a cluster that was started with `--keep` runs ({}): stop it with `cargo run --example \
             three_nodes`",
            running.join(", ")
        ));
    }
    if sandbox.exists()
        && let Err(error) = fs::remove_dir_all(&sandbox)
    {
        return Outcome::failed(format!("{} cannot be removed: {error}", sandbox.display()));
    }
    let built = check(&mut cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--examples",
    ]));
    if built.passed == 0 {
        return built;
    }
    let first = once("in a fresh folder", &sandbox);
    if first.passed == 0 {
        return first;
    }
    first.and(once("again", &sandbox))
}

fn once(when: &str, sandbox: &Path) -> Outcome {
    let program = shell::target().join("debug/examples/three_nodes");
    let ran = match watch(&mut shell::command(program, &[])) {
        Ok(ran) => ran,
        Err(why) => return Outcome::failed(why),
    };
    let left = processes(sandbox);
    match ran.status.code() {
        _ if !left.is_empty() => {
            Outcome::failed(format!("{when}: it left {} running", left.join(", ")))
        }
        Some(0) => Outcome::passed(),
        Some(PREREQUISITE_MISSING) => Outcome::skipped("there is no etcd here"),
        _ => Outcome::failed(format!("{when}: it ended with {}", ran.status)),
    }
}

/// Finds the processes of a sandbox that live: each has a file with its number and its start time,
/// by which it is told from another one that got the number later.
fn processes(sandbox: &Path) -> Vec<String> {
    let files = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    files(sandbox.to_owned())
        .flat_map(|host| files(host.join("run")))
        .filter(|file| file.extension().is_some_and(|extension| extension == "pid"))
        .filter_map(|file| {
            let text = fs::read_to_string(&file).ok()?;
            let (process, born) = text.trim().split_once(' ')?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The name, in brackets, can hold anything; the start time is the 22nd field.
            let (_, fields) = stat.rsplit_once(") ")?;
            (fields.split(' ').nth(19) == Some(born)).then(|| format!("process {process}"))
        })
        .collect()
}
