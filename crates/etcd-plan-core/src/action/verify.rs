use std::collections::{BTreeMap, BTreeSet};

use super::{Decision, Problem, StepContext};
use crate::identity;
use crate::names::EtcdId;
use crate::op::EtcdFacts;
use crate::spec::MemberSpec;

/// Success means a working cluster: the wanted member set, one leader, one cluster id, all
/// endpoints healthy through mutual TLS, no alarm (design.md, rule 12).
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let spec = context.spec();
    let mut wrong = Vec::new();
    let mut answers: Vec<(&MemberSpec, EtcdFacts)> = Vec::new();
    let part = |member: &&MemberSpec| context.run.takes_part(context.cluster(), member);
    for member in spec.members.iter().filter(part) {
        match answer(context, member) {
            Ok(answer) => answers.push((member, answer)),
            Err(why) => wrong.push(format!("{}: {why}", member.name)),
        }
    }
    check_health(&answers, &mut wrong);
    check_ids(context, &answers, &mut wrong);
    check_members(context, &answers, &mut wrong);
    if wrong.is_empty() {
        return Ok(Decision::Nothing);
    }
    Err(Problem::new(
        format!("the cluster is not as wanted: {}", wrong.join("; ")),
        "look at `etcdctl endpoint status --cluster -w table` and `etcdctl member list` on a host",
    ))
}

/// What a member said last: when it was waited for, or else when facts were read.
fn answer(context: &StepContext<'_>, member: &MemberSpec) -> Result<EtcdFacts, String> {
    let facts = context
        .run
        .observation
        .facts(&member.host.name)
        .map_err(|m| m.why)?;
    let asks = crate::facts::MemberQuestions::new(context.spec(), member);
    asks.last_said(facts)
        .cloned()
        .map_err(|missing| missing.why)
}

fn check_health(answers: &[(&MemberSpec, EtcdFacts)], wrong: &mut Vec<String>) {
    for (member, etcd) in answers {
        // A learner answers no linearizable read (etcd's learner design).
        if !etcd.healthy && !member.learner {
            wrong.push(format!(
                "{} is not healthy: {}",
                member.name,
                etcd.said.trim()
            ));
        }
        for alarm in &etcd.alarms {
            wrong.push(format!(
                "member {} has raised {}",
                alarm.member_id, alarm.kind
            ));
        }
    }
}

fn check_ids(
    context: &StepContext<'_>,
    answers: &[(&MemberSpec, EtcdFacts)],
    wrong: &mut Vec<String>,
) {
    let statuses = || answers.iter().filter_map(|(_, etcd)| etcd.status.as_ref());
    let clusters: BTreeSet<EtcdId> = statuses().map(|status| status.cluster_id).collect();
    let leaders: BTreeSet<EtcdId> = statuses().map(|status| status.leader).collect();
    if clusters.len() > 1 {
        wrong.push(format!(
            "there are {} clusters: {}",
            clusters.len(),
            list(&clusters)
        ));
    }
    if leaders.len() > 1 || leaders.contains(&EtcdId(0)) {
        wrong.push(format!("there is no one leader: {}", list(&leaders)));
    }
    if !context.run.builds(context.cluster()) {
        return;
    }
    let (spec, token) = (context.spec(), context.run.token(context.cluster()));
    let predicted = identity::cluster_id(
        spec.voters()
            .map(|member| identity::member_id(&[spec.peer_url(member)], &token)),
    );
    if let Some(other) = clusters.iter().find(|id| **id != predicted) {
        wrong.push(format!(
            "the cluster's id is {other}, and {predicted} was to be expected"
        ));
    }
}

fn check_members(
    context: &StepContext<'_>,
    answers: &[(&MemberSpec, EtcdFacts)],
    wrong: &mut Vec<String>,
) {
    let spec = context.spec();
    let part = |member: &&MemberSpec| context.run.takes_part(context.cluster(), member);
    let wanted: BTreeMap<String, (String, bool)> = spec
        .members
        .iter()
        .filter(part)
        .map(|member| {
            (
                member.name.to_string(),
                (spec.peer_url(member), member.learner),
            )
        })
        .collect();
    for (member, etcd) in answers {
        let listed: BTreeMap<String, (String, bool)> = etcd
            .members
            .iter()
            .map(|listed| {
                (
                    listed.name.clone(),
                    (listed.peer_urls.join(","), listed.is_learner),
                )
            })
            .collect();
        if listed != wanted && !etcd.members.is_empty() {
            let names = |map: &BTreeMap<String, (String, bool)>| {
                map.iter()
                    .map(|(name, (url, learner))| {
                        format!(
                            "{name} at {url}{}",
                            if *learner { " (learner)" } else { "" }
                        )
                    })
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            wrong.push(format!(
                "{} lists the members {}, and wanted are {}",
                member.name,
                names(&listed),
                names(&wanted)
            ));
        }
        if etcd.healthy && (etcd.members.is_empty() || etcd.status.is_none()) {
            wrong.push(format!(
                "{} is healthy and does not say who it is",
                member.name
            ));
        }
    }
}

fn list(ids: &BTreeSet<EtcdId>) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
