//! The project's own commands: `cargo xtask lab`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to its user"
)]

mod lab;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "lab" => lab::run(rest),
        _ => {
            eprintln!("usage: cargo xtask lab ...");
            ExitCode::from(2)
        }
    }
}
