//! `cargo xtask bench hosts`: three members on three real hosts of a lab, by this project, by a
//! script without a single check, and by Ansible, one after the other in one run.
//!
//! All three go through the same proxies in front of sshd, once without delay and once with 12.5 ms
//! each way, and these count bytes and round trips for all alike. The package of etcd is there
//! before, since apt takes its seconds whoever asks it, and so are certificates for the two others.

mod material;
mod prepare;
mod scene;
mod table;
mod tool;

use std::process::Command;
use std::time::Duration;

use etcd_plan_testkit::lab::{Lab, LabError};

use crate::shell;
use scene::Scene;
use table::Table;
use tool::{Job, Tool};

/// How often each tool does each job at each distance, where nothing is said.
pub(super) const ROUNDS: usize = 5;

/// The command with which the bench starts itself inside the lab.
pub(super) const INSIDE: &str = "hosts-inside";

const LAB: &str = "etcdlab-bench";

/// The delays of each of the two ways: none but the lab's own, and half of 25 ms.
const DELAYS: [Duration; 2] = [Duration::ZERO, Duration::from_micros(12_500)];

/// Makes what is needed, and measures in a lab of its own, which is taken away again.
pub(super) fn run(rounds: usize) -> Result<(), String> {
    prepare::tools()?;
    let lab = Lab::named(LAB).map_err(said)?;
    lab.down().map_err(said)?;
    lab.up(Some(scene::NODES), &mut crate::lab::say)
        .map_err(said)?;
    let measured = inside(&lab, rounds);
    lab.down().map_err(said)?;
    measured
}

fn inside(lab: &Lab, rounds: usize) -> Result<(), String> {
    let itself = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command: Command = lab.command(&itself.to_string_lossy()).map_err(said)?;
    command.args(["bench", INSIDE, &rounds.to_string()]);
    let status = command.current_dir(shell::root()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the bench ended with {status}")),
        Err(error) => Err(format!("the bench cannot be started: {error}")),
    }
}

/// Measures, inside the lab.
pub(super) fn run_inside(rounds: usize) -> Result<(), String> {
    let lab = Lab::inside().map_err(said)?;
    // The first round is not counted: caches are cold, and Ansible compiles its modules.
    let mut first = 0;
    for delay in DELAYS {
        let scene = Scene::new(&lab, delay)?;
        scene.install_etcd()?;
        let mut table = Table::default();
        for round in first..=rounds {
            for tool in Tool::ALL {
                scene.clear()?;
                for job in Job::ALL {
                    let measure = scene.measure(tool, job)?;
                    crate::lab::say(&format!("round {round}: {tool} {job}: {measure}"));
                    if round > 0 {
                        table.add(tool, job, measure);
                    }
                }
            }
        }
        table.print(delay * 2);
        first = 1;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn said(error: LabError) -> String {
    format!("{error}; {}", error.hint)
}
