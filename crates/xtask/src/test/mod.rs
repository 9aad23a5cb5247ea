//! `cargo xtask test`: everything that must hold, one stage after the other.

mod count;
mod outcome;
pub(crate) mod prepare;
mod skips;
mod stages;

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) use stages::STAGES;

use crate::browser;
use outcome::Tally;
use stages::Stage;

/// Runs all stages, or those that are named. One that fails does not keep the others from running.
pub(crate) fn run(names: &[String]) -> ExitCode {
    let is_stage = |name: &&String| STAGES.iter().any(|stage| stage.name == *name);
    if let Some(unknown) = names.iter().find(|name| !is_stage(name)) {
        let _ = writeln!(stderr(), "there is no stage `{unknown}`: see --help");
        return ExitCode::from(2);
    }
    let is_wanted =
        |stage: &&Stage| names.is_empty() || names.iter().any(|name| name == stage.name);
    let wanted: Vec<&Stage> = STAGES.iter().filter(is_wanted).collect();
    if wanted.iter().any(|stage| stage.runs_etcd) {
        heading("what is needed", "etcd and the tools of some tests");
        prepare::prepare();
    }
    if wanted.len() > 1 && wanted.iter().any(|stage| stage.name == stages::LAB) {
        stages::prepare_lab_meanwhile();
    }
    if wanted.len() > 1 && wanted.iter().any(|stage| stage.name == stages::BROWSER) {
        browser::prepare_meanwhile();
    }
    let mut tally = Tally::default();
    for stage in wanted {
        heading(stage.name, stage.summary);
        let began = Instant::now();
        let outcome = (stage.run)();
        let seconds = began.elapsed().as_secs_f64();
        let _ = writeln!(stderr(), "-- {}: {outcome}, {seconds:.1} s", stage.name);
        tally.add(stage.name, outcome);
    }
    let _ = write!(stdout(), "\n{tally}");
    if tally.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn heading(name: &str, summary: &str) {
    let _ = writeln!(stderr(), "\n== {name}: {summary}");
}
