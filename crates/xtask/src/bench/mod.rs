//! `cargo xtask bench`: comparisons with other ways to do the same work.

mod hosts;
mod python;

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
        ["python", rest @ ..] => python::run(rest),
        _ => {
            let _ = writeln!(
                stderr(),
                "usage: cargo xtask bench hosts [--rounds N]\n       \
                 cargo xtask bench python [--clusters N] [--rounds N]"
            );
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
