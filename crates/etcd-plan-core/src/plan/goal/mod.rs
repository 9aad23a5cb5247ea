//! What a plan is for. Each goal is a file that says which steps it takes, in which order.

mod create;
pub(in crate::plan) mod join;
mod reload;
pub(in crate::plan) mod upgrade;

use std::fmt;
use std::str::FromStr;

use super::build::Steps;
use super::options::PurgeRule;
use crate::names::{NameError, serde_through_text};

/// What is wanted of the clusters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// The cluster is as the inventory says: it is built where there is none, members that stand
    /// still are started, remains that are in the way are purged, and a cluster that is as wanted
    /// is left alone.
    #[default]
    Create,
    /// The cluster is built anew, whatever is there: the seeds' `etcd.yml` run on a living cluster.
    /// What is there is moved aside first.
    Rebuild,
    /// The hosts that the limit names become members of the cluster that lives: the seeds' "More
    /// Nodes". So does [`Goal::Create`] where `etcd_init` is `existing` and the limit leaves members
    /// out.
    Join,
    /// The members of the cluster that lives take on what the inventory says: those whose effective
    /// configuration changed restart, one after the other, and what needs no restart is written
    /// without one.
    Reload,
    /// The members of the cluster that lives go to another version of etcd, one after the other:
    /// that of [`crate::plan::PlanBuilder::version`].
    Upgrade,
}

impl Goal {
    /// All goals.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Rebuild,
        Self::Join,
        Self::Reload,
        Self::Upgrade,
    ];

    /// Gives the goal's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Rebuild => "rebuild",
            Self::Join => "join",
            Self::Reload => "reload",
            Self::Upgrade => "upgrade",
        }
    }

    /// Says whether members of a cluster that lives restart one after the other: then all of its hosts
    /// are locked, whatever the limit, and nothing is purged or built.
    pub fn restarts(self) -> bool {
        matches!(self, Self::Reload | Self::Upgrade)
    }

    /// Says when what is there is purged.
    pub fn purge_rule(self) -> PurgeRule {
        match self {
            Self::Create | Self::Join | Self::Reload | Self::Upgrade => PurgeRule::WhenNeeded,
            Self::Rebuild => PurgeRule::Always,
        }
    }

    /// Adds the steps of the goal for all clusters.
    pub(super) fn plan(self, steps: &mut Steps<'_>) {
        match self {
            Self::Create | Self::Rebuild | Self::Join => {
                let gate = steps.guarded_gate();
                for cluster in 0..steps.cluster_count() {
                    if steps.joins(cluster) {
                        join::plan(&mut steps.of_cluster(cluster), gate);
                    } else {
                        create::plan(&mut steps.of_cluster(cluster), gate);
                    }
                }
            }
            Self::Reload => {
                let gate = steps.guarded_gate();
                for cluster in 0..steps.cluster_count() {
                    reload::plan(&mut steps.of_cluster(cluster), gate);
                }
            }
            Self::Upgrade => {
                let gate = steps.guarded_gate();
                for cluster in 0..steps.cluster_count() {
                    upgrade::plan(&mut steps.of_cluster(cluster), gate);
                }
            }
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Goal {
    type Err = NameError;

    /// # Errors
    ///
    /// When no goal has this name; the message lists those there are.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL
            .into_iter()
            .find(|goal| goal.as_str() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
                NameError::new(format!("is not a goal; there are {}", names.join(", ")))
            })
    }
}

serde_through_text!(Goal);
