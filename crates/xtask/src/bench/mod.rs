//! `cargo xtask bench`: comparisons with other ways to do the same work.

mod hosts;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

/// Runs `cargo xtask bench` with what stands after it.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["hosts"] => hosts::run(hosts::ROUNDS),
        ["hosts", "--rounds", rounds] => match rounds.parse() {
            Ok(rounds) if rounds > 0 => hosts::run(rounds),
            _ => Err(format!("{rounds:?} is no number of rounds")),
        },
        [hosts::INSIDE, rounds] => hosts::run_inside(rounds.parse().unwrap_or(hosts::ROUNDS)),
        _ => {
            let _ = writeln!(stderr(), "usage: cargo xtask bench hosts [--rounds N]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(stderr(), "error: {why}");
            ExitCode::FAILURE
        }
    }
}
