//! Errors become exceptions of the package: `pyetcdplan._errors` says which there are.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use etcd_plan::diagnostic::{Diagnostics, Style};
use etcd_plan::guard::Refusal;
use etcd_plan::names::HostName;
use etcd_plan::{InventoryFileError, PlanError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use serde_json::{Value, json};

/// Runs work that does not need the interpreter, without it.
///
/// # Errors
///
/// When it panics, which is a bug of ours and never the end of the interpreter.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work)))
        .map_err(|panic| bug(py, panic.as_ref()))
}

fn bug(py: Python<'_>, panic: &(dyn Any + Send)) -> PyErr {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let message = format!("a part of etcd-plan panicked, which is a bug: {text}");
    let hint = "report it, with the inventory as far as it may be seen";
    error(py, "bug", &message, hint)
}

/// Makes an `EtcdPlanError` itself.
pub(crate) fn error(py: Python<'_>, code: &str, message: &str, hint: &str) -> PyErr {
    let data = json!({ "code": code, "message": message, "hints": [hint] });
    exception(py, "EtcdPlanError", &data)
}

/// Makes a `PlanError`.
pub(crate) fn plan_problem(py: Python<'_>, code: &str, message: &str, hint: &str) -> PyErr {
    let data = json!({ "code": code, "message": message, "hints": [hint] });
    exception(py, "PlanError", &data)
}

/// Makes an `InventoryError` with findings.
pub(crate) fn findings(py: Python<'_>, findings: &Diagnostics) -> PyErr {
    let data = json!({
        "message": findings.to_string(),
        "diagnostics": diagnostics(findings),
    });
    exception(py, "InventoryError", &data)
}

/// Makes an `InventoryError` of a file.
pub(crate) fn inventory_file(py: Python<'_>, error: &InventoryFileError) -> PyErr {
    match error {
        InventoryFileError::Findings(found) => findings(py, found),
        InventoryFileError::Unreadable { source, .. } => {
            let data = json!({
                "code": "unreadable",
                "message": format!("{error}: {source}"),
                "hints": ["name a file that can be read; the text of an inventory holds a line break"],
            });
            exception(py, "InventoryError", &data)
        }
    }
}

/// Makes the exception for a plan that there is not.
pub(crate) fn plan(py: Python<'_>, error: &PlanError) -> PyErr {
    let code = match error {
        PlanError::Inventory(found) => return findings(py, found),
        PlanError::Selection(diagnostic) => diagnostic.code.as_str(),
        PlanError::Broken(_) => "unsafe-plan",
        PlanError::Document { .. } => "no-plan",
    };
    plan_problem(py, code, &error.to_string(), &error.hint())
}

/// Makes a `GuardRefused`, or a `ConnectError` when hosts were not reached.
pub(crate) fn refused(
    py: Python<'_>,
    message: &str,
    refusals: &[Refusal],
    unreached: &[HostName],
) -> PyErr {
    let class = if unreached.is_empty() {
        "GuardRefused"
    } else {
        "ConnectError"
    };
    let data = json!({ "message": message, "refusals": refusals, "hosts": unreached });
    exception(py, class, &data)
}

/// Gives findings as data: their documents, each with what it looks like over the text.
pub(crate) fn diagnostics(findings: &Diagnostics) -> Value {
    let document = serde_json::from_str(&findings.to_json());
    let mut document: Value = document.expect("what was written can be read");
    let mut documents = document["findings"].take();
    let each = documents.as_array_mut().into_iter().flatten();
    for (document, finding) in each.zip(findings) {
        document["text"] = finding.render(Style::Plain).into();
    }
    documents
}

/// Makes an exception of a class of the package from its data.
fn exception(py: Python<'_>, class: &str, data: &Value) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.get_or_try_init(py, || {
        let make = py.import("pyetcdplan._errors")?.getattr("make")?;
        PyResult::Ok(make.unbind())
    });
    let made = make.and_then(|make| make.bind(py).call1((class, data.to_string())));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
