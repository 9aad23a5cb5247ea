use std::sync::Arc;

use etcd_plan::executor::{ConnectError, Executor, Session, Target};
use etcd_plan::pki::PkiMemory;
use etcd_plan_testkit::{HostSpec, SimExecutor, SimWorld};
use pyo3::prelude::*;

use crate::error;

/// Hosts that are not there: simulated, with an etcd that follows etcd's rules.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct SimulatedExecutor {
    pub(crate) executor: Arc<Simulation>,
    pub(crate) keys: Arc<PkiMemory>,
}

/// A world in which a host comes into being when it is first reached.
pub(crate) struct Simulation {
    world: SimWorld,
}

impl Executor for Simulation {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let mut host = HostSpec::new(target.host.as_str());
        host.addresses.extend(target.address.parse());
        self.world.add_host(host);
        SimExecutor::new(&self.world).connect(target)
    }
}

#[pymethods]
impl SimulatedExecutor {
    #[new]
    fn new() -> Self {
        Self {
            executor: Arc::new(Simulation {
                world: SimWorld::new([]),
            }),
            keys: Arc::default(),
        }
    }

    /// Gives the names of the hosts that were reached.
    fn hosts(&self) -> Vec<String> {
        let hosts = self.executor.world.hosts().into_iter();
        hosts.map(|host| host.to_string()).collect()
    }

    /// Gives the bytes of a file on a host.
    fn read_file(&self, py: Python<'_>, host: &str, path: &str) -> PyResult<Option<Vec<u8>>> {
        let path: etcd_plan::names::HostPath = path.parse().map_err(|why| {
            let message = format!("`{path}` {why}");
            error::error(py, "bad-name", &message, "give an absolute path")
        })?;
        Ok(self.world(py, host)?.read_file(host, path.as_str()))
    }

    /// Cuts a host off the network.
    fn cut_network(&self, py: Python<'_>, host: &str) -> PyResult<()> {
        self.world(py, host)?.cut_network(host);
        Ok(())
    }

    /// Joins a host to the network again.
    fn join_network(&self, py: Python<'_>, host: &str) -> PyResult<()> {
        self.world(py, host)?.join_network(host);
        Ok(())
    }

    /// Lets the etcd of a host end.
    fn stop_etcd(&self, py: Python<'_>, host: &str) -> PyResult<()> {
        self.world(py, host)?.stop_service(host, "etcd");
        Ok(())
    }
}

impl SimulatedExecutor {
    /// Gives the world, if the host is in it.
    fn world(&self, py: Python<'_>, host: &str) -> PyResult<&SimWorld> {
        let world = &self.executor.world;
        if world.hosts().iter().any(|known| known.as_str() == host) {
            return Ok(world);
        }
        let message = format!("there is no simulated host {host}");
        let hint = "a host is simulated from when it was first reached";
        Err(error::error(py, "no-such-host", &message, hint))
    }
}
