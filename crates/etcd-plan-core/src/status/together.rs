use std::collections::BTreeSet;

use super::view::View;
use super::{Finding, Stranger};
use crate::names::{EtcdId, MemberName};
use crate::op::{Alarm, EtcdFacts};

/// Says what is wrong with what the members say together.
pub(super) fn of_all(views: &[View<'_>]) -> Vec<Finding> {
    let statuses = || views.iter().filter_map(|view| view.etcd?.status.as_ref());
    let mut problems = Vec::new();
    let ids: BTreeSet<EtcdId> = statuses().map(|status| status.cluster_id).collect();
    if ids.len() > 1 {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let what = format!("its members are of different clusters: {}", ids.join(", "));
        let hint = "stop the members that are not of this cluster before anything else";
        problems.push(Finding::of_cluster(what, hint));
    }
    let leaders: BTreeSet<EtcdId> = statuses()
        .map(|status| status.leader)
        .filter(|leader| *leader != EtcdId(0))
        .collect();
    match leaders.len() {
        1 => {}
        0 if statuses().next().is_none() => {}
        0 => problems.push(Finding::of_cluster(
            "there is no leader",
            "see that a majority of the members runs and can reach each other",
        )),
        _ => problems.push(Finding::of_cluster(
            "members name different leaders",
            "ask again: during an election that is so for a moment",
        )),
    }
    for view in views {
        let learner = listed_as_learner(views, view);
        let finding = |what: &str, hint: &str| Finding::of_member(&view.member.name, what, hint);
        let host = &view.member.host.name;
        let join = format!("`etcd-plan apply -l {host} -e etcd_init=existing`");
        if learner.contains(&None) {
            let hint = format!("let it join with {join}, or take it out of the inventory");
            problems.push(finding("the cluster does not list it as a member", &hint));
        } else if learner.contains(&Some(!view.member.learner)) {
            let (what, hint) = if view.member.learner {
                let what = "it has a vote, and the inventory has it as a learner";
                (what, "set `etcd_learner` to false".to_owned())
            } else {
                let what = "it is a learner, and the inventory has it with a vote";
                let hint = format!("let {join} promote it, or set `etcd_learner` to true");
                (what, hint)
            };
            problems.push(finding(what, &hint));
        }
    }
    for stranger in strangers(views) {
        let name = match stranger.name.as_str() {
            "" => stranger.id.to_string(),
            name => name.to_owned(),
        };
        let what =
            format!("the cluster lists the member {name}, which the inventory does not have");
        problems.push(Finding::of_cluster(
            what,
            "add it to the inventory, or remove it from the cluster",
        ));
    }
    problems
}

/// Says whether those who answer list a member.
pub(super) fn is_listed(views: &[View<'_>], view: &View<'_>) -> bool {
    !listed_as_learner(views, view).contains(&None)
}

/// Gives what those who answer say of a member: that it is a learner, that it has a vote, or
/// nothing since they do not list it.
fn listed_as_learner(views: &[View<'_>], view: &View<'_>) -> BTreeSet<Option<bool>> {
    let entry = |etcd: &EtcdFacts| {
        let mut members = etcd.members.iter();
        members
            .find(|listed| listed.peer_urls.contains(&view.peer_url))
            .map(|listed| listed.is_learner)
    };
    let lists = views.iter().filter_map(|view| view.etcd);
    let lists = lists.filter(|etcd| !etcd.members.is_empty());
    lists.map(entry).collect()
}

/// Gives the members that the inventory does not know.
pub(super) fn strangers(views: &[View<'_>]) -> Vec<Stranger> {
    let mut strangers: Vec<Stranger> = Vec::new();
    for listed in views
        .iter()
        .filter_map(|view| view.etcd)
        .flat_map(|etcd| &etcd.members)
    {
        let is_known = views
            .iter()
            .any(|view| listed.peer_urls.contains(&view.peer_url));
        if !is_known && !strangers.iter().any(|stranger| stranger.id == listed.id) {
            strangers.push(Stranger {
                id: listed.id,
                name: listed.name.clone(),
                peer_urls: listed.peer_urls.clone(),
            });
        }
    }
    strangers
}

/// Gives the alarms, each once.
pub(super) fn alarms(views: &[View<'_>]) -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = Vec::new();
    for alarm in views
        .iter()
        .filter_map(|view| view.etcd)
        .flat_map(|etcd| &etcd.alarms)
    {
        if !alarms.contains(alarm) {
            alarms.push(alarm.clone());
        }
    }
    alarms
}

pub(super) fn alarm_problem(views: &[View<'_>], alarm: &Alarm) -> Finding {
    let member = views.iter().find(|view| view.id() == Some(alarm.member_id));
    let hint = match alarm.kind.as_str() {
        "NOSPACE" => {
            "compact and defragment each member, then `etcdctl alarm disarm`; writes are refused until then"
        }
        "CORRUPT" => {
            "stop that member, back up its data, remove it from the cluster and let it join anew"
        }
        _ => "see etcd's documents on this alarm",
    };
    Finding {
        member: member.map(|view| view.member.name.clone()),
        what: format!("the alarm {} is raised", alarm.kind),
        hint: hint.to_owned(),
    }
}

/// Gives the id of the cluster, if all say the same.
pub(super) fn cluster_id(views: &[View<'_>]) -> Option<EtcdId> {
    let statuses = views.iter().filter_map(|view| view.etcd?.status.as_ref());
    one(statuses.map(|status| status.cluster_id))
}

/// Gives the leader, if all name the same.
pub(super) fn leader(views: &[View<'_>]) -> Option<MemberName> {
    let statuses = views.iter().filter_map(|view| view.etcd?.status.as_ref());
    let leader = one(statuses
        .map(|status| status.leader)
        .filter(|id| *id != EtcdId(0)))?;
    let of = views.iter().find(|view| view.id() == Some(leader))?;
    Some(of.member.name.clone())
}

/// Gives the value that all are, if there is one.
fn one<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}
