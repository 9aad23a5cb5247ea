use std::collections::BTreeMap;

use etcd_plan::monitoring::{MonitoringPaths, files};
use etcd_plan::names::HostPath;
use etcd_plan::spec::resolve;
use pyo3::prelude::*;

use crate::error::{self, detached, findings};
use crate::inventory::Inventory;
use crate::plan::variables;

/// Renders what watches the clusters of an inventory; gives the files by their paths. `paths` has
/// those that are not the usual ones, by the names that the command has for them.
#[pyfunction]
#[pyo3(signature = (inventory, *, extra_vars, paths))]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python gives lists and dictionaries, and no slices of texts"
)]
pub(crate) fn monitoring(
    py: Python<'_>,
    inventory: &Bound<'_, Inventory>,
    extra_vars: Vec<String>,
    paths: BTreeMap<String, String>,
) -> PyResult<BTreeMap<&'static str, String>> {
    let vars = variables(py, &extra_vars)?;
    let inventory = &inventory.get().inventory;
    let resolved = detached(py, || resolve(inventory, &vars))?;
    let resolved = resolved.map_err(|found| findings(py, &found))?;
    let paths = paths_from(py, &paths)?;
    let rendered = detached(py, || files(&resolved.clusters, &paths))?;
    let rendered =
        rendered.map_err(|problem| error::error(py, "bug", &problem.message, &problem.hint))?;
    let rendered = rendered.into_iter();
    Ok(rendered.map(|file| (file.path, file.content)).collect())
}

fn paths_from(py: Python<'_>, given: &BTreeMap<String, String>) -> PyResult<MonitoringPaths> {
    let usual = MonitoringPaths::default();
    let path = |name: &str, usual: HostPath| match given.get(name) {
        None => Ok(usual),
        Some(path) => path.parse().map_err(|why| {
            let message = format!("the path `{path}` of `{name}` {why}");
            error::error(py, "bad-path", &message, "give an absolute path")
        }),
    };
    Ok(MonitoringPaths {
        targets: given.get("targets").cloned().unwrap_or(usual.targets),
        ca_file: path("ca", usual.ca_file)?,
        cert_file: path("cert", usual.cert_file)?,
        key_file: path("key", usual.key_file)?,
        dashboards: path("dashboards", usual.dashboards)?,
        textfile: path("textfile", usual.textfile)?,
    })
}
