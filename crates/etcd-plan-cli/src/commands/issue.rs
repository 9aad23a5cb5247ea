use std::path::Path;

use etcd_plan::pki::{ClientWanted, PkiError, PkiFolder, now};
use etcd_plan::spec::ClusterSpec;

use super::{inventory, outputs};
use crate::arguments::IssueArguments;
use crate::exit::{BAD_INPUT, FAILED, Failure, SUCCESS};
use crate::input;
use crate::output::Output;

/// Issues a certificate for a client, unless there is a good one, and prints where it is.
pub(super) fn run(arguments: &IssueArguments, output: Output) -> Result<u8, Failure> {
    let resolved = inventory::resolve(&arguments.inventory, output)?;
    let spec = cluster(arguments, &resolved.clusters)?;
    let base = input::keys_folder(&arguments.inventory);
    let folder = arguments.output.as_deref().map(std::path::absolute);
    let folder = folder.transpose().map_err(|error| {
        let message = format!("the folder cannot be found: {error}");
        Failure::new(FAILED, message, "name another one with `-o`")
    })?;
    let wanted = ClientWanted {
        sans: arguments.san.iter().map(Into::into).collect(),
        validity: arguments.validity,
        folder,
        renew: arguments.renew,
        ..ClientWanted::new(arguments.cn.clone())
    };
    let issued = PkiFolder::new(&base).issue_client(spec, &wanted, now())?;
    let (name, until) = (&arguments.cn, &issued.not_after);
    output.message(&match issued.reasons.as_slice() {
        [] => format!("kept the certificate of {name}, valid until {until}"),
        reasons => format!(
            "issued the certificate of {name} ({}), valid until {until}",
            reasons.join(", ")
        ),
    });
    let shown = |path: &Path| match path.strip_prefix(std::env::current_dir().unwrap_or_default()) {
        Ok(below) => below.display().to_string(),
        Err(_) if base == Path::new(".") => path.display().to_string(),
        Err(_) => base.join(path).display().to_string(),
    };
    for path in [&issued.certificate, &issued.key, &issued.ca] {
        Output::document(&shown(path));
    }
    Ok(SUCCESS)
}

/// Gives the cluster that is meant: any of them, where all have the same CA.
fn cluster<'a>(
    arguments: &IssueArguments,
    clusters: &'a [ClusterSpec],
) -> Result<&'a ClusterSpec, Failure> {
    if let Some(name) = &arguments.cluster {
        let named = clusters.iter().find(|cluster| cluster.name == *name);
        return named.ok_or_else(|| {
            let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
            let hint = format!("the inventory has {}", names.join(", "));
            Failure::new(BAD_INPUT, format!("there is no cluster `{name}`"), &hint)
        });
    }
    let key = |cluster: &ClusterSpec| {
        let settings = &cluster.settings.certificate;
        let (ca, validity) = (settings.ca_dir.value.clone(), settings.validity.value);
        (cluster.is_external(), ca, validity, settings.key.value)
    };
    match clusters {
        [first, rest @ ..] if rest.iter().all(|cluster| key(cluster) == key(first)) => Ok(first),
        _ => outputs::only(clusters),
    }
}

impl From<PkiError> for Failure {
    fn from(error: PkiError) -> Self {
        Self::new(FAILED, &error, &error.hint)
    }
}
