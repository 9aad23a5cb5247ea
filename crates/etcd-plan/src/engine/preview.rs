use std::collections::BTreeSet;

use etcd_plan_core::action::{Change, Decision, StepContext, decide, questions, summary};
use etcd_plan_core::facts::Observation;
use etcd_plan_core::notes::notes;
use etcd_plan_core::op::ReadOp;
use etcd_plan_core::plan::{Action, Step};
use etcd_plan_core::report::{Outcome, Report, StepReport};
use etcd_plan_core::run::RunContext;

use super::coordinator::situation_names;
use super::state::State;

/// Says what would happen to every step, from what was observed.
///
/// What a step would change is forgotten on the way, so that no later step is judged by what would
/// no longer be true.
pub(super) fn preview(state: &State<'_>) -> Report {
    let mut observation = state.observation.clone();
    let mut dirty = BTreeSet::new();
    let mut steps: Vec<Option<StepReport>> = vec![None; state.plan.len()];
    for step in state.plan.steps() {
        // Nothing has failed yet.
        if step.action().is_contingent() {
            steps[step.index().get()] = Some(report(step, Outcome::Unchanged));
            continue;
        }
        let context = RunContext {
            observation: &observation,
            ..state.context()
        };
        let context = StepContext {
            run: &context,
            step,
        };
        let (decision, questions) = (decide(&context), questions(&context));
        let cluster = step.cluster().map(|cluster| &cluster.name);
        let report = match decision {
            Ok(Decision::Nothing) => report(step, Outcome::Unchanged),
            Ok(Decision::Change(change)) => {
                let Change {
                    lines,
                    diff,
                    check,
                    forget,
                    ..
                } = change;
                // What is only read again, or waited for, leaves what is known as it is.
                if lines.is_empty() {
                    report(step, Outcome::Unchanged)
                } else {
                    forget_facts(&mut observation, step, check.into_iter().chain(forget));
                    dirty.insert(cluster);
                    StepReport {
                        lines,
                        diff,
                        ..report(step, Outcome::WouldChange)
                    }
                }
            }
            // What could not be told, since earlier steps would change it.
            Err(_) if dirty.contains(&cluster) => match step.action() {
                Action::AwaitReady | Action::AwaitLearner | Action::AwaitVoter | Action::Verify => {
                    report(step, Outcome::Unchanged)
                }
                _ => {
                    forget_facts(&mut observation, step, questions);
                    let lines = vec![format!("~ {}", summary(step))];
                    StepReport {
                        lines,
                        ..report(step, Outcome::WouldChange)
                    }
                }
            },
            Err(problem) => StepReport {
                lines: vec![problem.message],
                hint: problem.hint,
                ..report(step, Outcome::Failed)
            },
        };
        steps[step.index().get()] = Some(report);
    }
    Report {
        steps: steps.into_iter().flatten().collect(),
        situations: situation_names(state),
        round_trips: state.round_trips.clone(),
        notes: notes(&state.context()),
        traffic: state.traffic.clone(),
        stopped: state.stopped,
        duration_ms: state.now_ms(),
    }
}

/// Forgets what would no longer be true of a step's host.
fn forget_facts(
    observation: &mut Observation,
    step: Step<'_>,
    questions: impl IntoIterator<Item = ReadOp>,
) {
    let facts = step
        .host_name()
        .and_then(|host| observation.hosts.get_mut(host));
    if let Some(Ok(facts)) = facts {
        questions
            .into_iter()
            .for_each(|question| facts.forget(&question));
    }
}

fn report(step: Step<'_>, outcome: Outcome) -> StepReport {
    StepReport {
        step: step.id(),
        host: step.host_name().cloned(),
        outcome,
        contingent: step.action().is_contingent(),
        lines: Vec::new(),
        diff: None,
        hint: String::new(),
        started_ms: None,
        ended_ms: None,
    }
}
