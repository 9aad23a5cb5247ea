use super::Drift;
use crate::plan::{Action, Plan};
use crate::report::{Outcome, Report};

/// Picks out of a preview what is not as the inventory has it, for one cluster of a plan.
///
/// What only serves a change (locks, files beside their places) and what starts or stops members is
/// left out: a member that stands still is a problem of health.
pub fn drift(plan: &Plan, cluster: usize, preview: &Report) -> Vec<Drift> {
    plan.steps_of(cluster)
        .filter(|step| is_wanted_state(step.action()))
        .filter_map(|step| preview.steps.get(step.index().get()))
        .filter(|report| report.outcome == Outcome::WouldChange)
        .map(|report| Drift {
            step: report.step.clone(),
            host: report.host.clone(),
            lines: report.lines.clone(),
            diff: report.diff.clone(),
        })
        .collect()
}

fn is_wanted_state(action: Action) -> bool {
    matches!(
        action,
        Action::Install
            | Action::EnsureAuthority
            | Action::IssueCertificate { .. }
            | Action::MakeFolders
            | Action::Promote { .. }
            | Action::Register { .. }
    )
}
