use super::{Guard, GuardContext, Refusal};
use crate::facts::{MemberQuestions, Situation};
use crate::op::EtcdFacts;
use crate::plan::Goal;
use crate::spec::MemberSpec;

/// Refuses to defragment members of a cluster that is not well: a member answers nothing meanwhile,
/// and with another one down that may cost the quorum.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    if context.plan().goal() != Goal::Maintain {
        return Vec::new();
    }
    let why = match context.situation() {
        Situation::Present { .. } => None,
        Situation::Absent => Some("there is none".to_owned()),
        Situation::Unfinished => Some("a run was cut off while it built it".to_owned()),
        Situation::Remains { why } => Some(why.join("; ")),
    };
    if let Some(why) = why {
        let evidence = format!("the cluster of the inventory is not there: {why}");
        let hint = "see `etcd-plan status`, and bring it back first";
        return vec![context.refuse(Guard::Members, None, evidence, hint)];
    }
    let members = context.spec().members.iter();
    let unwell = members.filter_map(|member| {
        let (evidence, hint) = trouble(context, member)?;
        Some(context.refuse(Guard::Members, &member.host.name, evidence, hint))
    });
    unwell.collect()
}

fn trouble(context: &GuardContext<'_>, member: &MemberSpec) -> Option<(String, &'static str)> {
    let name = &member.name;
    let asks = MemberQuestions::new(context.spec(), member);
    let facts = context.facts(&member.host.name).ok();
    let said: Option<&EtcdFacts> = facts.and_then(|facts| asks.last_said(facts).ok());
    let Some(said) = said else {
        return Some((format!("{name} was not asked"), "run again"));
    };
    if let Some(alarm) = said.alarms.iter().find(|alarm| !alarm.is_nospace()) {
        let evidence = format!(
            "member {} has raised the alarm {}",
            alarm.member_id, alarm.kind
        );
        let hint = "see to that first: with it, all alarms would be taken back";
        return Some((evidence, hint));
    }
    let is_learner = said.status.as_ref().is_some_and(|status| status.is_learner);
    if said.can_be_read() || is_learner {
        return None;
    }
    let evidence = format!("{name} is not healthy: {}", said.said.trim());
    Some((
        evidence,
        "bring it back first: the goal `create` starts members that stand still",
    ))
}
