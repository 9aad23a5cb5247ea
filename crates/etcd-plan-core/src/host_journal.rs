//! The journal that a run keeps on each host that it holds: how far it came there, for whoever looks
//! from another machine. It lies beside nothing that etcd needs, and holds nothing secret.

use serde::{Deserialize, Serialize};

use crate::names::{ClusterName, HostPath};
use crate::op::ReadOp;
use crate::report::{Outcome, Report};
use crate::run::RunContext;

const BEGIN: &str = "begin ";
const STEP: &str = "step ";
const END: &str = "end ";

/// What the journal of a host says of the latest run there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostJournal {
    /// What ran, by whom, since when: `create by user@machine, process 4711, since 20261121T143000Z`.
    pub run: String,
    /// The step that was begun last; none before the first.
    pub last_step: Option<String>,
    /// How it ended: `12 changed, 0 failed`; none while it runs, and when it was cut off.
    pub ended: Option<String>,
}

impl HostJournal {
    /// Gives the file on the host.
    pub fn path(cluster: &ClusterName) -> HostPath {
        HostPath::fixed(&format!("/var/lib/etcd-plan/{cluster}.journal"))
    }

    /// Gives the question for what the file holds.
    pub fn question(cluster: &ClusterName) -> ReadOp {
        ReadOp::ReadFile {
            path: Self::path(cluster),
        }
    }

    /// Says what runs, by whom, since when: for the lock, and the first line.
    pub fn holder(run: &RunContext<'_>) -> String {
        let (goal, inputs) = (run.plan.goal(), run.inputs);
        format!("{goal} by {}, since {}", inputs.holder, inputs.stamp)
    }

    /// Gives the line for a step that begins.
    pub fn step_line(step: &str) -> String {
        format!("{STEP}{step}")
    }

    /// Gives the line for a run that has ended.
    pub fn end_line(report: &Report) -> String {
        let (changed, failed) = (Outcome::Changed, Outcome::Failed);
        let stopped = if report.stopped { ", stopped" } else { "" };
        let (changed, failed) = (report.count(changed), report.count(failed));
        format!("{END}{changed} changed, {failed} failed{stopped}")
    }

    /// Reads a journal; none when it does not begin as one does.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let run = text.lines().next()?.strip_prefix(BEGIN)?.to_owned();
        let mut journal = Self {
            run,
            last_step: None,
            ended: None,
        };
        for line in text.lines() {
            if let Some(step) = line.strip_prefix(STEP) {
                journal.last_step = Some(step.to_owned());
            } else if let Some(how) = line.strip_prefix(END) {
                journal.ended = Some(how.to_owned());
            }
        }
        Some(journal)
    }

    /// Gives when the run began, as it stands in names; empty when the journal does not say.
    pub fn since(&self) -> &str {
        self.run
            .rsplit_once("since ")
            .map_or("", |(_, stamp)| stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::HostJournal;

    #[test]
    fn it_says_how_far_a_run_came() {
        let begun = "begin rebuild by me@here, process 7, since 20261121T143000Z\n";
        let read = |text: &str| HostJournal::read(text.as_bytes());
        let journal = read(begun).expect("a journal");
        assert_eq!(journal.since(), "20261121T143000Z");
        assert_eq!((journal.last_step, journal.ended), (None, None));
        let steps = "step etcd/a/etcd_purge/stop\nstep etcd/a/etcd_purge\nnote: taken over\n";
        let journal = read(&format!("{begun}{steps}")).expect("a journal");
        assert_eq!(journal.last_step.as_deref(), Some("etcd/a/etcd_purge"));
        assert_eq!(journal.ended, None);
        let end = "end 2 changed, 0 failed\n";
        let journal = read(&format!("{begun}{steps}{end}")).expect("a journal");
        assert_eq!(journal.ended.as_deref(), Some("2 changed, 0 failed"));
        assert_eq!(read("etcd_plan was here\n"), None);
        assert_eq!(read(""), None);
    }
}
