use std::num::NonZeroUsize;
use std::path::PathBuf;

use etcd_plan::adopt::{self as adoption, AdoptError, AdoptSettings};
use etcd_plan::spec::HostSpec;
use pyo3::prelude::*;
use serde_json::json;

use crate::error::{self, detached};
use crate::executor;

/// Reads a cluster that something else built, and writes what is named; gives a JSON document of what
/// there is.
#[pyfunction]
#[pyo3(signature = (hosts, executor, *, user, becomes, local, cluster, output, keys, forks))]
#[expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    reason = "they are named where it is called; Python gives lists, and no slices of texts"
)]
pub(crate) fn adopt(
    py: Python<'_>,
    hosts: Vec<String>,
    executor: &Bound<'_, PyAny>,
    user: Option<String>,
    becomes: bool,
    local: bool,
    cluster: Option<&str>,
    output: Option<PathBuf>,
    keys: Option<PathBuf>,
    forks: Option<NonZeroUsize>,
) -> PyResult<String> {
    let bad = |word: &str, why: &dyn std::fmt::Display| {
        let message = format!("`{word}` {why}");
        error::error(py, "bad-argument", &message, "see `etcd-plan adopt --help`")
    };
    let mut specs: Vec<HostSpec> = Vec::new();
    for word in &hosts {
        let mut host = adoption::host(word).map_err(|why| bad(word, &why))?;
        host.connection.become_user = becomes.then(|| "root".to_owned());
        host.connection.user = host.connection.user.take().or_else(|| user.clone());
        host.connection.local = local;
        specs.push(host);
    }
    let mut settings = AdoptSettings::default();
    settings.forks = forks.unwrap_or(settings.forks);
    if let Some(name) = cluster {
        settings.cluster = name.parse().map_err(|why| bad(name, &why))?;
    }
    let (reach, _) = executor::reach(executor);
    let adopted = detached(py, move || {
        let adopted = adoption::read(&specs, &*reach, &settings)?;
        let written = match &keys {
            Some(keys) => adopted.write(output.as_deref(), keys)?,
            None => Vec::new(),
        };
        Ok::<_, AdoptError>((adopted, written))
    })?;
    let (adopted, written) = adopted.map_err(|error| problem(py, &error))?;
    let notes = adopted.notes().iter().map(|note| {
        let hosts: Vec<&str> = note
            .hosts
            .iter()
            .map(etcd_plan::names::HostName::as_str)
            .collect();
        json!({ "hosts": hosts, "what": note.what, "hint": note.hint })
    });
    let document = json!({
        "cluster": adopted.cluster().as_str(),
        "inventory": adopted.inventory(),
        "notes": notes.collect::<Vec<_>>(),
        "written": written,
    });
    Ok(document.to_string())
}

fn problem(py: Python<'_>, error: &AdoptError) -> PyErr {
    match error {
        AdoptError::Inventory(found) => error::findings(py, found),
        AdoptError::Plan(error) => error::plan(py, error),
        _ => {
            let hint = error.hint().unwrap_or_default();
            error::error(py, "not-adopted", &error.to_string(), &hint)
        }
    }
}
