//! Times for a run of the simulator, which takes none: those that such steps take on real hosts.

use std::collections::BTreeMap;

use etcd_plan::Event;
use etcd_plan::names::HostName;
use etcd_plan::report::{Outcome, Report};
use etcd_plan::view::html::Outline;

/// When the guards are judged, in milliseconds.
const JUDGED: u64 = 260;

/// Gives a run times: each step begins when all that it waits for has ended and its host is free.
pub(crate) fn timed(outline: &Outline, mut report: Report) -> Report {
    let mut free: BTreeMap<Option<HostName>, u64> = BTreeMap::new();
    for at in in_order(outline) {
        let step = &outline.steps[at];
        let kind = &outline.kinds[step.kind];
        let waits = step.waits_for.iter();
        let ready = waits.filter_map(|before| report.steps[*before].ended_ms);
        let ready = ready
            .max()
            .unwrap_or(if kind.above_gate { JUDGED } else { 0 });
        let takes = match report.steps[at].outcome {
            Outcome::Changed | Outcome::Failed => usual(&kind.label, at as u64),
            Outcome::Unchanged if kind.label.starts_with("wait for") => 320 + at as u64 % 140,
            _ => 0,
        };
        let told = &mut report.steps[at];
        if takes == 0 {
            told.started_ms = None;
            told.ended_ms = Some(ready);
            continue;
        }
        let place = free.entry(step.host.clone()).or_default();
        let began = ready.max(*place);
        *place = began + takes;
        told.started_ms = Some(began);
        told.ended_ms = Some(began + takes);
    }
    let last = report.steps.iter().filter_map(|step| step.ended_ms).max();
    report.duration_ms = last.unwrap_or_default() + 12;
    report
}

/// What such a run says of its reading.
pub(crate) fn events(outline: &Outline) -> Vec<Event> {
    let mut events = Vec::new();
    let mut hosts: Vec<&HostName> = outline
        .steps
        .iter()
        .filter_map(|s| s.host.as_ref())
        .collect();
    hosts.dedup();
    hosts.sort();
    hosts.dedup();
    for (nth, host) in hosts.into_iter().enumerate() {
        let at_ms = 150 + nth as u64 * 37 % 100;
        events.push(Event::HostRead {
            host: host.clone(),
            at_ms,
        });
    }
    events.push(Event::Judged {
        refusals: Vec::new(),
        at_ms: JUDGED,
    });
    events
}

/// Gives the positions of the steps, each behind those that it waits for.
fn in_order(outline: &Outline) -> Vec<usize> {
    let mut left: Vec<usize> = outline
        .steps
        .iter()
        .map(|step| step.waits_for.len())
        .collect();
    let mut after = vec![Vec::new(); left.len()];
    for (at, step) in outline.steps.iter().enumerate() {
        for before in &step.waits_for {
            after[*before].push(at);
        }
    }
    let mut order: Vec<usize> = (0..left.len()).filter(|at| left[*at] == 0).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next += 1;
        for waiting in &after[at] {
            left[*waiting] -= 1;
            if left[*waiting] == 0 {
                order.push(*waiting);
            }
        }
    }
    order
}

/// What a step takes, in milliseconds, a little more or less by its position.
fn usual(label: &str, at: u64) -> u64 {
    let spread = at * 7919 % 40;
    match label {
        "install etcd" => 1300 + spread * 14,
        "start etcd" => 90 + spread,
        "stop etcd" | "restart etcd" => 1010 + spread * 3,
        label if label.starts_with("wait") => 330 + spread * 4,
        "stage configuration" | "stage certificate" => 16 + spread / 4,
        _ => 4 + spread / 8,
    }
}
