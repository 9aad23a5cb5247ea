use serde::{Deserialize, Serialize};

use super::Finding;
use super::view::View;
use crate::host_journal::HostJournal;
use crate::names::HostName;
use crate::spec::ClusterSpec;

/// The latest run that changed something, by the journals on the hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// What ran, by whom, since when: `create by user@machine, process 4711, since 20261121T143000Z`.
    pub run: String,
    /// How it ended: `12 changed, 0 failed`; none while a host does not say that it ended.
    pub ended: Option<String>,
    /// The hosts that do not say that it ended: it is still at work there, or was cut off.
    pub open: Vec<OpenRun>,
}

/// How far a run came on a host on which it has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// The host.
    pub host: HostName,
    /// The step that was begun last; none before the first.
    pub last_step: Option<String>,
}

/// Finds the latest run among the journals; none where there is no journal.
pub(super) fn last_run(spec: &ClusterSpec, views: &[View<'_>]) -> Option<LastRun> {
    let question = HostJournal::question(&spec.name);
    let journals: Vec<(&HostName, HostJournal)> = views
        .iter()
        .filter_map(|view| {
            let bytes = view
                .facts
                .as_ref()
                .ok()?
                .bytes(&question)
                .ok()?
                .as_deref()?;
            Some((&view.member.host.name, HostJournal::read(bytes)?))
        })
        .collect();
    let (_, latest) = journals.iter().max_by_key(|(_, journal)| journal.since())?;
    // A run that leaves hosts out of its limit leaves them the journal of an earlier one.
    let of_latest = journals.iter().filter(|(_, j)| j.run == latest.run);
    let open: Vec<OpenRun> = of_latest
        .filter(|(_, journal)| journal.ended.is_none())
        .map(|(host, journal)| OpenRun {
            host: (*host).clone(),
            last_step: journal.last_step.clone(),
        })
        .collect();
    Some(LastRun {
        run: latest.run.clone(),
        ended: latest.ended.clone().filter(|_| open.is_empty()),
        open,
    })
}

impl LastRun {
    /// Warns of a run that has not ended.
    pub(super) fn warning(&self) -> Option<Finding> {
        let first = self.open.first()?;
        let hosts: Vec<&str> = self.open.iter().map(|open| open.host.as_str()).collect();
        let step = first.last_step.as_ref().map_or_else(
            || "nothing was begun".to_owned(),
            |step| format!("`{step}` was begun last"),
        );
        Some(Finding::of_cluster(
            format!("{} has not ended on {}: {step}", self.run, hosts.join(", ")),
            "if it is not at work any more it was cut off: run it again, and it goes on from there",
        ))
    }
}
