use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcd_plan::executor::ssh::{self, HostKeyChecking, Question, Secrets};
use etcd_plan::secret::Secret;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::error;

/// Reaches hosts over SSH.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct SshExecutor {
    pub(crate) executor: Arc<ssh::SshExecutor>,
}

#[pymethods]
impl SshExecutor {
    /// Makes one; what is none is as `ssh` has it. Durations are seconds.
    #[new]
    #[pyo3(signature = (
        *, user, identity_files, host_key_checking, known_hosts, ssh_config, use_ssh_config,
        connect_timeout, operation_timeout, keep_alive, secrets,
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are named where it is called"
    )]
    fn new(
        py: Python<'_>,
        user: Option<String>,
        identity_files: Vec<PathBuf>,
        host_key_checking: Option<&str>,
        known_hosts: Option<Vec<PathBuf>>,
        ssh_config: Option<PathBuf>,
        use_ssh_config: bool,
        connect_timeout: Option<Duration>,
        operation_timeout: Option<Duration>,
        keep_alive: Option<Duration>,
        secrets: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let mut executor = ssh::SshExecutor::new();
        if let Some(user) = user {
            executor = executor.user(user);
        }
        for file in identity_files {
            executor = executor.identity_file(file);
        }
        if let Some(word) = host_key_checking {
            let checking: HostKeyChecking = word.parse().map_err(|why| {
                let message = format!("host_key_checking: {why}");
                error::error(py, "no-such-word", &message, "use one of OpenSSH's words")
            })?;
            executor = executor.host_key_checking(checking);
        }
        if let Some(files) = known_hosts {
            executor = executor.known_hosts(files);
        }
        executor = match (ssh_config, use_ssh_config) {
            (Some(file), _) => executor.ssh_config(file),
            (None, true) => executor,
            (None, false) => executor.without_ssh_config(),
        };
        if let Some(timeout) = connect_timeout {
            executor = executor.connect_timeout(timeout);
        }
        if let Some(timeout) = operation_timeout {
            executor = executor.operation_timeout(timeout);
        }
        if let Some(interval) = keep_alive {
            executor = executor.keep_alive(interval);
        }
        if let Some(ask) = secrets {
            executor = executor.secrets(PythonSecrets { ask });
        }
        Ok(Self {
            executor: Arc::new(executor),
        })
    }
}

/// Asks Python for secrets.
struct PythonSecrets {
    ask: Py<PyAny>,
}

impl Secrets for PythonSecrets {
    fn answer(&self, question: &Question) -> Option<Secret> {
        let (kind, user, host, file) = match question {
            Question::Passphrase { file } => ("passphrase", None, None, Some(file.clone())),
            Question::Password { user, host } => ("password", Some(user), Some(host), None),
            Question::BecomePassword { user, host } => {
                ("become_password", Some(user), Some(host), None)
            }
        };
        Python::try_attach(|py| {
            let answer = self.ask.call1(py, (kind, user, host, file));
            let answer = answer.and_then(|answer| {
                let bytes: Option<PyBackedBytes> = answer.extract(py)?;
                Ok(bytes.map(|bytes| Secret::new(&*bytes)))
            });
            // Who asks has no way to take an exception; that there is no answer is told there.
            answer.unwrap_or_else(|error| {
                error.write_unraisable(py, Some(self.ask.bind(py)));
                None
            })
        })
        .flatten()
    }
}
