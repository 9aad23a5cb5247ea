use super::refusal::split_hint;
use super::{Guard, GuardContext, Refusal};
use crate::action::{self, Decision, trusts_all};
use crate::cert::{CertificateFacts, RotationFacts, RotationStage, UnixTime};
use crate::facts::{CertificateState, MemberQuestions, Situation};
use crate::op::{EtcdFacts, FileContent, ReadOp};
use crate::plan::{Action, Goal, MemberFile, Step};
use crate::spec::MemberSpec;

/// Refuses what cannot be rotated, and a stage before its time.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    match context.plan().goal() {
        Goal::RotateCerts => judge_issuer(context),
        Goal::RotateCa => judge_stage(context),
        _ => Vec::new(),
    }
}

fn refuse(context: &GuardContext<'_>, evidence: impl Into<String>, hint: &str) -> Vec<Refusal> {
    vec![context.refuse(Guard::Prerequisites, None, evidence, hint)]
}

/// The authority that is there must be able to issue.
fn judge_issuer(context: &GuardContext<'_>) -> Vec<Refusal> {
    let Some(keys) = context.run.observation.keys.get(context.cluster) else {
        return refuse(context, "the certificates were not read", "run again");
    };
    if let Err(why) = &keys.authority {
        return of_keys(context, why);
    }
    let folder = &*context.spec().settings.certificate.ca_dir;
    match &keys.ca {
        None => refuse(
            context,
            format!("there is no authority in {folder}, and the cluster runs with one"),
            "put its `ca.crt` and `ca.key` back there, or set `ca_dir` to the folder where they are",
        ),
        Some(ca) if !ca.can_issue => refuse(
            context,
            format!("the authority's key is not in {folder}, so no certificate can be issued"),
            "put `ca.key` there; or have whoever keeps it issue certificates, put them beside, and \
             bring them with the goal `reload`",
        ),
        Some(_) => Vec::new(),
    }
}

fn of_keys(context: &GuardContext<'_>, why: &str) -> Vec<Refusal> {
    let hint = "mend it there, or set `ca_dir` to the folder of another authority";
    let (why, hint) = split_hint(why, hint);
    let evidence = format!("certificates on the control machine: {why}");
    vec![context.refuse(Guard::Prerequisites, None, evidence, hint)]
}

fn judge_stage(context: &GuardContext<'_>) -> Vec<Refusal> {
    let options = context.plan().options().rotate;
    let Some(stage) = options.stage else {
        let hint = "name `trust`, `issue` or `finish`";
        return refuse(context, "no stage of the rotation was named", hint);
    };
    let keys = context.run.observation.keys.get(context.cluster);
    let facts = match keys.and_then(|keys| keys.rotation.as_ref()) {
        Some(Ok(facts)) => facts,
        Some(Err(why)) => return of_keys(context, why),
        None => {
            let hint = "the goal `create` makes one, with the cluster";
            return refuse(context, "there is no authority to rotate", hint);
        }
    };
    if !context.run.rotates_next(context.cluster) {
        return judge_order(context, facts, stage);
    }
    match stage {
        RotationStage::Trust => judge_trust_stage(context, facts),
        RotationStage::Issue => judge_issue_stage(context),
        RotationStage::Finish => {
            let mut refusals = judge_finish_stage(context);
            if !options.leave_clients {
                refusals.extend(judge_clients(context, facts));
            }
            refusals
        }
    }
}

/// A stage that is over has nothing left to do, and one that is to come waits for those before it.
fn judge_order(
    context: &GuardContext<'_>,
    facts: &RotationFacts,
    stage: RotationStage,
) -> Vec<Refusal> {
    let now = UnixTime(context.run.inputs.now);
    let before = match (facts.reached, stage) {
        // One that has just ended, or was just made: nothing to do, which a note tells.
        (None, _) if facts.is_young(now) => return Vec::new(),
        (None, RotationStage::Issue | RotationStage::Finish) => RotationStage::Trust,
        (Some(RotationStage::Trust), RotationStage::Finish) => RotationStage::Issue,
        _ => return Vec::new(),
    };
    let evidence = format!("the stage `{stage}` comes after `{before}`");
    let hint = format!("begin with `etcd-plan rotate ca --stage {before}`, or without `--stage`");
    refuse(context, evidence, &hint)
}

fn judge_trust_stage(context: &GuardContext<'_>, facts: &RotationFacts) -> Vec<Refusal> {
    let settings = &context.spec().settings.certificate;
    let folder = &*settings.ca_dir;
    let signer = facts.signer.subject.to_string();
    if !facts.can_issue {
        return refuse(
            context,
            format!("the key of {signer} is not in {folder}: it is somebody else's authority"),
            "have it rotated where its key is",
        );
    }
    if !facts.signer.is_self_issued() {
        return refuse(
            context,
            format!("{signer} is an intermediate authority, and only roots are made here"),
            "put the next intermediate into the folder as `ca.crt` with `ca.key`, issued by the same \
             root: members trust that already, and `etcd-plan rotate certs` brings certificates of it",
        );
    }
    if facts.next.is_none() && !*settings.ca_create {
        return refuse(
            context,
            format!("no other authority is made in {folder}, since `ca_create` is false"),
            "put certificate and key of the next one there as `ca.next.crt` and `ca.next.key`",
        );
    }
    Vec::new()
}

/// Whoever does not trust the authority that takes over would refuse certificates of it.
fn judge_issue_stage(context: &GuardContext<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for step in steps_of(context, Action::Renew) {
        let Some(member) = step.member() else {
            continue;
        };
        if let Some(why) = trusts_all(&context.of_step(step)).err() {
            let evidence = format!("{} does not trust both authorities yet: {why}", member.name);
            let hint = "run `etcd-plan rotate ca --stage trust` to its end first";
            refusals.push(context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint));
        }
    }
    refusals
}

/// Whoever shows a certificate of the authority that is dropped would be refused.
fn judge_finish_stage(context: &GuardContext<'_>) -> Vec<Refusal> {
    let members = context.run.observation.keys.get(context.cluster);
    let members = members.map_or(&[][..], |keys| &keys.members);
    let mut refusals = Vec::new();
    for (member, state) in context.spec().members.iter().zip(members) {
        let path = MemberFile::Certificate.wanted().path;
        let facts = context.facts(&member.host.name).ok();
        let found = facts.and_then(|facts| facts.stat(&ReadOp::Stat { path }).ok());
        let found = found.and_then(|found| found.as_ref()?.sha256.clone());
        let is_there = match state {
            CertificateState::Good(material) => {
                let wanted = FileContent::Shown(material.certificate.clone()).sha256();
                found.is_some_and(|found| found == wanted)
            }
            CertificateState::ToIssue { .. } => false,
        };
        if !is_there {
            let evidence = format!(
                "{} has no certificate yet of the authority that takes over",
                member.name
            );
            let hint = "run `etcd-plan rotate ca --stage issue` to its end first";
            refusals.push(context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint));
        }
    }
    refusals
}

/// What clients were given here is known; they would be shut out.
fn judge_clients(context: &GuardContext<'_>, facts: &RotationFacts) -> Vec<Refusal> {
    let clients: Vec<&str> = facts.clients.iter().map(|one| one.name.as_str()).collect();
    if clients.is_empty() {
        return Vec::new();
    }
    let evidence = format!(
        "clients have certificates of the authority that is dropped, and would be shut out: {}",
        clients.join(", ")
    );
    let hint = "issue each anew (`etcd-plan issue --cn NAME`) and bring certificate, key and ca.crt to \
                the client; for clients that are gone remove the files, or say `--leave-clients`";
    refuse(context, evidence, hint)
}

/// Refuses to give a member that runs a certificate of an authority that it does not trust: others that
/// run do not, either.
pub(super) fn judge_trust(context: &GuardContext<'_>) -> Vec<Refusal> {
    let is_left_alone = matches!(context.situation(), Situation::Present { .. })
        && !context.run.purges(context.cluster);
    let keys = context.run.observation.keys.get(context.cluster);
    let signer = keys.and_then(|keys| Some(&keys.ca.as_ref()?.signer));
    let (Some(signer), true) = (signer, is_left_alone) else {
        return Vec::new();
    };
    let file = MemberFile::Certificate;
    let places = |step: &Step<'_>| {
        let action = step.action();
        action == Action::Promote { file } || action == Action::Renew
    };
    let mut refusals = Vec::new();
    for step in context.steps().filter(places) {
        let of_step = context.of_step(step);
        let (Some(member), Ok(facts)) = (step.member(), of_step.facts()) else {
            continue;
        };
        let runs = facts.service(&of_step.asks().service());
        let changes = matches!(action::decide(&of_step), Ok(Decision::Change(_)) | Err(_));
        if !changes || !runs.is_ok_and(|service| service.state.is_alive()) {
            continue;
        }
        let path = MemberFile::CaCertificate.wanted().path;
        let Ok(Some(found)) = facts.bytes(&ReadOp::ReadFile { path }) else {
            continue;
        };
        let Ok(trusted) = CertificateFacts::parse_all(found) else {
            continue;
        };
        if trusted.iter().any(|ca| ca.key_digest == signer.key_digest) {
            continue;
        }
        let evidence = format!(
            "{} runs, and does not trust {}, which issues its certificate",
            member.name, signer.subject
        );
        let hint = "another authority is brought in by overlap: put the files of the old one back, and \
                    those of the new one beside them as `ca.next.crt` and `ca.next.key`; then \
                    `etcd-plan rotate ca`";
        refusals.push(context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint));
    }
    refusals
}

/// Refuses to rotate certificates of a cluster that is not well: each member is to be proved with its new
/// one. Restarts are judged as those of a reload.
pub(super) fn judge_members(context: &GuardContext<'_>) -> Vec<Refusal> {
    if steps_of(context, Action::Renew).next().is_none() {
        return Vec::new();
    }
    let why = match context.situation() {
        Situation::Present { .. } => None,
        Situation::Absent => Some("there is none".to_owned()),
        Situation::Unfinished => Some("a run was cut off while it built it".to_owned()),
        Situation::Remains { why } => Some(why.join("; ")),
    };
    if let Some(why) = why {
        // Of the rotation of an authority the restarts are judged too, and say that.
        if context.plan().goal() == Goal::RotateCa {
            return Vec::new();
        }
        let evidence = format!("the cluster of the inventory is not there: {why}");
        let hint = "see `etcd-plan status`, and bring it back first";
        return vec![context.refuse(Guard::Members, None, evidence, hint)];
    }
    let members = context.spec().members.iter();
    let unwell = members.filter_map(|member| {
        let evidence = trouble(context, member)?;
        let hint = "bring it back first: the goal `create` starts members that stand still; where \
                    certificates have run out, the goal `reload` replaces them on all members at once";
        Some(context.refuse(Guard::Members, &member.host.name, evidence, hint))
    });
    unwell.collect()
}

fn trouble(context: &GuardContext<'_>, member: &MemberSpec) -> Option<String> {
    let name = &member.name;
    let asks = MemberQuestions::new(context.spec(), member);
    let facts = context.facts(&member.host.name).ok();
    let said: Option<&EtcdFacts> = facts.and_then(|facts| asks.last_said(facts).ok());
    let Some(said) = said else {
        return Some(format!("{name} was not asked"));
    };
    let has_leader = said
        .status
        .as_ref()
        .is_some_and(|status| status.leader.0 != 0);
    let is_well = said.healthy || (member.learner && has_leader);
    (!is_well).then(|| format!("{name} is not healthy: {}", said.said.trim()))
}

fn steps_of<'a>(context: &GuardContext<'a>, action: Action) -> impl Iterator<Item = Step<'a>> {
    context.steps().filter(move |step| step.action() == action)
}
