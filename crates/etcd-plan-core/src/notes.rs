//! What a person should know of a run, and what is no reason to refuse it.

use crate::facts::ClockOffset;
use crate::plan::Subtask;
use crate::run::RunContext;
use crate::spec::{ClusterSpec, MemberSpec};

/// The largest difference between the clocks of two members that is not told, in milliseconds.
/// Certificates and leases are judged by these clocks, and logs compared.
const CLOCKS_APART: i64 = 1_000;

/// Gives what is to be told, a sentence each.
pub fn notes(run: &RunContext<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let registers = run.plan.selection().takes(Subtask::Register);
    for spec in run.plan.clusters() {
        notes.extend(clocks(spec, run));
        if registers && spec.infra.is_empty() {
            notes.push(format!(
                "the inventory has no group `infra`, so Prometheus is not told of {}",
                spec.name
            ));
        }
    }
    notes
}

fn clocks(spec: &ClusterSpec, run: &RunContext<'_>) -> Option<String> {
    let clocks: Vec<(&MemberSpec, &ClockOffset)> = spec
        .members
        .iter()
        .filter_map(|member| Some((member, run.observation.clocks.get(&member.host.name)?)))
        .collect();
    let (ahead, most) = clocks.iter().max_by_key(|(_, offset)| offset.least_ms)?;
    let (behind, least) = clocks.iter().min_by_key(|(_, offset)| offset.most_ms)?;
    let apart = most.least_ms - least.most_ms;
    (apart > CLOCKS_APART).then(|| {
        format!(
            "the clock of {} is {}.{} s ahead of that of {}: see that both follow a time server",
            ahead.host.name,
            apart / 1000,
            apart % 1000 / 100,
            behind.host.name
        )
    })
}
