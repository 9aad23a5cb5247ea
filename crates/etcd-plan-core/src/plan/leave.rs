//! Who is to leave a cluster: checked before there is a plan.

use super::goal::{Goal, join};
use super::{PlanError, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::names::{Address, EtcdId, MemberName};
use crate::spec::{ClusterSpec, Leaver, MemberSpec};

/// Checks that members are to leave where the goal is about that, and only there.
pub(super) fn check(
    goal: Goal,
    limit: Option<&str>,
    depart: &[String],
    dead: bool,
) -> Result<(), PlanError> {
    let no = |what: &str, hint: &str| Err(argument(format!("the goal `{goal}` {what}"), hint));
    match goal {
        Goal::Remove | Goal::Replace if depart.is_empty() => no(
            "needs the members that are to leave",
            "name each by its host, its member name or its id",
        ),
        Goal::Remove if limit.is_some() => no(
            "takes no limit",
            "name the members that are to leave, and only those",
        ),
        Goal::Replace if depart.len() != 1 => no(
            "replaces one member at a time",
            "name one that is to leave, and one host in its place",
        ),
        Goal::Replace if limit.is_none() => no(
            "needs the new host as its limit",
            "name one host of the inventory that is to take the place",
        ),
        Goal::Recover if !depart.is_empty() && !dead => no(
            "leaves out no member that lives",
            "name those that are lost for good, and say with `dead` that they are",
        ),
        Goal::Remove | Goal::Replace | Goal::Recover => Ok(()),
        _ if !depart.is_empty() => no(
            "lets no member leave",
            "members leave with the goals `remove` and `replace`, and `recover` leaves dead ones out",
        ),
        _ if dead => no(
            "has no use for `dead`",
            "it is for members that leave, with the goals `remove`, `replace` and `recover`",
        ),
        _ => Ok(()),
    }
}

/// A part of a removal could stop a member that still has its vote.
pub(super) fn no_tags(goal: Goal) -> PlanError {
    let message = format!("the goal `{goal}` takes no tags");
    argument(message, "members leave in one piece: drop the tags")
}

/// Takes the members that are to leave out of their clusters, and leaves the clusters of which none is
/// to leave out of the plan.
pub(super) fn depart(
    clusters: &mut Vec<ClusterSpec>,
    words: &[String],
    dead: bool,
) -> Result<(), PlanError> {
    for word in words {
        let already = clusters.iter().flat_map(|cluster| &cluster.leaving);
        let is_told = |leaver: &Leaver| match &leaver.member {
            Some(member) => is_called(member, word),
            None => leaver.named == *word,
        };
        if already.into_iter().any(is_told) {
            continue;
        }
        let places = (0..).zip(clusters.iter());
        let mut found = places.filter_map(|(cluster, spec)| {
            let mut members = spec.members.iter();
            Some((cluster, members.position(|member| is_called(member, word))?))
        });
        let (cluster, member): (usize, Option<usize>) = match found.next() {
            Some((cluster, member)) => (cluster, Some(member)),
            None => (cluster_of(clusters, word)?, None),
        };
        let spec = &mut clusters[cluster];
        let member = member.map(|position| spec.members.remove(position));
        spec.leaving.push(Leaver {
            named: word.clone(),
            dead,
            member,
        });
    }
    if !words.is_empty() {
        clusters.retain(|cluster| !cluster.leaving.is_empty());
    }
    Ok(())
}

/// Checks that one new host, and no other, takes the place of the member that is to leave.
pub(super) fn check_new(selection: &Selection, clusters: &[ClusterSpec]) -> Result<(), PlanError> {
    let mut members = clusters.iter().flat_map(|cluster| &cluster.members);
    let new = members
        .by_ref()
        .filter(|member| selection.takes_host(&member.host.name));
    if new.count() == 1 {
        return Ok(());
    }
    let message = "the goal `replace` needs one new host of the same cluster as its limit";
    let hint = "put the new host into the cluster's group with an `etcd_seq` of its own, and name \
                that and the member that is to leave";
    Err(argument(message, hint))
}

/// Checks that somebody is left, who was there before.
pub(super) fn check_rest(
    goal: Goal,
    selection: &Selection,
    clusters: &[ClusterSpec],
) -> Result<(), PlanError> {
    if !goal.leaves_members_out() {
        return Ok(());
    }
    for cluster in clusters {
        let is_lost = cluster.voters().next().is_none()
            || (goal == Goal::Replace && join::sponsor(selection, cluster).is_none());
        if is_lost {
            return Err(PlanError::Selection(Box::new(Diagnostic::new(
                Code::LastMember,
                format!("no voter of {} would be left", cluster.name),
                "name fewer members; the goal `destroy` takes a whole cluster away, and a cluster \
                 whose only member is dead is restored from a back-up",
            ))));
        }
    }
    Ok(())
}

fn is_called(member: &MemberSpec, word: &str) -> bool {
    [member.host.name.as_str(), member.name.as_str()].contains(&word)
        || word
            .parse()
            .is_ok_and(|address: Address| address == member.address)
}

/// Finds the cluster of a member that the inventory does not have: by the member's name, or the only
/// one there is.
fn cluster_of(clusters: &[ClusterSpec], word: &str) -> Result<usize, PlanError> {
    let refused = |message: String, hint: &str| {
        let finding = Diagnostic::new(Code::NoSuchMember, message, hint);
        Err(PlanError::Selection(Box::new(finding)))
    };
    let name: Option<MemberName> = word.parse().ok();
    let of_name = |cluster: &ClusterSpec| name.as_ref().is_some_and(|n| n.is_of(&cluster.name));
    if let Some(cluster) = clusters.iter().position(of_name) {
        return Ok(cluster);
    }
    let is_address = matches!(word.parse(), Ok(Address::Ip(_)));
    if !is_address && word.parse::<EtcdId>().is_err() {
        return refused(
            format!("`{word}` is no member of the inventory's clusters"),
            "name a host of the inventory, or a member by its name, its id or the address of its host",
        );
    }
    if clusters.len() > 1 {
        return refused(
            format!("`{word}` is not in the inventory, which has several clusters"),
            "name the member as `etcdctl member list` does, which tells its cluster",
        );
    }
    Ok(0)
}

pub(super) fn argument(message: impl Into<String>, hint: &str) -> PlanError {
    let finding = Diagnostic::new(Code::GoalArgument, message.into(), hint);
    PlanError::Selection(Box::new(finding))
}
