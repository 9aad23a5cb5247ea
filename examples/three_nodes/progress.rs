//! Tells what the run does, as it goes.

use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use etcd_plan::engine::{Flow, Observer};
use etcd_plan::executor::SandboxExecutor;
use etcd_plan::{Event, Outcome};

/// Prints events, and stops the run on Ctrl-C.
pub(crate) struct Progress<'a> {
    interrupted: &'a Arc<AtomicBool>,
    executor: &'a SandboxExecutor,
    is_stopping: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(interrupted: &'a Arc<AtomicBool>, executor: &'a SandboxExecutor) -> Self {
        Self {
            interrupted,
            executor,
            is_stopping: false,
        }
    }
}

impl Observer for Progress<'_> {
    fn on_event(&mut self, event: &Event) -> Flow {
        let line = match event {
            Event::HostRead { host, at_ms } => Some(format!("{at_ms:>6} ms  read {host}")),
            Event::HostFailed { host, why, at_ms } => {
                Some(format!("{at_ms:>6} ms  {host} could not be read: {why}"))
            }
            Event::Judged { refusals, at_ms } if refusals.is_empty() => {
                Some(format!("{at_ms:>6} ms  every guard agrees; changes begin"))
            }
            Event::StepEnded {
                step,
                outcome,
                lines,
                at_ms,
                ..
            } if matches!(outcome, Outcome::Changed | Outcome::Failed) => {
                let first = lines
                    .first()
                    .and_then(|line| line.lines().next())
                    .unwrap_or_default();
                Some(format!("{at_ms:>6} ms  {outcome} {step}  {first}"))
            }
            _ => None,
        };
        if let Some(line) = line {
            let _ = writeln!(stdout(), "{line}");
        }
        self.poll()
    }

    fn poll(&mut self) -> Flow {
        if !self.interrupted.load(Ordering::Relaxed) {
            return Flow::Continue;
        }
        if !self.is_stopping {
            self.is_stopping = true;
            let _ = writeln!(stdout(), "interrupted: stopping what was started");
            // Whoever waits for a member that starts sees that it has ended, and waits no longer.
            // What fails here is tried again at the end.
            let _ = self.executor.stop_all();
        }
        Flow::Stop
    }
}
