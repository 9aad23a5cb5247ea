use std::fs;
use std::path::Path;

use etcd_plan::monitoring::{self, MonitoringFile, MonitoringPaths};

use super::inventory;
use crate::arguments::MonitoringArguments;
use crate::exit::{BAD_INPUT, FAILED, Failure, SUCCESS};
use crate::output::{self, Output};

/// Writes what watches the clusters, and says which files are new or other than before.
pub(super) fn run(arguments: &MonitoringArguments, output: Output) -> Result<u8, Failure> {
    let resolved = inventory::resolve(&arguments.inventory, output)?;
    let files = monitoring::files(&resolved.clusters, &paths(arguments))
        .map_err(|problem| Failure::new(BAD_INPUT, &problem.message, &problem.hint))?;
    let mut lines = Vec::new();
    for file in &files {
        if let Some(mark) = write(&arguments.output, file)? {
            lines.push(format!(
                "{mark} {}",
                arguments.output.join(file.path).display()
            ));
        }
    }
    if lines.is_empty() {
        output.message("all is as it was");
    } else {
        output.data(&lines.join("\n"));
    }
    Ok(SUCCESS)
}

fn paths(arguments: &MonitoringArguments) -> MonitoringPaths {
    let usual = MonitoringPaths::default();
    let or = |given: &Option<_>, usual| given.clone().unwrap_or(usual);
    MonitoringPaths {
        targets: arguments.targets.clone().unwrap_or(usual.targets),
        ca_file: or(&arguments.ca, usual.ca_file),
        cert_file: or(&arguments.cert, usual.cert_file),
        key_file: or(&arguments.key, usual.key_file),
        dashboards: or(&arguments.dashboards, usual.dashboards),
        textfile: or(&arguments.textfile, usual.textfile),
    }
}

/// Writes a file where it is not yet as it should be; gives the mark of what was done.
fn write(folder: &Path, file: &MonitoringFile) -> Result<Option<char>, Failure> {
    let path = folder.join(file.path);
    let found = fs::read(&path).ok();
    if found.as_deref() == Some(file.content.as_bytes()) {
        return Ok(None);
    }
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| {
        let message = format!("{} cannot be made: {error}", parent.display());
        Failure::new(FAILED, message, "name another place with `-o`")
    })?;
    output::replace_file(&path, &file.content, "-o")?;
    Ok(Some(if found.is_some() { '~' } else { '+' }))
}
