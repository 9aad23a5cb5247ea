use etcd_plan::Goal;
use etcd_plan::core::cert::RotationStage;

use super::apply;
use crate::arguments::{
    ApplyArguments, RotateCaArguments, RotateCertsArguments, RotateCommand, RotateOptions,
    Selection,
};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::output::Output;

/// Replaces certificates, or the authority.
pub(super) fn run(command: RotateCommand, verbose: u8, output: Output) -> Result<u8, Failure> {
    match command {
        RotateCommand::Certs(arguments) => certs(arguments, verbose, output),
        RotateCommand::Ca(arguments) => ca(arguments, verbose, output),
    }
}

/// Gives members new certificates: `apply --goal rotate-certs`.
fn certs(arguments: RotateCertsArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let RotateCertsArguments {
        inventory,
        limit,
        again,
        yes,
        run,
    } = arguments;
    let selection = Selection {
        goal: Goal::RotateCerts,
        limit,
        rotate: RotateOptions {
            again,
            ..RotateOptions::default()
        },
        ..Selection::default()
    };
    let arguments = ApplyArguments::of(inventory, selection, yes, run);
    apply::run(&arguments, verbose, output)
}

/// Rotates the authority: `apply --goal rotate-ca` for each stage, or for one. Each is read and judged
/// anew, so that none begins before the one before is at its end on all members.
fn ca(arguments: RotateCaArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let RotateCaArguments {
        inventory,
        limit,
        options,
        yes,
        run,
    } = arguments;
    let stages = match options.stage {
        Some(stage) => vec![stage],
        None if run.log_json.is_some() => {
            let hint = "name each `--stage`, with a file of its own";
            let message = "`--log-json` is of one stage, and all of them were asked for";
            return Err(Failure::new(BAD_INPUT, message, hint));
        }
        None => RotationStage::ALL.to_vec(),
    };
    let selection = Selection {
        goal: Goal::RotateCa,
        limit,
        rotate: options,
        ..Selection::default()
    };
    let mut arguments = ApplyArguments::of(inventory, selection, yes, run);
    for stage in stages {
        output.message(&format!("stage {stage}:"));
        arguments.selection.rotate.stage = Some(stage);
        let code = apply::run(&arguments, verbose, output)?;
        if code != SUCCESS {
            return Ok(code);
        }
    }
    Ok(SUCCESS)
}
