//! A plan is carried out, and a cluster of three etcd members with mutual TLS answers.
//!
//! `cargo run --example three_nodes` needs nothing but etcd, and installs that when run as root.
//! With `--keep` the cluster stays up. Exit codes: 0 all went well, 1 something failed, 3 there is
//! no etcd and it could not be installed, 4 a guard refused, 130 interrupted.

mod etcdctl;
mod progress;

use std::error::Error;
use std::io::{Write as _, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etcd_plan::engine::Run;
use etcd_plan::executor::SandboxExecutor;
use etcd_plan::pki::PkiFolder;
use etcd_plan::{Inventory, InventoryFile, Plan, render};

use progress::Progress;

const FAILED: u8 = 1;
const PREREQUISITE_MISSING: u8 = 3;
const REFUSED: u8 = 4;
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let keep = match arguments() {
        Ok(keep) => keep,
        Err(usage) => {
            let _ = writeln!(stderr(), "{usage}");
            return ExitCode::from(2);
        }
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        if let Err(error) = signal_hook::flag::register(signal, Arc::clone(&interrupted)) {
            let _ = writeln!(stderr(), "signals cannot be caught: {error}");
            return ExitCode::from(FAILED);
        }
    }
    let executor = SandboxExecutor::new(folder());
    let outcome = demonstrate(&executor, &interrupted);
    let was_interrupted = interrupted.load(Ordering::Relaxed);
    let code = match outcome {
        Ok(code) if was_interrupted && code == 0 => INTERRUPTED,
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            if was_interrupted { INTERRUPTED } else { FAILED }
        }
    };
    if keep && code == 0 {
        say("\nThe cluster is left running. To stop it: cargo run --example three_nodes");
        return ExitCode::SUCCESS;
    }
    match executor.stop_all() {
        Ok(()) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(stderr(), "error: the cluster could not be stopped: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// Says whether the cluster is to be kept running.
fn arguments() -> Result<bool, String> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        [flag] if flag == "--keep" => Ok(true),
        other => Err(format!(
            "usage: three_nodes [--keep]   (not: {})",
            other.join(" ")
        )),
    }
}

/// The folder in which each host has its own: below `target`, where it is in nobody's way.
fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || {
            let package = Path::new(env!("CARGO_MANIFEST_DIR"));
            package.parent().unwrap_or(package).join("target")
        },
        PathBuf::from,
    );
    target.join("three_nodes")
}

fn demonstrate(
    executor: &SandboxExecutor,
    interrupted: &Arc<AtomicBool>,
) -> Result<u8, Box<dyn Error>> {
    let inventory =
        Inventory::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("three_nodes.yml"))?;
    let plan = Plan::from_inventory(&inventory)?;
    say(&format!("{plan}\n"));

    if !etcdctl::is_installed() && !rustix::process::geteuid().is_root() {
        let _ = writeln!(
            stderr(),
            "there is no etcd here: install it (`sudo apt-get install etcd-server etcd-client`, or \
             `sudo dnf install etcd`) and run this again"
        );
        return Ok(PREREQUISITE_MISSING);
    }

    let keys = PkiFolder::new(folder());
    let mut progress = Progress::new(interrupted, executor);
    let observed = Run::new(&plan, executor, &keys).observe(&mut progress);
    let approved = match observed.approve() {
        Ok(approved) => approved,
        Err(refused) => {
            let _ = writeln!(stderr(), "{refused}");
            return Ok(REFUSED);
        }
    };
    let report = approved.apply(&mut progress);
    say(&format!("\n{report}\n"));
    if !report.is_success() {
        return Ok(if interrupted.load(Ordering::Relaxed) {
            INTERRUPTED
        } else {
            FAILED
        });
    }

    let cluster = &plan.clusters()[0];
    let first = &cluster.members[0].host.name;
    let root = folder().join(first.as_str());
    let root = std::path::absolute(root)?;
    let environment = render::environment(cluster, &root.to_string_lossy())?;
    etcdctl::prove(&environment, interrupted)?;
    say("\nThe environment of etcdctl, for `eval`:\n");
    say(&environment);
    Ok(0)
}

/// Writes a line for the reader; a reader that has gone away is no failure.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}
