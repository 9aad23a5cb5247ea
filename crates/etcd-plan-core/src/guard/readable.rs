use super::{Guard, GuardContext, Refusal};
use crate::action;

/// Refuses when a host was not reached, or a fact that the plan needs could not be read.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let spec = context.spec();
    let mut refusals = Vec::new();
    let hosts = spec.members.iter().map(|member| &member.host).chain(&spec.infra);
    for host in hosts {
        let facts = match context.facts(&host.name) {
            Ok(facts) => facts,
            Err(missing) => {
                let hint = "make the host reachable, or take it out of the inventory";
                refusals.push(context.refuse(Guard::Readable, &host.name, missing.why, hint));
                continue;
            }
        };
        for (question, answer) in facts.iter() {
            if let Err(why) = answer {
                let evidence = format!("could not read {}: {why}", action::describe(question));
                let hint = "see to it that it can be read there, and run again";
                refusals.push(context.refuse(Guard::Readable, &host.name, evidence, hint));
            }
        }
    }
    refusals
}
