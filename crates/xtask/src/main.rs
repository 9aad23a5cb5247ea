//! The project's own commands: `cargo xtask test` and its kin.

mod bench;
mod browser;
mod lab;
mod shell;
mod test;
mod venv;

use std::fmt::Write as _;
use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

/// A command. To add one, write its module beside this file and add a line to [`COMMANDS`].
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> ExitCode,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[STAGE…]",
        summary: "runs everything that must hold, or these stages of it, and says what was skipped",
        run: test::run,
    },
    Command {
        name: "lab",
        arguments: "COMMAND…",
        summary: "real hosts on this machine: `cargo xtask lab` lists its commands",
        run: lab::run,
    },
    Command {
        name: "screenshots",
        arguments: "[DIR]",
        summary: "takes pictures of the pages of plans, runs and statuses, into target/screenshots",
        run: browser::take_screenshots,
    },
    Command {
        name: "bench",
        arguments: "hosts|python",
        summary: "compares: with a bare script and Ansible on real hosts; Python with Rust",
        run: bench::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        let _ = write!(stderr(), "{}", help());
        return ExitCode::from(2);
    };
    let wants_help = |argument: &String| matches!(argument.as_str(), "--help" | "-h" | "help");
    // What stands behind the name of a command can be another program's: `lab exec PROGRAM --help`.
    if arguments.iter().take(2).any(wants_help) {
        let _ = write!(stdout(), "{}", help());
        return ExitCode::SUCCESS;
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => {
            let _ = write!(stderr(), "there is no command `{name}`\n\n{}", help());
            ExitCode::from(2)
        }
    }
}

fn help() -> String {
    let mut help = String::from("The project's own commands.\n\nUsage: cargo xtask COMMAND\n\n");
    for command in COMMANDS {
        let usage = format!("{} {}", command.name, command.arguments);
        let _ = writeln!(help, "  {usage:<20}{}", command.summary);
    }
    help += "\nStages of `test`:\n\n";
    for stage in test::STAGES {
        let _ = writeln!(help, "  {:<20}{}", stage.name, stage.summary);
    }
    help += "\nExit codes: 0 nothing failed, 1 something did, 2 the command was not understood.\n";
    help
}
