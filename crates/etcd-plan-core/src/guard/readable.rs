use std::collections::{BTreeMap, BTreeSet};

use super::refusal::split_hint;
use super::{Guard, GuardContext, Refusal};
use crate::action;
use crate::names::HostName;
use crate::op::ReadOp;
use crate::plan::Goal;
use crate::spec::Leaver;

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
            Err(_) if is_dead(context, host) => continue,
            Err(_) if context.plan().goal().bears_unreached_hosts() => continue,
            Err(missing) => {
                let hint = "make the host reachable, or take it out of the inventory";
                let (why, hint) = split_hint(&missing.why, hint);
                let mut hint = hint.to_owned();
                let recovers = context.plan().goal() == Goal::Recover && is_member(context, host);
                if recovers {
                    let dead = format!("; if it is gone for good, say so with `--dead {host}`");
                    hint.push_str(&dead);
                } else if context.spec().leaving.iter().any(|l| is_on(l, host)) {
                    hint.push_str("; if it is gone for good, say so with `--dead`");
                }
                refusals.push(context.refuse(Guard::Readable, host, why, hint));
                continue;
            }
        };
        for question in questions {
            if let Err(why) = facts.answered(&question) {
                let evidence = format!("could not read {}: {why}", action::describe(&question));
                let hint = match question {
                    ReadOp::HeldRevision { .. } => {
                        "where the data is damaged, leave the member out with `--dead HOST`"
                    }
                    _ => "see to it that it can be read there, and run again",
                };
                refusals.push(context.refuse(Guard::Readable, host, evidence, hint));
            }
        }
    }
    refusals
}

/// Says whether a host is that of a member that leaves since it is dead: it need not answer.
fn is_dead(context: &GuardContext<'_>, host: &HostName) -> bool {
    let mut leaving = context.spec().leaving.iter();
    leaving.any(|leaver| leaver.dead && is_on(leaver, host))
}

fn is_member(context: &GuardContext<'_>, host: &HostName) -> bool {
    let mut members = context.spec().members.iter();
    members.any(|member| member.host.name == *host)
}

fn is_on(leaver: &Leaver, host: &HostName) -> bool {
    let member = leaver.member.as_ref();
    member.is_some_and(|member| member.host.name == *host)
}
