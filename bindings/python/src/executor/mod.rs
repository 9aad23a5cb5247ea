//! Executors: those of etcd-plan, the simulator, and those that are written in Python.

mod local;
mod python;
mod simulated;
mod ssh;

use std::sync::Arc;

use etcd_plan::executor::Executor;
use etcd_plan::pki::KeyMaterial;
use pyo3::prelude::*;

pub(crate) use local::{LocalExecutor, SandboxExecutor};
pub(crate) use simulated::SimulatedExecutor;
pub(crate) use ssh::SshExecutor;

use python::PythonExecutor;

/// An executor, whatever it is.
pub(crate) type Reach = Arc<dyn Executor + Send + Sync>;

/// Gives the executor behind an object: one of ours, or any with `connect`. The simulator keeps
/// certificates itself, so that nothing is written anywhere.
pub(crate) fn reach(
    object: &Bound<'_, PyAny>,
) -> (Reach, Option<Arc<dyn KeyMaterial + Send + Sync>>) {
    if let Ok(ssh) = object.cast::<SshExecutor>() {
        (Arc::clone(&ssh.get().executor) as Reach, None)
    } else if let Ok(local) = object.cast::<LocalExecutor>() {
        (Arc::clone(&local.get().executor) as Reach, None)
    } else if let Ok(sandbox) = object.cast::<SandboxExecutor>() {
        (Arc::clone(&sandbox.get().executor) as Reach, None)
    } else if let Ok(simulated) = object.cast::<SimulatedExecutor>() {
        let simulated = simulated.get();
        (
            Arc::clone(&simulated.executor) as Reach,
            Some(Arc::clone(&simulated.keys) as Arc<dyn KeyMaterial + Send + Sync>),
        )
    } else {
        let object = object.clone().unbind();
        (Arc::new(PythonExecutor { object }), None)
    }
}
