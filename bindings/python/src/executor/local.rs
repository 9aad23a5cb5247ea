use std::path::PathBuf;
use std::sync::Arc;

use etcd_plan::executor::{self, Executor as _, SandboxError};
use etcd_plan::names::HostName;
use pyo3::prelude::*;

use crate::error::{self, detached};

/// Runs operations on this machine.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct LocalExecutor {
    pub(crate) executor: Arc<executor::LocalExecutor>,
}

#[pymethods]
impl LocalExecutor {
    #[new]
    fn new() -> Self {
        Self {
            executor: Arc::default(),
        }
    }
}

/// Gives every host a folder of this machine.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct SandboxExecutor {
    pub(crate) executor: Arc<executor::SandboxExecutor>,
}

#[pymethods]
impl SandboxExecutor {
    /// Makes one with the hosts' folders in `dir`, and with programs from `programs` before those
    /// in `PATH`.
    #[new]
    fn new(dir: PathBuf, programs: Option<PathBuf>) -> Self {
        let mut executor = executor::SandboxExecutor::new(dir);
        if let Some(programs) = programs {
            executor = executor.programs_in(programs);
        }
        Self {
            executor: Arc::new(executor),
        }
    }

    /// Gives the folder that stands for `/` of a host.
    fn root(&self, py: Python<'_>, host: &str) -> PyResult<Option<PathBuf>> {
        let host: HostName = host.parse().map_err(|why| {
            let message = format!("`{host}` {why}");
            error::error(py, "bad-name", &message, "name a host of the inventory")
        })?;
        Ok(self.executor.root(&host))
    }

    /// Finds the processes that were started: host, service and process id of each.
    fn processes(&self, py: Python<'_>) -> PyResult<Vec<(String, String, u32)>> {
        let found = detached(py, || self.executor.processes())?;
        let found = found.map_err(|why| sandbox_error(py, &why))?.into_iter();
        Ok(found
            .map(|process| (process.host.to_string(), process.service, process.pid))
            .collect())
    }

    /// Stops all processes that were started.
    fn stop_all(&self, py: Python<'_>) -> PyResult<()> {
        let stopped = detached(py, || self.executor.stop_all())?;
        stopped.map_err(|why| sandbox_error(py, &why))
    }
}

fn sandbox_error(py: Python<'_>, error: &SandboxError) -> PyErr {
    let hint = "see what runs there: `LocalExecutor.sandbox(dir).processes()` tells";
    error::error(py, "sandbox", &error.to_string(), hint)
}
