use std::collections::{BTreeMap, BTreeSet};

use super::{MemberFound, Missing, Observation};
use crate::names::MemberName;
use crate::spec::ClusterSpec;

/// What there is of a cluster, judged once from what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Situation {
    /// Nothing runs, and there is no data.
    Absent,
    /// The cluster of the inventory is there: every member has data, and all were made together,
    /// with one token and one list of members that is the inventory's. Members may stand still.
    Present {
        /// The token with which it was made.
        token: String,
        /// The members that do not run.
        down: Vec<MemberName>,
    },
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
        let mut why = Vec::new();
        let wanted: BTreeMap<String, String> = spec
            .members
            .iter()
            .map(|member| (member.name.to_string(), spec.peer_url(member)))
            .collect();
        let mut tokens = BTreeSet::new();
        let mut down = Vec::new();
        for (member, found) in spec.members.iter().zip(&found) {
            if !found.data.wal {
                why.push(format!("{} has no data", member.name));
            }
            if !found.service.state.is_alive() {
                down.push(member.name.clone());
            }
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
        match tokens.pop_first() {
            Some(token) if why.is_empty() => Ok(Self::Present { token, down }),
            _ => Ok(Self::Remains { why }),
        }
    }

    /// Gives the situation's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Present { .. } => "present",
            Self::Remains { .. } => "remains",
        }
    }
}
