use super::{Guard, GuardContext, Refusal};
use crate::facts::{MemberFound, Standing};
use crate::op::MemberFacts;
use crate::spec::MemberSpec;

/// Refuses to change the members of a cluster that is not well: every change costs a vote for a
/// while, and one that is down already may then cost the quorum (etcd's FAQ; design.md, rule 8).
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    if !context.plan().joins(context.cluster) {
        return Vec::new();
    }
    let listed = match context.run.listed(context.cluster) {
        Ok(listed) => listed,
        Err(missing) => {
            let evidence = format!("no cluster that lives can be joined: {}", missing.why);
            let hint = "start the members that are there, and see that they are healthy; a cluster \
                        that is not there yet is built without a limit and without `etcd_init`";
            return vec![context.refuse(Guard::Members, None, evidence, hint)];
        }
    };
    let mut refusals = strangers(context, listed);
    refusals.extend(sponsor(context, listed));
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

/// Members that the inventory does not know.
fn strangers(context: &GuardContext<'_>, listed: &[MemberFacts]) -> Vec<Refusal> {
    let spec = context.spec();
    let urls: Vec<String> = spec.members.iter().map(|m| spec.peer_url(m)).collect();
    let unknown = listed
        .iter()
        .filter(|known| !known.peer_urls.iter().any(|url| urls.contains(url)));
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
    (!is_one).then(|| {
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
    let is_selected = context.plan().selection().takes_host(&member.host.name);
    let remove = |id| format!("take it out with `etcdctl member remove {id}`");
    match standing {
        Standing::Unlisted => None,
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
