use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etcd_plan::Event;
use etcd_plan::engine::{Flow, Observer};
use pyo3::prelude::*;

/// Asks a run to stop, from whichever thread.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct StopFlag {
    pub(crate) is_set: Arc<AtomicBool>,
}

#[pymethods]
impl StopFlag {
    /// Makes one that is not set.
    #[new]
    fn new() -> Self {
        Self {
            is_set: Arc::default(),
        }
    }

    /// Asks the run to stop: no step is begun any more, and those under way end.
    fn set(&self) {
        self.is_set.store(true, Ordering::Relaxed);
    }

    /// Says whether it was set.
    fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }
}

/// Gives events to Python, on the thread that runs the plan, and sees to signals.
pub(crate) struct PythonObserver {
    pub(crate) on_event: Option<Py<PyAny>>,
    pub(crate) stop: Option<Arc<AtomicBool>>,
    /// What was raised; the run is stopped then, and nobody is called any more.
    pub(crate) raised: Option<PyErr>,
}

impl PythonObserver {
    /// Calls into Python, unless something was raised before.
    fn call(&mut self, work: impl FnOnce(Python<'_>, Option<&Py<PyAny>>) -> PyResult<()>) -> Flow {
        if self.raised.is_none() {
            // None while the interpreter shuts down: nobody is there to be told.
            let done = Python::try_attach(|py| {
                py.check_signals()?;
                work(py, self.on_event.as_ref())
            });
            self.raised = done.and_then(Result::err);
        }
        let is_asked = |stop: &Arc<AtomicBool>| stop.load(Ordering::Relaxed);
        if self.raised.is_some() || self.stop.as_ref().is_some_and(is_asked) {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

impl Observer for PythonObserver {
    fn on_event(&mut self, event: &Event) -> Flow {
        let text = serde_json::to_string(event).expect("an event has only text keys");
        self.call(|py, on_event| {
            on_event.map_or(Ok(()), |on_event| on_event.call1(py, (text,)).map(drop))
        })
    }

    fn poll(&mut self) -> Flow {
        self.call(|_, _| Ok(()))
    }
}
