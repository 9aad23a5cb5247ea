//! An inventory is applied over SSH.
//!
//! ```text
//! cargo run --example ssh -- INVENTORY [--goal create|rebuild] [--preview]
//!     [--host-key-checking yes|accept-new|no]
//! ```
//!
//! It prints the plan, what would change, and then what happens. Hosts are reached as `ssh` would
//! reach them, with `~/.ssh/config`, the agent and the known hosts. Passwords come from
//! `ETCD_PLAN_SSH_PASSWORD`, `ETCD_PLAN_SSH_PASSPHRASE` and `ETCD_PLAN_BECOME_PASSWORD`. The CA and
//! the keys of members are kept in `files/pki` beside the inventory. Exit codes: 0 all went well, 1
//! something failed, 2 wrong usage, 4 a guard refused, 130 interrupted.

use std::error::Error;
use std::io::{Write as _, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etcd_plan::engine::{Flow, Observer, Run};
use etcd_plan::executor::ssh::{HostKeyChecking, SshExecutor};
use etcd_plan::pki::PkiFolder;
use etcd_plan::{Event, Goal, Inventory, InventoryFile, Outcome, Plan};

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;
const REFUSED: u8 = 4;
const INTERRUPTED: u8 = 130;

const USAGE: &str = "\
usage: ssh INVENTORY [--goal create|rebuild] [--preview]
           [--host-key-checking yes|accept-new|no]";

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => {
            let _ = writeln!(stderr(), "{why}\n{USAGE}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match apply(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn apply(arguments: &Arguments) -> Result<u8, Box<dyn Error>> {
    let inventory = Inventory::from_path(&arguments.inventory)?;
    let plan = Plan::builder(&inventory).goal(arguments.goal).build()?;
    if !plan.diagnostics().is_empty() {
        let _ = writeln!(stderr(), "{}", plan.diagnostics());
    }
    say(&format!("{plan}\n"));

    let mut executor = SshExecutor::new();
    if let Some(checking) = arguments.checking {
        executor = executor.host_key_checking(checking);
    }
    let folder = arguments.inventory.parent().unwrap_or(Path::new("."));
    let keys = PkiFolder::new(folder);
    let mut progress = Progress::new()?;
    let observed = Run::new(&plan, &executor, &keys).observe(&mut progress);
    say(&format!("\n{}\n", observed.preview()));
    let approved = match observed.approve() {
        Ok(approved) => approved,
        Err(refused) => {
            let _ = writeln!(stderr(), "{refused}");
            return Ok(REFUSED);
        }
    };
    if arguments.is_preview {
        return Ok(0);
    }
    let report = approved.apply(&mut progress);
    say(&format!("\n{report}"));
    for (host, traffic) in &report.traffic {
        let trips = report.round_trips.get(host).copied().unwrap_or_default();
        let (sent, received) = (traffic.sent, traffic.received);
        say(&format!(
            "{host}: {trips} round trips, {sent} bytes sent, {received} received"
        ));
    }
    Ok(if report.is_success() {
        0
    } else if progress.is_interrupted() {
        INTERRUPTED
    } else {
        FAILED
    })
}

/// What the command line asks for.
struct Arguments {
    inventory: PathBuf,
    goal: Goal,
    checking: Option<HostKeyChecking>,
    is_preview: bool,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut inventory = None;
        let mut goal = Goal::default();
        let mut checking = None;
        let mut is_preview = false;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--host-key-checking" => {
                    let value = words.next().unwrap_or_default();
                    checking = Some(value.parse().map_err(|error| format!("{error}"))?);
                }
                "--goal" => {
                    let value = words.next().unwrap_or_default();
                    goal = value
                        .parse()
                        .map_err(|error| format!("{value:?} {error}"))?;
                }
                "--preview" => is_preview = true,
                flag if flag.starts_with('-') => return Err(format!("there is no {flag}")),
                _ if inventory.is_some() => return Err("there can be one inventory".to_owned()),
                _ => inventory = Some(PathBuf::from(word)),
            }
        }
        Ok(Self {
            inventory: inventory.ok_or("an inventory is missing")?,
            goal,
            checking,
            is_preview,
        })
    }
}

/// Prints events, and stops the run on Ctrl-C.
struct Progress(Arc<AtomicBool>);

impl Progress {
    fn new() -> std::io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        Ok(Self(interrupted))
    }

    fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Observer for Progress {
    fn on_event(&mut self, event: &Event) -> Flow {
        match event {
            Event::HostRead { host, at_ms } => say(&format!("{at_ms:>6} ms  read {host}")),
            Event::HostFailed { host, why, at_ms } => {
                say(&format!("{at_ms:>6} ms  {host} could not be read: {why}"));
            }
            Event::StepEnded {
                step,
                outcome: outcome @ (Outcome::Changed | Outcome::Failed),
                lines,
                at_ms,
                ..
            } => {
                let first = lines.first().and_then(|line| line.lines().next());
                let first = first.unwrap_or_default();
                say(&format!("{at_ms:>6} ms  {outcome} {step}  {first}"));
            }
            _ => {}
        }
        self.poll()
    }

    fn poll(&mut self) -> Flow {
        if self.is_interrupted() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

/// Writes a line for the reader; a reader that has gone away is no failure.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}
