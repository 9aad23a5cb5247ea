use super::{Guard, GuardContext, Refusal};
use crate::action::{is_cut_off, restart_turn};
use crate::facts::{FoundConf, MemberQuestions, Situation};
use crate::op::EtcdFacts;
use crate::plan::{Action, Goal, Step, Turn};
use crate::spec::MemberSpec;

/// Refuses to restart members of a cluster that a restart could cost its quorum: no member restarts
/// while another voter is down, unless the one that is down restarts too, before it.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    if !context.plan().goal().restarts() {
        return Vec::new();
    }
    if let Some((evidence, hint)) = is_not_there(context) {
        return vec![context.refuse(Guard::Members, None, evidence, hint)];
    }
    let due = due(context);
    if due.is_empty() {
        return Vec::new();
    }
    let mut moved = moved(context, &due);
    moved.extend(cannot_move(context, &due));
    if !moved.is_empty() {
        return moved;
    }
    let voters = || {
        context
            .spec()
            .members
            .iter()
            .filter(|member| !member.learner)
    };
    let unwell: Vec<_> = voters()
        .filter_map(|member| Some((member, trouble(context, member)?)))
        .collect();
    let mut refusals: Vec<Refusal> = unwell
        .iter()
        .filter(|(member, _)| !due.iter().any(|other| other.name == member.name))
        .map(|(member, said)| {
            let evidence = format!(
                "{} has a vote and is not healthy, and no other restarts meanwhile: {said}",
                member.name
            );
            let hint = "bring it back first: the goal `create` starts members that stand still";
            context.refuse(Guard::Members, &member.host.name, evidence, hint)
        })
        .collect();
    if context.plan().goal() == Goal::Upgrade {
        refusals.extend(not_upgraded(context, &unwell));
    }
    let count = voters().count();
    // The first to restart comes back only where the others are a quorum with it.
    if refusals.is_empty() && count - unwell.len() + 1 < count / 2 + 1 {
        let evidence = format!(
            "{} of {count} voters are not healthy, and the cluster would have no quorum with the \
             first that restarts",
            unwell.len()
        );
        let hint = "stop those members, and start all of them at once with the goal `create`";
        refusals.push(context.refuse(Guard::Members, None, evidence, hint));
    }
    refusals
}

/// Says why there is no cluster whose members could restart.
fn is_not_there(context: &GuardContext<'_>) -> Option<(String, &'static str)> {
    match context.situation() {
        Situation::Present { .. } => None,
        Situation::Absent => Some((
            "there is no cluster whose members could restart".to_owned(),
            "the goal `create` builds it",
        )),
        Situation::Unfinished => Some((
            "a run was cut off while it built the cluster".to_owned(),
            "the goal `create` goes on with that",
        )),
        Situation::Remains { why } => Some((
            format!(
                "what is there is not the cluster of the inventory: {}",
                why.join("; ")
            ),
            "a restart changes neither who the members are nor where their data lies: put that back \
             into the inventory",
        )),
    }
}

/// Says which members cannot be reached elsewhere: a learner, which etcd would make a voter; and one
/// that this run leaves alone.
fn cannot_move(context: &GuardContext<'_>, due: &[&MemberSpec]) -> Vec<Refusal> {
    let Ok(listed) = context.run.listed(context.cluster) else {
        return Vec::new();
    };
    let spec = context.spec();
    let moving = spec.members.iter().filter_map(|member| {
        let known = listed
            .iter()
            .find(|known| known.name == member.name.as_str())?;
        (known.peer_urls != [spec.peer_url(member)]).then_some((member, known))
    });
    let refusals = moving.filter_map(|(member, known)| {
        let url = known.peer_urls.join(",");
        let (evidence, hint) = if known.is_learner {
            (
                format!("{} is a learner, and other members would have to be told that it is not at {url} any more", member.name),
                "etcd gives a learner its vote when its peer URL changes (before 3.5.31 and 3.6.12): promote it \
                 first, or remove it and let it join again",
            )
        } else if !due.iter().any(|other| other.name == member.name) {
            (
                format!("other members reach {} at {url}, and this run would leave that as it is", member.name),
                "`etcd_peer_port` is of all members: run without a limit",
            )
        } else {
            return None;
        };
        Some(context.refuse(Guard::Members, &member.host.name, evidence, hint))
    });
    refusals.collect()
}

/// Only a cluster that is well is upgraded (etcd's upgrade guides): a member that is not is one that
/// an earlier run was cut off at, and goes on first.
fn not_upgraded<'a>(
    context: &GuardContext<'a>,
    unwell: &[(&'a MemberSpec, String)],
) -> Vec<Refusal> {
    let is_begun = |member: &MemberSpec| {
        let mut steps = context.steps();
        steps.any(|step| {
            step.action() == Action::Restart { turn: Turn::Leader }
                && step.member().is_some_and(|of| of.name == member.name)
                && is_cut_off(&context.of_step(step))
        })
    };
    let mut refusals: Vec<Refusal> = unwell
        .iter()
        .filter(|(member, _)| !is_begun(member))
        .map(|(member, said)| {
            let evidence = format!("{} is not healthy, and not upgraded: {said}", member.name);
            let hint = "bring it back first: the goal `create` starts members that stand still";
            context.refuse(Guard::Members, &member.host.name, evidence, hint)
        })
        .collect();
    let mut told = Vec::new();
    for (_, found) in context.found() {
        for alarm in found.etcd.alarms {
            if !told.contains(&alarm) {
                let evidence = format!("member {} has raised {}", alarm.member_id, alarm.kind);
                let hint = "see to its cause and disarm it (`etcdctl alarm disarm`) before members \
                            are upgraded";
                refusals.push(context.refuse(Guard::Members, None, evidence, hint));
                told.push(alarm);
            }
        }
    }
    refusals
}

/// Gives the members that would restart.
fn due<'a>(context: &GuardContext<'a>) -> Vec<&'a MemberSpec> {
    let last = Turn::Leader;
    context
        .steps()
        .filter(|step| step.action() == Action::Restart { turn: last })
        .filter(|step| matches!(restart_turn(&context.of_step(*step)), Ok(Some(_))))
        .filter_map(Step::member)
        .collect()
}

/// Clients of a member that moves to another address or port would have to be told.
fn moved(context: &GuardContext<'_>, due: &[&MemberSpec]) -> Vec<Refusal> {
    let spec = context.spec();
    let moved = due.iter().filter_map(|member| {
        let asks = MemberQuestions::new(spec, member);
        let conf = context.facts(&member.host.name).ok()?.bytes(&asks.conf());
        let found = FoundConf::read(conf.ok()?.as_deref()?).client_url?;
        let wanted = spec.client_url(member);
        (found != wanted).then(|| {
            let evidence = format!("clients reach {} at {found}, not at {wanted}", member.name);
            let hint = "a reload does not move members: put address and `etcd_port` back; the goal \
                        `rebuild` builds the cluster anew";
            context.refuse(Guard::Members, &member.host.name, evidence, hint)
        })
    });
    moved.collect()
}

/// Says what is wrong with a voter, in its own words.
fn trouble(context: &GuardContext<'_>, member: &MemberSpec) -> Option<String> {
    let asks = MemberQuestions::new(context.spec(), member);
    let facts = context.facts(&member.host.name).ok();
    let said: Option<&EtcdFacts> = facts.and_then(|facts| asks.last_said(facts).ok());
    match said {
        Some(said) if said.healthy => None,
        Some(said) => Some(said.said.trim().to_owned()),
        None => Some("it was not asked".to_owned()),
    }
}
