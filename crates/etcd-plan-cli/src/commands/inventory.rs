use etcd_plan::names::ClusterName;
use etcd_plan::spec::{self, ResolvedInventory};

use crate::arguments::{Format, InventoryArguments, ShowArguments};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::input;
use crate::output::Output;

/// Shows the clusters with all their parameters.
pub(super) fn run(arguments: &ShowArguments, output: Output) -> Result<u8, Failure> {
    let mut resolved = resolve(&arguments.inventory, output)?;
    if let Some(name) = &arguments.cluster {
        keep(&mut resolved, name)?;
    }
    match arguments.format {
        Format::Json => Output::document(&resolved.to_json()),
        Format::Text => output.data(&resolved.page(Output::width(), arguments.origin).to_string()),
    }
    Ok(SUCCESS)
}

/// Resolves the inventory, and tells its warnings.
pub(super) fn resolve(
    arguments: &InventoryArguments,
    output: Output,
) -> Result<ResolvedInventory, Failure> {
    let inventory = input::inventory(arguments)?;
    let extra = input::extra_vars(&arguments.extra_vars)?;
    let resolved = spec::resolve(&inventory, &extra)?;
    if !resolved.diagnostics.is_empty() {
        output.message(&resolved.diagnostics.render(output.style()));
    }
    Ok(resolved)
}

/// Keeps one cluster, which must be there.
pub(super) fn keep(resolved: &mut ResolvedInventory, name: &ClusterName) -> Result<(), Failure> {
    let names: Vec<String> = resolved
        .clusters
        .iter()
        .map(|c| c.name.to_string())
        .collect();
    resolved.clusters.retain(|cluster| cluster.name == *name);
    if resolved.clusters.is_empty() {
        let hint = format!("the inventory has {}", names.join(", "));
        let message = format!("there is no cluster `{name}`");
        return Err(Failure::new(BAD_INPUT, message, &hint));
    }
    Ok(())
}
