use etcd_plan::consumers::{Output as Wanted, Vip, VipPlace};
use etcd_plan::outputs::{OutputFiles, OutputsError};
use etcd_plan::spec::ClusterSpec;

use super::inventory;
use crate::arguments::OutputsArguments;
use crate::exit::{BAD_INPUT, FAILED, Failure, SUCCESS};
use crate::input;
use crate::output::Output;

/// Prints or writes what a consumer needs, or writes again what was written.
pub(super) fn run(arguments: &OutputsArguments, output: Output) -> Result<u8, Failure> {
    let resolved = inventory::resolve(&arguments.inventory, output)?;
    let clusters = &resolved.clusters;
    let files = OutputFiles::new(input::keys_folder(&arguments.inventory));
    let Some(consumer) = arguments.consumer else {
        let mended = files.refresh(clusters)?;
        for file in &mended {
            output.data(&format!("~ {}", file.path.display()));
        }
        if mended.is_empty() {
            output.message("all is as it was");
        }
        return Ok(SUCCESS);
    };
    let cluster = match &arguments.cluster {
        Some(name) => name.clone(),
        None => only(clusters)?.name.clone(),
    };
    let wanted = wanted(arguments, Wanted::new(consumer, cluster));
    let Some(path) = &arguments.output else {
        let text = wanted.render(clusters).map_err(OutputsError::from)?;
        Output::document(text.trim_end());
        return Ok(SUCCESS);
    };
    let message = if files.write(path, &wanted, clusters)? {
        format!("~ {}", path.display())
    } else {
        "all is as it was".to_owned()
    };
    output.message(&message);
    Ok(SUCCESS)
}

/// Gives the only cluster of an inventory.
pub(super) fn only(clusters: &[ClusterSpec]) -> Result<&ClusterSpec, Failure> {
    if let [cluster] = clusters {
        return Ok(cluster);
    }
    let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
    let message = format!("the inventory has several clusters: {}", names.join(", "));
    let hint = "name one with `--cluster`";
    Err(Failure::new(BAD_INPUT, message, hint))
}

/// Names the consumers' files that are no longer what the inventory says, and how they are mended.
pub(super) fn tell_outdated(files: &OutputFiles, clusters: &[ClusterSpec], output: Output) {
    let outdated = match files.outdated(clusters) {
        Ok(outdated) => outdated,
        Err(error) => {
            let hint = error.hint();
            return output.message(&format!("warning: {error}\n  hint: {hint}"));
        }
    };
    if outdated.is_empty() {
        return;
    }
    let names: Vec<String> = outdated.iter().map(|f| format!("\n  {f}")).collect();
    output.message(&format!(
        "note: consumers' files are out of date:{}\n  hint: `etcd-plan outputs --refresh` writes them \
         again; then bring them to their hosts, and reload who reads them",
        names.concat()
    ));
}

fn wanted(arguments: &OutputsArguments, begin: Wanted) -> Wanted {
    let or = |given: &Option<_>, usual| given.clone().unwrap_or(usual);
    Wanted {
        ca: or(&arguments.ca, begin.ca),
        cert: or(&arguments.cert, begin.cert),
        key: or(&arguments.key, begin.key),
        scope: arguments.scope.clone(),
        namespace: arguments.namespace.clone().unwrap_or(begin.namespace),
        vip: arguments.vip.zip(arguments.interface.clone()).map(place),
        node: arguments.node.clone(),
        ..begin
    }
}

fn place((address, interface): (Vip, String)) -> VipPlace {
    VipPlace { address, interface }
}

impl From<OutputsError> for Failure {
    fn from(error: OutputsError) -> Self {
        let code = match &error {
            OutputsError::Io { .. } => FAILED,
            OutputsError::Render(_) | OutputsError::Records { .. } => BAD_INPUT,
        };
        Self::new(code, &error, error.hint())
    }
}
