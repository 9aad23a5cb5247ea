use std::path::Path;

use etcd_plan::executor::{Executor as _, SandboxExecutor};
use etcd_plan::render::ClientEnvironment;
use etcd_plan::spec::ClusterSpec;

use super::inventory;
use crate::arguments::{EnvArguments, EnvFormat};
use crate::connect::Connection;
use crate::exit::{FAILED, Failure, SUCCESS};
use crate::input;
use crate::output::Output;

/// Prints the environment of etcdctl.
pub(super) fn run(arguments: &EnvArguments, output: Output) -> Result<u8, Failure> {
    let mut resolved = inventory::resolve(&arguments.inventory, output)?;
    if let Some(name) = &arguments.cluster {
        inventory::keep(&mut resolved, name)?;
    }
    let cluster = super::outputs::only(&resolved.clusters)?;
    let root = match (&arguments.connection, cluster.members.first()) {
        (Connection::Sandbox(folder), Some(member)) => {
            let root = SandboxExecutor::new(folder).root(&member.host.name);
            root.map(|root| root.to_string_lossy().into_owned())
        }
        _ => None,
    };
    let environment = if cluster.is_external() {
        external(cluster, &input::keys_folder(&arguments.inventory))?
    } else {
        ClientEnvironment::on_members(cluster, &root.unwrap_or_default())
    };
    match arguments.format {
        EnvFormat::Json => Output::document(&environment.to_json()),
        EnvFormat::Dotenv => Output::document(environment.to_dotenv().trim_end()),
        EnvFormat::Sh => {
            let text = environment
                .to_sh()
                .map_err(|problem| Failure::new(FAILED, &problem.message, &problem.hint))?;
            Output::document(text.trim_end());
        }
    }
    Ok(SUCCESS)
}

/// Gives the environment of a cluster that somebody else runs, for the control machine.
fn external(cluster: &ClusterSpec, base: &Path) -> Result<ClientEnvironment, Failure> {
    let settings = &cluster.settings.external;
    let file = |path: &str| {
        let whole = std::path::absolute(base.join(path)).map_err(|error| {
            let message = format!("{path} cannot be found: {error}");
            Failure::new(FAILED, message, "run it in a folder that is there")
        })?;
        Ok::<_, Failure>(whole.display().to_string())
    };
    Ok(ClientEnvironment {
        cluster: cluster.name.clone(),
        endpoints: cluster.endpoints(),
        cacert: file(&settings.ca)?,
        cert: file(&settings.cert)?,
        key: file(&settings.key)?,
    })
}
