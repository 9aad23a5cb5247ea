//! The commands, a command a file.

mod adopt;
mod apply;
mod backup;
mod env;
mod explain;
mod inventory;
mod issue;
mod log;
mod maintain;
mod members;
mod meta;
mod monitoring;
mod outputs;
mod params;
mod plan;
mod recover;
mod reload;
mod report;
mod restore;
mod rotate;
mod status;
mod upgrade;
mod validate;

use etcd_plan::report::Report;

use crate::arguments::{Arguments, Command};
use crate::exit::{FAILED, Failure};
use crate::interrupt::Interrupt;
use crate::output::Output;

/// Runs a command, and gives the exit code.
pub(crate) fn run(arguments: Arguments, output: Output) -> Result<u8, Failure> {
    let verbose = arguments.global.verbose;
    match arguments.command {
        Command::Validate(arguments) => validate::run(&arguments, output),
        Command::Inventory(arguments) => inventory::run(&arguments, output),
        Command::Plan(arguments) => plan::run(&arguments, verbose, output),
        Command::Apply(arguments) => apply::run(&arguments, verbose, output),
        Command::Reload(arguments) => reload::run(arguments, verbose, output),
        Command::Upgrade(arguments) => upgrade::run(arguments, verbose, output),
        Command::Join(arguments) => members::join(arguments, verbose, output),
        Command::Remove(arguments) => members::remove(arguments, verbose, output),
        Command::Replace(arguments) => members::replace(arguments, verbose, output),
        Command::Destroy(arguments) => members::destroy(arguments, verbose, output),
        Command::Backup(arguments) => backup::run(arguments, verbose, output),
        Command::Maintain(arguments) => maintain::run(arguments, verbose, output),
        Command::Restore(arguments) => restore::run(arguments, verbose, output),
        Command::Recover(arguments) => recover::run(arguments, verbose, output),
        Command::Rotate(command) => rotate::run(command, verbose, output),
        Command::Status(arguments) => status::run(&arguments, output),
        Command::Adopt(arguments) => adopt::run(&arguments, output),
        Command::Env(arguments) => env::run(&arguments, output),
        Command::Issue(arguments) => issue::run(&arguments, output),
        Command::Outputs(arguments) => outputs::run(&arguments, output),
        Command::Monitoring(arguments) => monitoring::run(&arguments, output),
        Command::Params(arguments) => params::run(&arguments, output),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Log(arguments) => log::run(&arguments, output),
        Command::Report(arguments) => report::run(&arguments, verbose, output),
        Command::Completions { shell } => Ok(meta::completions(shell)),
        Command::Man => Ok(meta::man()),
    }
}

/// Listens to signals.
fn listen() -> Result<Interrupt, Failure> {
    Interrupt::listen().map_err(|error| {
        let message = format!("signals cannot be caught: {error}");
        Failure::new(FAILED, message, "see what keeps the process from it")
    })
}

/// Tells what a person should know of a preview and what was no reason to refuse.
fn tell_notes(preview: &Report, output: Output) {
    for note in &preview.notes {
        output.message(&format!("note: {note}"));
    }
}
