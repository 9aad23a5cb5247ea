use super::{Guard, GuardContext, Refusal};
use crate::facts::{MemberFound, Missing, Standing};
use crate::op::MemberFacts;
use crate::plan::Goal;
use crate::spec::MemberSpec;

/// Refuses to change the members of a cluster that is not well: every change costs a vote for a
/// while, and one that is down already may then cost the quorum (etcd's FAQ; design.md, rule 8).
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    if !context.changes_members() {
        return Vec::new();
    }
    let listed = match context.run.listed(context.cluster) {
        Ok(listed) => listed,
        Err(missing) => {
            let (evidence, hint) = nobody_answers(context, &missing);
            return vec![context.refuse(Guard::Members, None, evidence, hint)];
        }
    };
    let mut refusals = strangers(context, listed);
    refusals.extend(sponsor(context, listed));
    refusals.extend(leavers(context, listed));
    refusals.extend(second_learner(context, listed));
    for (member, found) in context.found() {
        let standing = Standing::of(&context.spec().peer_url(member), listed);
        if let Some((evidence, hint)) = trouble(context, member, &found, standing) {
            refusals.push(context.refuse(Guard::Members, &member.host.name, evidence, hint));
        }
        let ids: Vec<_> = found
            .etcd
            .status
            .iter()
            .map(|status| status.member_id)
            .collect();
        for alarm in found
            .etcd
            .alarms
            .iter()
            .filter(|a| ids.contains(&a.member_id))
        {
            let evidence = format!("{} has raised the alarm {}", member.name, alarm.kind);
            let hint =
                "see to its cause and disarm it (`etcdctl alarm disarm`) before members change";
            refusals.push(context.refuse(Guard::Members, &member.host.name, evidence, hint));
        }
    }
    refusals
}

fn nobody_answers(context: &GuardContext<'_>, missing: &Missing) -> (String, &'static str) {
    if context.plan().joins(context.cluster) {
        let evidence = format!("no cluster that lives can be joined: {}", missing.why);
        let hint = "start the members that are there, and see that they are healthy; a cluster that \
                    is not there yet is built without a limit and without `etcd_init`";
        return (evidence, hint);
    }
    let evidence = format!(
        "nobody can leave a cluster without a quorum: {}",
        missing.why
    );
    let hint = "start the members that stand still with the goal `create`; where a quorum is not to be \
                had any more, the cluster is recovered from what its members hold";
    (evidence, hint)
}

/// A member joins as a learner, and etcd takes one at a time unless it is told otherwise (facts.md S13).
fn second_learner(context: &GuardContext<'_>, listed: &[MemberFacts]) -> Option<Refusal> {
    let spec = context.spec();
    let settings = &spec.settings.storage.extra_config.value.0;
    let joining = || {
        let members = spec.members.iter();
        members.filter(|member| context.run.is_joining(context.cluster, member))
    };
    let is_new =
        |member: &MemberSpec| Standing::of(&spec.peer_url(member), listed) == Standing::Unlisted;
    if settings.keys().any(|key| key.ends_with("max-learners")) || !joining().any(is_new) {
        return None;
    }
    let leaves_first = |known: &MemberFacts| {
        let mut leaving = spec
            .leaving
            .iter()
            .filter(|leaver| leaver.on_host().is_none());
        leaving.any(|leaver| leaver.is(spec, known))
    };
    let joins =
        |known: &MemberFacts| joining().any(|m| known.peer_urls.contains(&spec.peer_url(m)));
    let mut learners = listed.iter().filter(|known| known.is_learner);
    let other = learners.find(|known| !joins(known) && !leaves_first(known))?;
    let evidence = format!("{} is a learner, and etcd takes one at a time", other.name);
    let hint = "take it out first with the goal `remove`, and let it join again at the end; or set \
                `max-learners` (`experimental-max-learners` before 3.6) in `etcd_extra_config`";
    Some(context.refuse(Guard::Members, None, evidence, hint))
}

/// What is wrong with the members that are to leave.
fn leavers(context: &GuardContext<'_>, listed: &[MemberFacts]) -> Vec<Refusal> {
    let spec = context.spec();
    let replaces = context.plan().goal() == Goal::Replace;
    let mut refusals = Vec::new();
    for leaver in &spec.leaving {
        let known = listed.iter().find(|known| leaver.is(spec, known));
        let host = leaver.member.as_ref().map(|member| &member.host.name);
        let mut refuse = |evidence: String, hint: &str| {
            refusals.push(context.refuse(Guard::Members, host, evidence, hint));
        };
        let stays = |member: &&MemberSpec| {
            known.is_some_and(|known| known.peer_urls.contains(&spec.peer_url(member)))
        };
        if let Some(member) = spec.members.iter().find(stays) {
            let evidence = format!(
                "`{}` is {}, which the inventory has",
                leaver.named, member.name
            );
            refuse(
                evidence,
                "name it by its host or its name, or take its host out of the inventory",
            );
        }
        let found = leaver.member.as_ref();
        let found = found.and_then(|m| MemberFound::of(spec, m, context.run.observation).ok());
        let answers = found.is_some_and(|found| found.etcd.healthy);
        if leaver.dead && answers {
            let evidence = format!("{} is not dead: it answers", leaver.name());
            refuse(
                evidence,
                "leave `--dead` out, and what it has left on its host is moved aside too",
            );
        }
        if replaces
            && leaver.on_host().is_some()
            && known.is_some_and(|k| !k.is_learner)
            && !answers
        {
            let evidence = format!(
                "{} is to hand over to another member, and is not healthy",
                leaver.name()
            );
            refuse(
                evidence,
                "bring it back; if it is gone for good, say so with `--dead`: it is taken \
                              out first then",
            );
        }
    }
    refusals
}

/// Members that the inventory does not know.
fn strangers(context: &GuardContext<'_>, listed: &[MemberFacts]) -> Vec<Refusal> {
    let spec = context.spec();
    let urls: Vec<String> = spec.members.iter().map(|m| spec.peer_url(m)).collect();
    let unknown = listed
        .iter()
        .filter(|known| !known.peer_urls.iter().any(|url| urls.contains(url)))
        .filter(|known| !spec.is_leaving(known));
    unknown
        .map(|known| {
            let name = match known.name.as_str() {
                "" => "one that has never started",
                name => name,
            };
            let evidence = format!(
                "the cluster has a member that the inventory does not have: {name} at {}",
                known.peer_urls.join(", ")
            );
            let hint = format!(
                "put its host into the inventory, or take it out of the cluster with `etcdctl \
                 member remove {}`",
                known.id
            );
            context.refuse(Guard::Members, None, evidence, hint)
        })
        .collect()
}

/// The member from whose host the others are added must be one.
fn sponsor(context: &GuardContext<'_>, listed: &[MemberFacts]) -> Option<Refusal> {
    let sponsor = context.plan().sponsor(context.cluster)?;
    let standing = Standing::of(&context.spec().peer_url(sponsor), listed);
    let found = MemberFound::of(context.spec(), sponsor, context.run.observation).ok()?;
    let is_one = matches!(standing, Standing::Voter(_)) && found.conf.is_some();
    // The only member was replaced: nobody is left to join through it.
    let votes = |member: &MemberSpec| {
        let standing = context.run.standing(context.cluster, member);
        matches!(standing, Ok(Standing::Voter(_)))
    };
    let has_left = context.run.is_leaving(context.cluster, sponsor)
        && standing == Standing::Unlisted
        && context.spec().voters().all(votes);
    (!is_one && !has_left).then(|| {
        let evidence = format!(
            "others would join through {}, the first that the limit leaves out, and it is no member",
            sponsor.name
        );
        let hint = "name its host in the limit as well, or give it a higher `etcd_seq`";
        context.refuse(Guard::Members, &sponsor.host.name, evidence, hint)
    })
}

/// Says what is wrong with a member, and what to do.
fn trouble(
    context: &GuardContext<'_>,
    member: &MemberSpec,
    found: &MemberFound,
    standing: Standing,
) -> Option<(String, String)> {
    let name = &member.name;
    let is_selected = context.run.is_joining(context.cluster, member);
    let remove = |id| format!("take it out with `etcdctl member remove {id}`");
    match standing {
        Standing::Unlisted if context.plan().joins(context.cluster) => None,
        Standing::Unlisted => Some((
            format!("{name} is in the inventory, and no member of the cluster"),
            "let it join first, or take it out of the inventory".to_owned(),
        )),
        Standing::Unstarted(_) if is_selected => None,
        Standing::Unstarted(id) => Some((
            format!("{name} was added to the cluster and has never started"),
            format!("name its host in the limit as well, or {}", remove(id)),
        )),
        Standing::Learner(id) | Standing::Voter(id) if !found.data.wal => Some((
            format!("{name} is a member, and its data is gone"),
            format!("{}, then let it join again", remove(id)),
        )),
        Standing::Learner(_) if is_selected || member.learner => None,
        Standing::Learner(id) => Some((
            format!("{name} is a learner that was never promoted"),
            format!("name its host in the limit as well, or {}", remove(id)),
        )),
        Standing::Voter(_) if found.etcd.healthy => None,
        Standing::Voter(_) => Some((
            format!(
                "{name} has a vote and is not healthy: {}",
                found.etcd.said.trim()
            ),
            "bring it back before members change".to_owned(),
        )),
    }
}
