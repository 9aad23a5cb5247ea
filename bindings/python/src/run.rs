use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use etcd_plan::engine::{Observed, Run, RunSettings};
use etcd_plan::guard::Refusal;
use etcd_plan::names::HostName;
use etcd_plan::pki::{KeyMaterial, PkiFolder};
use etcd_plan::render::ClientEnvironment;
use etcd_plan::spec::ClusterSpec;
use pyo3::prelude::*;

use crate::error::{self, detached};
use crate::executor::{self, Reach};
use crate::observer::{PythonObserver, StopFlag};
use crate::plan::Plan;
use crate::report::{Document, DrawnFrom, Report, Status};

/// Says what would happen, and what guards refuse. Nothing is changed.
#[pyfunction]
#[pyo3(signature = (plan, executor, *, base_dir, on_event, stop, forks))]
pub(crate) fn preview(
    plan: &Bound<'_, Plan>,
    executor: &Bound<'_, PyAny>,
    base_dir: PathBuf,
    on_event: Option<Py<PyAny>>,
    stop: Option<&Bound<'_, StopFlag>>,
    forks: Option<NonZeroUsize>,
) -> PyResult<Report> {
    let session = Setup::new(plan, executor, base_dir, on_event, stop, forks);
    session.run(plan.py(), |observed, _| {
        Ok(Document {
            report: observed.preview(),
            refusals: observed.refusals().to_vec(),
        })
    })
}

/// Carries a plan out.
#[pyfunction]
#[pyo3(signature = (plan, executor, *, base_dir, on_event, stop, forks))]
pub(crate) fn apply(
    plan: &Bound<'_, Plan>,
    executor: &Bound<'_, PyAny>,
    base_dir: PathBuf,
    on_event: Option<Py<PyAny>>,
    stop: Option<&Bound<'_, StopFlag>>,
    forks: Option<NonZeroUsize>,
) -> PyResult<Report> {
    let session = Setup::new(plan, executor, base_dir, on_event, stop, forks);
    session.run(plan.py(), |observed, observer| {
        let unreached = unreached(&observed);
        let approved = observed.approve().map_err(|refused| Refused {
            message: refused.to_string(),
            refusals: refused.refusals,
            unreached,
        })?;
        Ok(Document {
            report: approved.apply(observer),
            refusals: Vec::new(),
        })
    })
}

/// Reads what the clusters of a plan are like. Nothing is changed.
#[pyfunction]
#[pyo3(signature = (plan, executor, *, base_dir, on_event, stop, forks))]
pub(crate) fn status(
    plan: &Bound<'_, Plan>,
    executor: &Bound<'_, PyAny>,
    base_dir: PathBuf,
    on_event: Option<Py<PyAny>>,
    stop: Option<&Bound<'_, StopFlag>>,
    forks: Option<NonZeroUsize>,
) -> PyResult<Status> {
    let mut setup = Setup::new(plan, executor, base_dir, on_event, stop, forks);
    let (raised, status) = detached(plan.py(), move || {
        let (executor, keys) = (&*setup.executor, &*setup.keys);
        let observer = &mut setup.observer;
        let status = etcd_plan::status::read(&setup.plan, executor, keys, setup.settings, observer);
        (setup.observer.raised, status)
    })?;
    raised.map_or(Ok(Status { status }), Err)
}

/// Gives the environment of etcdctl for a cluster, as JSON; without a name that of the only one.
/// Its files are where the executor has those of the first member.
#[pyfunction]
pub(crate) fn environment(
    py: Python<'_>,
    plan: &Bound<'_, Plan>,
    cluster: Option<&str>,
    executor: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let clusters = plan.get().plan.clusters().iter();
    let is_meant = |spec: &&ClusterSpec| cluster.is_none_or(|name| spec.name.as_str() == name);
    let meant: Vec<&ClusterSpec> = clusters.filter(is_meant).collect();
    let [spec] = meant[..] else {
        let names = plan.get().clusters().join(", ");
        let hint = format!("name one of its clusters: {names}");
        let (code, message) = match cluster {
            Some(name) => ("no-such-cluster", format!("there is no cluster {name}")),
            None => (
                "several-clusters",
                format!("the plan has {} clusters", meant.len()),
            ),
        };
        return Err(error::plan_problem(py, code, &message, &hint));
    };
    let reach = executor.map(|executor| executor::reach(executor).0);
    let first = spec.members.first().map(|member| &member.host.name);
    let root = reach.zip(first).and_then(|(reach, host)| reach.root(host));
    let root = root.map(|root| root.to_string_lossy().into_owned());
    Ok(ClientEnvironment::on_members(spec, &root.unwrap_or_default()).to_json())
}

/// What a run is set up with.
struct Setup {
    plan: Arc<etcd_plan::Plan>,
    executor: Reach,
    keys: Arc<dyn KeyMaterial + Send + Sync>,
    settings: RunSettings,
    observer: PythonObserver,
}

/// What guards refused.
struct Refused {
    message: String,
    refusals: Vec<Refusal>,
    /// The hosts that were not reached, or could not be read.
    unreached: Vec<HostName>,
}

impl Setup {
    fn new(
        plan: &Bound<'_, Plan>,
        executor: &Bound<'_, PyAny>,
        base_dir: PathBuf,
        on_event: Option<Py<PyAny>>,
        stop: Option<&Bound<'_, StopFlag>>,
        forks: Option<NonZeroUsize>,
    ) -> Self {
        let (executor, keys) = executor::reach(executor);
        let mut settings = RunSettings::default();
        settings.forks = forks.unwrap_or(settings.forks);
        settings.folder.clone_from(&base_dir);
        Self {
            plan: Arc::clone(&plan.get().plan),
            executor,
            keys: keys.unwrap_or_else(|| Arc::new(PkiFolder::new(base_dir))),
            settings,
            observer: PythonObserver {
                on_event,
                stop: stop.map(|stop| Arc::clone(&stop.get().is_set)),
                raised: None,
            },
        }
    }

    /// Reads everything, and goes on with what was read, all without the interpreter. What Python
    /// raised on the way comes first.
    fn run(
        mut self,
        py: Python<'_>,
        go_on: impl FnOnce(Observed<'_>, &mut PythonObserver) -> Result<Document, Refused> + Send,
    ) -> PyResult<Report> {
        let (raised, outcome) = detached(py, move || {
            let run = Run::new(&self.plan, &*self.executor, &*self.keys);
            let observed = run.settings(self.settings).observe(&mut self.observer);
            let outcome = match &self.observer.raised {
                Some(_) => None,
                None => Some(go_on(observed, &mut self.observer).map(|document| Report {
                    document,
                    drawn_from: Some(DrawnFrom::Plan(Arc::clone(&self.plan))),
                })),
            };
            (self.observer.raised, outcome)
        })?;
        match (raised, outcome) {
            (None, Some(Ok(report))) => Ok(report),
            (None, Some(Err(refused))) => Err(error::refused(
                py,
                &refused.message,
                &refused.refusals,
                &refused.unreached,
            )),
            (Some(raised), _) => Err(raised),
            (None, None) => unreachable!("without outcome something was raised"),
        }
    }
}

fn unreached(observed: &Observed<'_>) -> Vec<HostName> {
    let hosts = observed.observation().hosts.iter();
    let unreached = hosts.filter(|(_, answer)| answer.is_err());
    unreached.map(|(host, _)| host.clone()).collect()
}
