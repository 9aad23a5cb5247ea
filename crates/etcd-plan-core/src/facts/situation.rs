use std::collections::{BTreeMap, BTreeSet};

use super::{MemberFound, Missing, Observation};
use crate::names::MemberName;
use crate::spec::ClusterSpec;

/// What there is of a cluster, judged once from what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Situation {
    /// Nothing runs, and there is no data.
    Absent,
    /// The cluster of the inventory is there: the hosts' configurations are of one making, with the
    /// inventory's members, and every member has its data. Members may stand still.
    ///
    /// While the cluster serves, a member without data counts as one that stands still: etcd itself
    /// lets it start when it never took part, and refuses when it has lost its data.
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
        let found: Vec<MemberFound> = spec
            .members
            .iter()
            .map(|member| MemberFound::of(spec, member, observation))
            .collect::<Result<_, _>>()?;
        if !found.iter().any(MemberFound::is_there) {
            return Ok(Self::Absent);
        }
        let (token, mut why) = compare(spec, &found);
        // A linearizable read succeeded, so there is a quorum.
        let serves = found.iter().any(|found| found.etcd.healthy);
        let without_data = spec
            .members
            .iter()
            .zip(&found)
            .filter(|(_, found)| !found.data.wal);
        if !serves {
            why.extend(without_data.map(|(member, _)| format!("{} has no data", member.name)));
        }
        match token {
            Some(token) if why.is_empty() => Ok(Self::Present {
                token,
                down: down(spec, &found),
            }),
            _ if !serves && is_unfinished(&found) => Ok(Self::Unfinished),
            _ => Ok(Self::Remains { why }),
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

/// Compares the configurations that are there with the inventory and with each other: gives the
/// token that they share, and why they are not the cluster of the inventory.
fn compare(spec: &ClusterSpec, found: &[MemberFound]) -> (Option<String>, Vec<String>) {
    let wanted: BTreeMap<String, String> = spec
        .members
        .iter()
        .map(|member| (member.name.to_string(), spec.peer_url(member)))
        .collect();
    let mut why = Vec::new();
    let mut tokens = BTreeSet::new();
    for (member, found) in spec.members.iter().zip(found) {
        let Some(conf) = &found.conf else {
            why.push(format!("{} has no etcd.conf", member.name));
            continue;
        };
        tokens.insert(conf.token.clone().unwrap_or_default());
        if conf.initial_cluster != wanted {
            why.push(format!("{} was made with other members", member.name));
        }
        if conf.name.as_ref() != Some(&member.name) {
            why.push(format!(
                "what is there for {} has another name",
                member.name
            ));
        }
    }
    if tokens.len() > 1 {
        why.push("the members were not made together: their tokens differ".to_owned());
    }
    (tokens.pop_first(), why)
}

/// Says whether all that is there was being built, each by the run that wrote its configuration.
fn is_unfinished(found: &[MemberFound]) -> bool {
    found.iter().filter(|found| found.is_there()).all(|found| {
        let token = found.conf.as_ref().and_then(|conf| conf.token.as_ref());
        found.mark.is_some() && found.mark.as_ref() == token
    })
}

fn down(spec: &ClusterSpec, found: &[MemberFound]) -> Vec<MemberName> {
    let members = spec.members.iter().zip(found);
    members
        .filter(|(_, found)| !found.service.state.is_alive())
        .map(|(member, _)| member.name.clone())
        .collect()
}
