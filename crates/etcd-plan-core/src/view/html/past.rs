use std::collections::BTreeMap;

use super::Outline;
use crate::event::Event;
use crate::plan::StepId;
use crate::report::{Outcome, Report, StepReport};

/// Makes the report of a run that has none, since it was cut off or refused, from what it said while
/// it went on: a step that did not end has not been started, or has no end.
pub fn report_of_events(outline: &Outline, events: &[Event]) -> Report {
    let steps = outline.steps.iter().map(|step| StepReport {
        step: step.id.clone(),
        host: step.host.clone(),
        outcome: Outcome::NotStarted,
        contingent: false,
        lines: Vec::new(),
        diff: None,
        hint: String::new(),
        started_ms: None,
        ended_ms: None,
    });
    let mut steps: Vec<StepReport> = steps.collect();
    let places = outline.steps.iter().enumerate();
    let places: BTreeMap<&StepId, usize> = places.map(|(at, step)| (&step.id, at)).collect();
    let mut duration_ms = 0;
    for event in events {
        duration_ms = duration_ms.max(time_of(event));
        match event {
            Event::StepStarted { step, at_ms, .. } => {
                if let Some(place) = places.get(step) {
                    steps[*place].started_ms = Some(*at_ms);
                }
            }
            Event::StepEnded {
                step,
                outcome,
                lines,
                at_ms,
                ..
            } => {
                if let Some(place) = places.get(step) {
                    steps[*place].outcome = *outcome;
                    steps[*place].lines.clone_from(lines);
                    steps[*place].ended_ms = Some(*at_ms);
                }
            }
            _ => {}
        }
    }
    Report {
        steps,
        situations: BTreeMap::new(),
        round_trips: BTreeMap::new(),
        notes: Vec::new(),
        traffic: BTreeMap::new(),
        stopped: false,
        duration_ms,
    }
}

/// Gives the time of an event, in milliseconds since the run began.
fn time_of(event: &Event) -> u64 {
    match event {
        Event::Started { .. } => 0,
        Event::HostRead { at_ms, .. }
        | Event::HostFailed { at_ms, .. }
        | Event::Judged { at_ms, .. }
        | Event::StepStarted { at_ms, .. }
        | Event::Sending { at_ms, .. }
        | Event::StepEnded { at_ms, .. }
        | Event::Ended { at_ms, .. } => *at_ms,
    }
}
