//! `cargo xtask test`: everything that must hold, in stages.

mod count;
mod outcome;
pub(crate) mod prepare;
mod skips;
mod stages;

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

pub(crate) use stages::STAGES;

use crate::browser;
use outcome::{Outcome, Tally};
use stages::{How, Stage};

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
    let tally = run_stages(&wanted);
    let _ = write!(stdout(), "\n{tally}");
    if tally.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs stages in their turn, and some of them beside those behind them.
fn run_stages(stages: &[&Stage]) -> Tally {
    let mut outcomes = vec![None; stages.len()];
    thread::scope(|scope| {
        let mut beside = Vec::new();
        for (position, stage) in stages.iter().enumerate() {
            heading(stage.name, stage.summary);
            let began = Instant::now();
            match stage.how {
                How::InTurn(run) => {
                    let outcome = run();
                    say_outcome(stage, began, &outcome);
                    outcomes[position] = Some(outcome);
                }
                How::Beside { first, then } => match first() {
                    Ok(()) => beside.push((
                        position,
                        scope.spawn(move || {
                            let outcome = then();
                            say_outcome(stage, began, &outcome);
                            outcome
                        }),
                    )),
                    Err(outcome) => {
                        say_outcome(stage, began, &outcome);
                        outcomes[position] = Some(outcome);
                    }
                },
            }
        }
        for (position, running) in beside {
            let outcome = running
                .join()
                .unwrap_or_else(|_| Outcome::failed("its thread panicked"));
            outcomes[position] = Some(outcome);
        }
    });
    let mut tally = Tally::default();
    for (stage, outcome) in stages.iter().zip(outcomes) {
        tally.add(stage.name, outcome.expect("every stage has run"));
    }
    tally
}

fn say_outcome(stage: &Stage, began: Instant, outcome: &Outcome) {
    let seconds = began.elapsed().as_secs_f64();
    let _ = writeln!(stderr(), "-- {}: {outcome}, {seconds:.1} s", stage.name);
}

fn heading(name: &str, summary: &str) {
    let _ = writeln!(stderr(), "\n== {name}: {summary}");
}
