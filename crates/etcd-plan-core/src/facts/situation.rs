use std::collections::{BTreeMap, BTreeSet};

use super::{FoundConf, MemberFound, Missing, Observation};
use crate::names::MemberName;
use crate::op::EtcdFacts;
use crate::plan::Goal;
use crate::spec::ClusterSpec;

/// What there is of a cluster, judged once from what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Situation {
    /// Nothing runs, and there is no data.
    Absent,
    /// The cluster of the inventory is there: the hosts' configurations are of one making, with the
    /// inventory's members, and every member has its data. Members may stand still.
    ///
    /// A member without data counts as one that stands still while the cluster serves and still
    /// waits for its first start; one that has lost its data does not.
    Present {
        /// The token with which it was made.
        token: String,
        /// The members that do not run.
        down: Vec<MemberName>,
    },
    /// A run was cut off while it built the cluster: what is there never worked.
    Unfinished,
    /// Something is there that is not the cluster of the inventory.
    Remains {
        /// Why it is not, as clauses.
        why: Vec<String>,
    },
}

impl Situation {
    /// Judges what there is of a cluster.
    ///
    /// # Errors
    ///
    /// When a host could not be read.
    pub fn of(spec: &ClusterSpec, observation: &Observation) -> Result<Self, Missing> {
        Self::judge(spec, observation, &|listed| listed)
    }

    fn judge(
        spec: &ClusterSpec,
        observation: &Observation,
        as_compared: &AsCompared,
    ) -> Result<Self, Missing> {
        let found: Vec<MemberFound> = spec
            .members
            .iter()
            .map(|member| MemberFound::of(spec, member, observation))
            .collect::<Result<_, _>>()?;
        if !found.iter().any(MemberFound::is_there) {
            return Ok(Self::Absent);
        }
        let (token, mut why) = compare(spec, &found, as_compared);
        // A linearizable read succeeded, so there is a quorum.
        let serves = found.iter().any(|found| found.etcd.healthy);
        let members = spec.members.iter().zip(&found);
        let lost: Vec<&MemberName> = members
            .filter(|(_, found)| !found.data.wal)
            .filter(|(member, _)| !is_awaited(&spec.peer_url(member), &found))
            .map(|(member, _)| &member.name)
            .collect();
        why.extend(clause(&lost, ["has no data", "have no data"]));
        match token {
            Some(token) if why.is_empty() => Ok(Self::Present {
                token,
                down: down(spec, &found),
            }),
            _ if !serves && is_unfinished(spec, &found) => Ok(Self::Unfinished),
            _ => Ok(Self::Remains { why }),
        }
    }

    /// Judges what there is of a cluster, for a goal: a reload finds the cluster of the inventory wherever
    /// its members reach each other, since it may change that, one member after the other.
    ///
    /// # Errors
    ///
    /// When a host could not be read.
    pub fn for_goal(
        goal: Goal,
        spec: &ClusterSpec,
        observation: &Observation,
    ) -> Result<Self, Missing> {
        if goal == Goal::Reload {
            Self::judge(spec, observation, &names_of)
        } else {
            Self::of(spec, observation)
        }
    }

    /// Gives the situation's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Present { .. } => "present",
            Self::Unfinished => "unfinished",
            Self::Remains { .. } => "remains",
        }
    }
}

/// Gives of members, with their peer URLs, what is compared.
type AsCompared = dyn Fn(BTreeMap<String, String>) -> BTreeMap<String, String>;

fn names_of(members: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = members.into_keys();
    names.map(|name| (name, String::new())).collect()
}

/// Compares the configurations that are there with the inventory and with each other: gives the
/// token that they share, and why they are not the cluster of the inventory.
fn compare(
    spec: &ClusterSpec,
    found: &[MemberFound],
    as_compared: &AsCompared,
) -> (Option<String>, Vec<String>) {
    let wanted = initial_cluster(spec);
    let compared = as_compared(wanted.clone());
    let is_agreed = found.iter().any(|found| {
        let listed = lists(spec, &found.etcd);
        listed.is_some_and(|listed| as_compared(listed) == compared)
    });
    let (mut bare, mut with_others, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
    let mut tokens = BTreeSet::new();
    for (member, found) in spec.members.iter().zip(found) {
        let Some(conf) = &found.conf else {
            bare.push(&member.name);
            continue;
        };
        tokens.insert(conf.token.clone().unwrap_or_default());
        // Members that joined later are named in no older file; etcd knows better.
        if conf.initial_cluster != wanted && !is_agreed {
            with_others.push(&member.name);
        }
        if conf.name.as_ref() != Some(&member.name) {
            renamed.push(&member.name);
        }
    }
    let mut why = Vec::new();
    why.extend(clause(&bare, ["has no etcd.conf", "have no etcd.conf"]));
    why.extend(clause(
        &with_others,
        [
            "was made with other members",
            "were made with other members",
        ],
    ));
    why.extend(clause(&renamed, ["has another name", "have other names"]));
    if tokens.len() > 1 {
        why.push("the members were not made together: their tokens differ".to_owned());
    }
    (tokens.pop_first(), why)
}

/// Gives the members that a healthy etcd lists, with their peer URLs, but for those that are to leave;
/// none where one has never started, and so has no name.
fn lists(spec: &ClusterSpec, etcd: &EtcdFacts) -> Option<BTreeMap<String, String>> {
    let staying = || etcd.members.iter().filter(|known| !spec.is_leaving(known));
    let is_whole = etcd.healthy && staying().all(|known| !known.name.is_empty());
    is_whole.then(|| {
        staying()
            .map(|known| (known.name.clone(), known.peer_urls.join(",")))
            .collect()
    })
}

/// Says whether the cluster serves and waits for a member with this peer URL to start for the first
/// time: it is listed, and has never said where its clients reach it.
fn is_awaited(peer_url: &str, found: &[MemberFound]) -> bool {
    found
        .iter()
        .filter(|found| found.etcd.healthy)
        .any(|found| {
            found.etcd.members.iter().any(|listed| {
                listed.peer_urls.iter().any(|url| url == peer_url) && listed.client_urls.is_empty()
            })
        })
}

/// Says something of members, in the singular or the plural; nothing of none.
fn clause(members: &[&MemberName], [of_one, of_many]: [&str; 2]) -> Option<String> {
    match members {
        [] => None,
        [one] => Some(format!("{one} {of_one}")),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|name| name.as_str()).collect();
            Some(format!("{} and {last} {of_many}", first.join(", ")))
        }
    }
}

/// Says whether all that is there was being built, each by the run that wrote its configuration, and
/// as the inventory has it: where that names other ports now, nobody has asked whether it serves.
fn is_unfinished(spec: &ClusterSpec, found: &[MemberFound]) -> bool {
    let wanted = initial_cluster(spec);
    let members = spec.members.iter().zip(found);
    members
        .filter(|(_, found)| found.is_there())
        .all(|(member, found)| {
            let is_same = |conf: &FoundConf| {
                conf.name.as_ref() == Some(&member.name)
                    && conf.initial_cluster == wanted
                    && conf.client_url.as_ref() == Some(&spec.client_url(member))
            };
            found.is_being_built() && found.conf.as_ref().is_some_and(is_same)
        })
}

fn initial_cluster(spec: &ClusterSpec) -> BTreeMap<String, String> {
    let members = spec.members.iter();
    members
        .map(|member| (member.name.to_string(), spec.peer_url(member)))
        .collect()
}

fn down(spec: &ClusterSpec, found: &[MemberFound]) -> Vec<MemberName> {
    let members = spec.members.iter().zip(found);
    members
        .filter(|(_, found)| !found.service.state.is_alive())
        .map(|(member, _)| member.name.clone())
        .collect()
}
