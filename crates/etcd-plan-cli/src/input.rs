//! What a command is given: an inventory, extra variables, a saved plan.

use std::fs;
use std::io::{IsTerminal as _, Read as _, stdin};
use std::path::{Path, PathBuf};

use etcd_plan::plan::PlanBuilder;
use etcd_plan::{Diagnostics, ExtraVars, Inventory, InventoryFile, InventoryFileError, Plan};

use crate::arguments::{InventoryArguments, Selection, SnapshotArguments};
use crate::exit::{BAD_INPUT, Failure};
use crate::output::Output;

/// What stands for standard input.
const STDIN: &str = "-";

/// Reads the inventory.
pub(crate) fn inventory(arguments: &InventoryArguments) -> Result<Inventory, Failure> {
    Ok(inventory_or_findings(arguments)??)
}

/// Reads the inventory; or gives the findings that make it none.
pub(crate) fn inventory_or_findings(
    arguments: &InventoryArguments,
) -> Result<Result<Inventory, Diagnostics>, Failure> {
    let path = &arguments.inventory;
    if path.as_os_str() == STDIN {
        if stdin().is_terminal() {
            let hint = "give the inventory to standard input, or name a file with `-i`";
            return Err(Failure::new(
                BAD_INPUT,
                "standard input is a terminal",
                hint,
            ));
        }
        let mut bytes = Vec::new();
        let read = stdin().lock().read_to_end(&mut bytes);
        read.map_err(|error| {
            let message = format!("standard input cannot be read: {error}");
            Failure::new(BAD_INPUT, message, "see where it comes from")
        })?;
        return Ok(Inventory::parse_bytes(&bytes, "standard input"));
    }
    match Inventory::from_path(path) {
        Ok(inventory) => Ok(Ok(inventory)),
        Err(InventoryFileError::Findings(findings)) => Ok(Err(findings)),
        Err(InventoryFileError::Unreadable { path, source }) => {
            let message = format!("the inventory {} cannot be read: {source}", path.display());
            let hint = "name it with `-i FILE`, or set ETCD_PLAN_INVENTORY";
            Err(Failure::new(BAD_INPUT, message, hint))
        }
    }
}

/// Gives the folder that `ca_dir` and members' keys are relative to.
pub(crate) fn keys_folder(arguments: &InventoryArguments) -> PathBuf {
    match &arguments.keys {
        Some(folder) => folder.clone(),
        None if arguments.inventory.as_os_str() == STDIN => PathBuf::from("."),
        None => folder_of(&arguments.inventory),
    }
}

/// Gives the folder that a file lies in.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// Takes extra variables: each an argument, or `@file`.
pub(crate) fn extra_vars(arguments: &[String]) -> Result<ExtraVars, Failure> {
    Ok(extra_vars_or_findings(arguments)??)
}

/// Takes extra variables; or gives the findings that make them none.
pub(crate) fn extra_vars_or_findings(
    arguments: &[String],
) -> Result<Result<ExtraVars, Diagnostics>, Failure> {
    let mut vars = ExtraVars::new();
    for argument in arguments {
        let added = match argument.strip_prefix('@') {
            Some(file) => vars.add_file(&text(Path::new(file))?, file),
            None => vars.add_argument(argument),
        };
        if let Err(findings) = added {
            return Ok(Err(findings));
        }
    }
    Ok(Ok(vars))
}

/// Makes the plan that the arguments ask for, and tells its warnings.
pub(crate) fn plan(
    inventory: &InventoryArguments,
    selection: &Selection,
    output: Output,
) -> Result<Plan, Failure> {
    let found = self::inventory(inventory)?;
    let mut builder = Plan::builder(&found)
        .goal(selection.goal)
        .tags(selection.tags.iter().copied())
        .skip_tags(selection.skip_tags.iter().copied())
        .depart(selection.depart.iter().cloned())
        .dead(selection.dead)
        .extra_vars(extra_vars(&inventory.extra_vars)?);
    if let Some(limit) = &selection.limit {
        builder = builder.limit(limit);
    }
    if let Some(version) = &selection.to {
        builder = builder.version(version.clone());
    }
    builder = snapshots(builder, &selection.snapshots)?;
    if let Some(file) = &selection.snapshot {
        builder = builder.snapshot(from_here(file)?);
    }
    if let Some(revisions) = selection.maintain.keep_revisions {
        builder = builder.keep_revisions(revisions);
    }
    if let Some(percent) = selection.maintain.threshold {
        builder = builder.threshold(percent);
    }
    if let Some(stage) = selection.rotate.stage {
        builder = builder.rotation_stage(stage);
    }
    if selection.rotate.again.again {
        builder = builder.rotate_again();
    }
    if selection.rotate.leave_clients {
        builder = builder.leave_clients();
    }
    let plan = builder.build()?;
    if !plan.diagnostics().is_empty() {
        output.message(&plan.diagnostics().render(output.style()));
    }
    Ok(plan)
}

/// Sets what becomes of snapshots.
fn snapshots<'a>(
    mut builder: PlanBuilder<'a>,
    arguments: &SnapshotArguments,
) -> Result<PlanBuilder<'a>, Failure> {
    if let Some(folder) = &arguments.to {
        builder = builder.backup_to(from_here(folder)?);
    }
    if arguments.on_host {
        builder = builder.backup_on_host();
    }
    if arguments.no_snapshot {
        builder = builder.without_snapshot();
    }
    if let Some(keep) = arguments.keep {
        builder = builder.backup_keep(keep);
    }
    Ok(builder)
}

/// Gives a path that is meant from where the command is given, not from where the inventory lies.
fn from_here(path: &Path) -> Result<String, Failure> {
    let unusable = |why: &str| {
        let message = format!("{} {why}", path.display());
        Failure::new(BAD_INPUT, message, "name another file or folder")
    };
    let absolute = std::path::absolute(path);
    let absolute = absolute.map_err(|error| unusable(&format!("cannot be used: {error}")))?;
    let text = absolute.to_str().ok_or_else(|| unusable("is not UTF-8"))?;
    Ok(text.to_owned())
}

/// Reads a file of text.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("{} cannot be read: {error}", path.display());
        Failure::new(BAD_INPUT, message, "see that the file is there")
    })
}
