//! The command `etcd-plan`. It is thin: everything it does is a call into the library.

mod arguments;
mod ask;
mod commands;
mod connect;
mod exit;
mod input;
mod interrupt;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::exit::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    // A wrong usage ends here, with code 2.
    let arguments = Arguments::parse();
    let output = Output::new(arguments.global.color);
    let code = match commands::run(arguments, output) {
        Ok(code) => code,
        Err(Failure { code, message }) => {
            output.error(&message);
            code
        }
    };
    ExitCode::from(code)
}
