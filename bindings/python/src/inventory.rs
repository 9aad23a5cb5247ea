use std::path::PathBuf;

use etcd_plan::spec::{ClusterSpec, ResolvedInventory, resolve};
use etcd_plan::{ExtraVars, InventoryFile as _};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::error::{detached, diagnostics, findings, inventory_file};

/// Hosts, groups and variables.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct Inventory {
    pub(crate) inventory: etcd_plan::Inventory,
}

#[pymethods]
impl Inventory {
    /// Reads an inventory from its text; findings call the text by `name`.
    #[staticmethod]
    fn parse(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        let read = detached(py, || etcd_plan::Inventory::parse(text, name))?;
        let inventory = read.map_err(|found| findings(py, &found))?;
        Ok(Self { inventory })
    }

    /// Reads an inventory from a file.
    #[staticmethod]
    fn from_path(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let read = detached(py, || etcd_plan::Inventory::from_path(path))?;
        let inventory = read.map_err(|error| inventory_file(py, &error))?;
        Ok(Self { inventory })
    }

    /// Gives the warnings, as JSON.
    fn diagnostics(&self) -> String {
        diagnostics(self.inventory.diagnostics()).to_string()
    }

    /// Gives the names of all hosts.
    fn hosts(&self) -> Vec<String> {
        let hosts = self.inventory.hosts();
        hosts.map(ToString::to_string).collect()
    }

    /// Resolves the clusters, with all their parameters, and gives them as JSON.
    fn clusters(&self, py: Python<'_>) -> PyResult<String> {
        let resolved = detached(py, || {
            let resolved = resolve(&self.inventory, &ExtraVars::default())?;
            Ok(documents(&resolved).to_string())
        })?;
        resolved.map_err(|found| findings(py, &found))
    }
}

fn documents(resolved: &ResolvedInventory) -> Value {
    resolved.clusters.iter().map(document).collect()
}

fn document(cluster: &ClusterSpec) -> Value {
    let member = |member: &etcd_plan::spec::MemberSpec| {
        json!({
            "name": member.name,
            "seq": member.seq,
            "host": member.host.name,
            "address": member.address,
            "learner": member.learner,
            "client_url": cluster.client_url(member),
            "peer_url": cluster.peer_url(member),
        })
    };
    let parameters = cluster.settings.show().into_iter();
    json!({
        "name": cluster.name,
        "group": cluster.group,
        "members": cluster.members.iter().map(member).collect::<Vec<_>>(),
        "parameters": parameters
            .map(|(name, value, origin)| {
                (name.to_owned(), json!({ "value": value, "origin": origin.to_string() }))
            })
            .collect::<serde_json::Map<_, _>>(),
        "quorum": cluster.quorum(),
        "tolerance": cluster.tolerance(),
    })
}
