use super::backup::latest;
use super::last_run::{LastRun, last_run};
use super::together::{alarm_problem, alarms, cluster_id, is_listed, leader, of_all, strangers};
use super::view::View;
use super::warnings::{authority, mixed, set_lag, warnings};
use super::{ClusterStatus, Drift, Finding, Health, MemberStatus};
use crate::cert::UnixTime;
use crate::facts::{ClusterKeys, Observation, Situation};
use crate::spec::ClusterSpec;

/// What the status of a cluster is judged from.
#[derive(Debug, Clone)]
pub struct StatusInputs<'a> {
    /// The cluster, as the inventory has it.
    pub spec: &'a ClusterSpec,
    /// What was read.
    pub observation: &'a Observation,
    /// What there is of it.
    pub situation: &'a Situation,
    /// What the control machine holds for it; none where that is not ours to know.
    pub keys: Option<&'a ClusterKeys>,
    /// What is not as the inventory has it.
    pub drift: Vec<Drift>,
    /// The time.
    pub now: UnixTime,
}

impl ClusterStatus {
    /// Judges what a cluster is like.
    pub fn of(inputs: StatusInputs<'_>) -> Self {
        let spec = inputs.spec;
        let views: Vec<View<'_>> = spec
            .members
            .iter()
            .map(|member| View::of(member, &inputs))
            .collect();
        let is_absent = matches!(inputs.situation, Situation::Absent);
        let answering = views.iter().filter(|view| view.is_voter_well()).count();
        let mut members: Vec<MemberStatus> =
            views.iter().map(|view| view.status(&inputs)).collect();
        set_lag(&mut members);
        let mut problems = Vec::new();
        if is_absent {
            problems.push(Finding::of_cluster(
                "there is no cluster: nothing runs, and there is no data",
                "build it with `etcd-plan apply`",
            ));
        } else {
            for view in &views {
                problems.extend(view.problem(is_listed(&views, view)));
            }
            let mut together = of_all(&views);
            if spec.is_external() {
                for finding in &mut together {
                    "tell whoever runs it, or correct the inventory".clone_into(&mut finding.hint);
                }
            }
            problems.extend(together);
        }
        let is_situation_known = views.iter().all(|view| view.facts.is_ok());
        if let (Situation::Remains { why }, true) = (inputs.situation, is_situation_known) {
            let what = format!("it is not the cluster of the inventory: {}", why.join("; "));
            let hint = "see whether inventory or hosts are right: `etcd-plan plan` says what would be done";
            problems.push(Finding::of_cluster(what, hint));
        }
        let alarms = alarms(&views);
        for alarm in &alarms {
            problems.push(alarm_problem(&views, alarm));
        }
        let mut warnings: Vec<Finding> = members.iter().flat_map(warnings).collect();
        warnings.extend(mixed(&members));
        warnings.extend(authority(inputs.keys, inputs.now));
        let last_run = last_run(spec, &views);
        // One that was cut off when all was done has left nothing to do, and nobody to say so.
        if !problems.is_empty() || !inputs.drift.is_empty() {
            warnings.extend(last_run.as_ref().and_then(LastRun::warning));
        }
        // Where the cluster is not there, everything would be new: that is no drift.
        let is_there = matches!(inputs.situation, Situation::Present { .. });
        Self {
            name: spec.name.clone(),
            health: if is_absent {
                Health::Absent
            } else if problems.is_empty() {
                Health::Healthy
            } else if answering > 0 {
                Health::Degraded
            } else if views.iter().any(|view| view.facts.is_err()) {
                Health::Unknown
            } else {
                Health::Down
            },
            cluster_id: cluster_id(&views),
            leader: leader(&views),
            voters: spec.voters().count(),
            quorum: spec.quorum(),
            answering,
            tolerance: answering.saturating_sub(spec.quorum()),
            revision: views
                .iter()
                .filter_map(|view| Some(view.etcd?.status.as_ref()?.revision))
                .max(),
            backup: latest(&inputs),
            quota: quota(spec),
            members,
            strangers: strangers(&views),
            alarms,
            problems,
            warnings,
            last_run,
            drift: if is_there { inputs.drift } else { Vec::new() },
        }
    }
}

/// Gives the quota of a cluster's database in bytes; 0 where it is not ours to say.
pub(super) fn quota(spec: &ClusterSpec) -> u64 {
    if spec.is_external() {
        return 0;
    }
    spec.settings.storage.quota.0
}
