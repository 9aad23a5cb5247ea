use std::path::PathBuf;

use etcd_plan::executor::{
    ConnectError, Executor, ScriptOutput, ScriptRunner, ScriptSession, Session, Target,
};
use etcd_plan::names::HostName;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use serde_json::json;

/// What is said when Python is asked too late.
const SHUTTING_DOWN: &str = "the Python interpreter is shutting down";

/// An executor that is written in Python, behind `pyetcdplan._bridge.Bridge`: `connect` takes a
/// target as JSON and gives a session, `root` takes the name of a host.
pub(crate) struct PythonExecutor {
    pub(crate) object: Py<PyAny>,
}

impl Executor for PythonExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let opened = attached(|py| {
            let session = self
                .object
                .call_method1(py, "connect", (document(target),))?;
            let root = self
                .object
                .call_method1(py, "root", (target.host.as_str(),))?;
            Ok((session, root.extract::<Option<PathBuf>>(py)?))
        });
        let (session, root) = opened.map_err(|message| ConnectError {
            host: target.host.clone(),
            message,
            hint: "see what `connect` of the executor does".to_owned(),
        })?;
        let runner = Box::new(PythonRunner { session });
        let session = match root {
            Some(root) => ScriptSession::in_folder(target, &root, runner)?,
            None => ScriptSession::open(target.host.clone(), runner)?,
        };
        Ok(Box::new(session))
    }

    fn root(&self, host: &HostName) -> Option<PathBuf> {
        let root = attached(|py| {
            let root = self.object.call_method1(py, "root", (host.as_str(),))?;
            root.extract(py)
        });
        // The same question is asked when the host is reached, and its failure is told there.
        root.unwrap_or_default()
    }
}

/// A session that is written in Python: `run` takes a script and its input, and gives status,
/// output and errors; `close` ends it.
struct PythonRunner {
    session: Py<PyAny>,
}

impl ScriptRunner for PythonRunner {
    fn run(&mut self, script: &str, input: &[u8]) -> Result<ScriptOutput, String> {
        attached(|py| {
            let input = PyBytes::new(py, input);
            let output = self.session.call_method1(py, "run", (script, input))?;
            let (status, stdout, stderr) =
                output.extract::<(i32, PyBackedBytes, PyBackedBytes)>(py)?;
            Ok(ScriptOutput {
                status,
                stdout: stdout.to_vec(),
                stderr: stderr.to_vec(),
            })
        })
    }
}

impl Drop for PythonRunner {
    fn drop(&mut self) {
        // What goes wrong when a session is closed changes nothing any more.
        let _ = attached(|py| self.session.call_method0(py, "close"));
    }
}

/// Calls into Python from a thread of the engine; what is raised there becomes a clause.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T, String> {
    let done = Python::try_attach(|py| {
        work(py).map_err(|error| {
            let kind = error.get_type(py).name();
            let kind = kind.map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
            match error.value(py).to_string() {
                text if text.is_empty() => kind,
                text => format!("{kind}: {text}"),
            }
        })
    });
    done.unwrap_or_else(|| Err(SHUTTING_DOWN.to_owned()))
}

fn document(target: &Target) -> String {
    json!({
        "host": target.host,
        "address": target.address,
        "port": target.port,
        "user": target.user,
        "private_key_file": target.private_key_file,
        "ssh_common_args": target.ssh_common_args,
        "become_user": target.become_user,
        "local": target.local,
    })
    .to_string()
}
