//! Guards: questions about what was observed, whose refusal stops everything. A guard a file.
//!
//! A guard that could not tell refuses too. Guards look at facts and at the plan, never at a host.

mod alive;
mod context;
mod drift;
mod foreign;
mod members;
mod prerequisites;
mod readable;
mod refusal;
mod safeguard;
mod stranger;
mod whole;

use serde::{Deserialize, Serialize};

pub use context::GuardContext;
pub use refusal::Refusal;

use crate::plan::Subtask;

/// The guards. Every plan has all of them, for each of its clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Every host was reached, and every fact read.
    Readable,
    /// Hosts have what the plan needs: rights, a service manager, etcd or a way to install it.
    Prerequisites,
    /// Nothing that runs, and no data, would be purged while the inventory forbids it.
    Safeguard,
    /// No cluster that serves would be purged without that being asked for by name.
    Alive,
    /// Nobody else listens on the members' ports.
    Foreign,
    /// What is there is of this cluster, not of another one.
    Stranger,
    /// The plan takes in the whole cluster where a part would do harm.
    Whole,
    /// The cluster that is joined is well, and its members are those of the inventory.
    Members,
    /// No running member would need a restart that the plan does not have.
    Drift,
}

impl Guard {
    /// All guards, in the order in which they are judged.
    pub const ALL: [Self; 9] = [
        Self::Readable,
        Self::Prerequisites,
        Self::Safeguard,
        Self::Alive,
        Self::Foreign,
        Self::Stranger,
        Self::Whole,
        Self::Members,
        Self::Drift,
    ];

    /// Gives the guard's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::Prerequisites => "prerequisites",
            Self::Safeguard => "safeguard",
            Self::Alive => "alive",
            Self::Foreign => "foreign",
            Self::Stranger => "stranger",
            Self::Whole => "whole",
            Self::Members => "members",
            Self::Drift => "drift",
        }
    }

    /// Gives the question that the guard asks.
    pub fn question(self) -> &'static str {
        match self {
            Self::Readable => "was every host reached and every fact read?",
            Self::Prerequisites => "does every host have what the plan needs?",
            Self::Safeguard => "may what runs, and the data that is there, be purged?",
            Self::Alive => "would only what does not serve be purged?",
            Self::Foreign => "are the members' ports free, or held by the members?",
            Self::Stranger => "is what is there of this cluster?",
            Self::Whole => "does the plan take in the whole cluster where a part would do harm?",
            Self::Members => "is the cluster well enough to take in new members?",
            Self::Drift => "can the cluster become what is wanted without a restart?",
        }
    }

    /// Gives the subtask that the guard belongs to.
    pub fn subtask(self) -> Subtask {
        match self {
            Self::Prerequisites => Subtask::Assert,
            _ => Subtask::Check,
        }
    }

    /// Judges the facts of one cluster.
    pub fn judge(self, context: &GuardContext<'_>) -> Vec<Refusal> {
        match self {
            Self::Readable => readable::judge(context),
            Self::Prerequisites => prerequisites::judge(context),
            Self::Safeguard => safeguard::judge(context),
            Self::Alive => alive::judge(context),
            Self::Foreign => foreign::judge(context),
            Self::Stranger => stranger::judge(context),
            Self::Whole => whole::judge(context),
            Self::Members => members::judge(context),
            Self::Drift => drift::judge(context),
        }
    }
}
