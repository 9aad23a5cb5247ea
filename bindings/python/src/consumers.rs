use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use etcd_plan::consumers::{Consumer, Output};
use etcd_plan::names::{Address, Days, MemberName};
use etcd_plan::pki::{ClientWanted, PkiFolder, now};
use etcd_plan::spec::{ClusterSpec, ResolvedInventory, resolve};
use pyo3::prelude::*;
use serde_json::json;

use crate::error::{self, detached, findings};
use crate::inventory::Inventory;
use crate::plan::variables;

/// Renders what a consumer needs. `given` has what is not as usual, by the names of `Output`, as
/// JSON.
#[pyfunction]
#[pyo3(signature = (inventory, *, consumer, cluster, extra_vars, given))]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python gives lists and dictionaries, and no slices of texts"
)]
pub(crate) fn outputs(
    py: Python<'_>,
    inventory: &Bound<'_, Inventory>,
    consumer: &str,
    cluster: Option<&str>,
    extra_vars: Vec<String>,
    given: BTreeMap<String, String>,
) -> PyResult<String> {
    let resolved = resolved(py, inventory, &extra_vars)?;
    let consumer: Consumer = argument(py, "consumer", consumer)?;
    let spec = meant(py, &resolved, cluster)?;
    let usual = serde_json::to_value(Output::new(consumer, spec.name.clone()));
    let mut wanted = usual.expect("it has only text keys");
    for (name, text) in given {
        let value = serde_json::from_str(&text);
        wanted[name] = value.map_err(|error| bad(py, &error.to_string()))?;
    }
    let wanted: Output = serde_json::from_value(wanted).map_err(|e| bad(py, &e.to_string()))?;
    let text = wanted.render(&resolved.clusters);
    text.map_err(|problem| error::error(py, "no-output", &problem.message, &problem.hint))
}

/// Issues a certificate for a client unless there is a good one; gives a JSON document of where it
/// is.
#[pyfunction]
#[pyo3(signature = (inventory, *, cn, cluster, extra_vars, sans, validity, folder, renew, base_dir))]
#[expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    reason = "they are named where it is called; Python gives lists, and no slices of texts"
)]
pub(crate) fn issue(
    py: Python<'_>,
    inventory: &Bound<'_, Inventory>,
    cn: &str,
    cluster: Option<&str>,
    extra_vars: Vec<String>,
    sans: Vec<String>,
    validity: Option<&str>,
    folder: Option<PathBuf>,
    renew: bool,
    base_dir: PathBuf,
) -> PyResult<String> {
    let resolved = resolved(py, inventory, &extra_vars)?;
    let spec = meant(py, &resolved, cluster)?;
    let name: MemberName = argument(py, "cn", cn)?;
    let mut addresses = BTreeSet::new();
    for san in &sans {
        let address: Address = argument(py, "sans", san)?;
        addresses.insert((&address).into());
    }
    let validity: Option<Days> = validity
        .map(|days| argument(py, "validity", days))
        .transpose()?;
    let wanted = ClientWanted {
        sans: addresses,
        validity,
        folder,
        renew,
        ..ClientWanted::new(name)
    };
    let keys = PkiFolder::new(&base_dir);
    let issued = detached(py, || keys.issue_client(spec, &wanted, now()))?;
    let issued = issued
        .map_err(|error| error::error(py, "no-certificate", &error.to_string(), &error.hint))?;
    let document = json!({
        "certificate": base_dir.join(&issued.certificate),
        "key": base_dir.join(&issued.key),
        "ca": base_dir.join(&issued.ca),
        "reasons": issued.reasons,
        "not_after": issued.not_after,
    });
    Ok(document.to_string())
}

fn resolved(
    py: Python<'_>,
    inventory: &Bound<'_, Inventory>,
    extra_vars: &[String],
) -> PyResult<ResolvedInventory> {
    let vars = variables(py, extra_vars)?;
    let inventory = &inventory.get().inventory;
    let resolved = detached(py, || resolve(inventory, &vars))?;
    resolved.map_err(|found| findings(py, &found))
}

/// Gives the cluster with a name, or the only one.
fn meant<'a>(
    py: Python<'_>,
    resolved: &'a ResolvedInventory,
    cluster: Option<&str>,
) -> PyResult<&'a ClusterSpec> {
    let clusters = resolved.clusters.iter();
    let is_meant = |spec: &&ClusterSpec| cluster.is_none_or(|name| spec.name.as_str() == name);
    let meant: Vec<&ClusterSpec> = clusters.filter(is_meant).collect();
    if let [spec] = meant[..] {
        return Ok(spec);
    }
    let names: Vec<&str> = resolved.clusters.iter().map(|c| c.name.as_str()).collect();
    let hint = format!("name one of its clusters: {}", names.join(", "));
    let (code, message) = match cluster {
        Some(name) => ("no-such-cluster", format!("there is no cluster {name}")),
        None => (
            "several-clusters",
            format!("the inventory has {} clusters", names.len()),
        ),
    };
    Err(error::plan_problem(py, code, &message, &hint))
}

fn argument<T>(py: Python<'_>, name: &str, text: &str) -> PyResult<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse()
        .map_err(|why| bad(py, &format!("`{name}` `{text}` {why}")))
}

fn bad(py: Python<'_>, message: &str) -> PyErr {
    let hint = "give it as `etcd-plan outputs --help` and `etcd-plan issue --help` say";
    error::error(py, "bad-argument", message, hint)
}
