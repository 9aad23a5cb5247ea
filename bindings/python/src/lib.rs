//! The native module of pyetcdplan, which its Python facade wraps: inventories, plans, runs and
//! executors of etcd-plan, as they are.
//!
//! It is private, and small on purpose. What is made of many parts (findings, events, reports)
//! goes to Python as the JSON documents that etcd-plan has anyway; the facade makes classes of
//! them. A call that takes its time lets go of the interpreter. A panic is an exception.

mod adopt;
#[cfg(feature = "bench")]
mod bench;
mod consumers;
mod error;
mod executor;
mod inventory;
mod monitoring;
mod observer;
mod plan;
mod report;
mod run;

/// The native module.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::adopt::adopt;
    #[cfg(feature = "bench")]
    #[pymodule_export]
    use crate::bench::plan_in_rust;
    #[pymodule_export]
    use crate::consumers::{issue, outputs};
    #[pymodule_export]
    use crate::executor::{LocalExecutor, SandboxExecutor, SimulatedExecutor, SshExecutor};
    #[pymodule_export]
    use crate::inventory::Inventory;
    #[pymodule_export]
    use crate::monitoring::monitoring;
    #[pymodule_export]
    use crate::observer::StopFlag;
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::report::{Report, Status};
    #[pymodule_export]
    use crate::run::{apply, environment, preview, status};

    /// The version of the package, which is that of etcd-plan.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
