use std::collections::{BTreeMap, BTreeSet};

use super::refusal::split_hint;
use super::{Guard, GuardContext, Refusal};
use crate::action;
use crate::names::HostName;
use crate::op::ReadOp;

/// Refuses when a host was not reached, or a fact that the plan stands on could not be read. A fact
/// that nobody asked for counts as not read: no guard passes on what it does not know.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let mut questions: BTreeMap<&HostName, BTreeSet<ReadOp>> = BTreeMap::new();
    for step in context.steps() {
        if let Some(host) = step.host_name() {
            let asked = questions.entry(host).or_default();
            asked.extend(action::questions(&context.of_step(step)));
        }
    }
    let mut refusals = Vec::new();
    for (host, questions) in questions {
        let facts = match context.facts(host) {
            Ok(facts) => facts,
            Err(_) if context.plan().goal().bears_unreached_hosts() => continue,
            Err(missing) => {
                let hint = "make the host reachable, or take it out of the inventory";
                let (why, hint) = split_hint(&missing.why, hint);
                refusals.push(context.refuse(Guard::Readable, host, why, hint));
                continue;
            }
        };
        for question in questions {
            if let Err(why) = facts.answered(&question) {
                let evidence = format!("could not read {}: {why}", action::describe(&question));
                let hint = "see to it that it can be read there, and run again";
                refusals.push(context.refuse(Guard::Readable, host, evidence, hint));
            }
        }
    }
    refusals
}
