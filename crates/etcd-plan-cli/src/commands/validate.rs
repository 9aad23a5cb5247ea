use etcd_plan::diagnostic::Diagnostics;
use etcd_plan::spec;

use crate::arguments::{Format, ValidateArguments};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::input;
use crate::output::Output;

/// Shows all findings; an error among them is bad input.
pub(super) fn run(arguments: &ValidateArguments, output: Output) -> Result<u8, Failure> {
    let (findings, clusters) = findings(arguments)?;
    match arguments.format {
        Format::Json => Output::document(&findings.to_json()),
        Format::Text if findings.is_empty() => {
            let s = if clusters == 1 { "" } else { "s" };
            output.message(&format!("the inventory is good: {clusters} cluster{s}"));
        }
        Format::Text => output.message(&findings.render(output.style())),
    }
    Ok(if findings.has_errors() {
        BAD_INPUT
    } else {
        SUCCESS
    })
}

/// Gives all findings, and counts the clusters.
fn findings(arguments: &ValidateArguments) -> Result<(Diagnostics, usize), Failure> {
    let extra = match input::extra_vars_or_findings(&arguments.inventory.extra_vars)? {
        Ok(extra) => extra,
        Err(findings) => return Ok((findings, 0)),
    };
    let inventory = match input::inventory_or_findings(&arguments.inventory)? {
        Ok(inventory) => inventory,
        Err(findings) => return Ok((findings, 0)),
    };
    Ok(match spec::resolve(&inventory, &extra) {
        Ok(resolved) => (resolved.diagnostics, resolved.clusters.len()),
        Err(findings) => (findings, 0),
    })
}
