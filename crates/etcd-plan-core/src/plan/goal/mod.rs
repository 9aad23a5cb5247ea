//! What a plan is for. Each goal is a file that says which steps it takes, in which order.

mod backup;
mod create;
mod destroy;
pub(in crate::plan) mod join;
mod maintain;
pub(in crate::plan) mod recover;
mod reload;
mod remove;
mod replace;
pub(in crate::plan) mod restore;
pub(in crate::plan) mod rotate;
pub(in crate::plan) mod upgrade;

use std::fmt;
use std::str::FromStr;

use super::options::PurgeRule;
use super::step::StepIndex;
use super::steps::{ClusterSteps, Steps};
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
    /// Members leave the cluster that lives: see [`PlanBuilder::depart`](super::PlanBuilder::depart).
    /// They are taken out one after the other, through one that stays and is well; then what they have
    /// left on their hosts is stopped and moved aside.
    Remove,
    /// A new host, which the limit names, takes the place of a member: before that leaves where it
    /// lives, and after that where it is dead.
    Replace,
    /// The clusters are taken away: the seeds' `-t etcd_purge`. Data is moved aside.
    Destroy,
    /// What the clusters hold is saved: a snapshot of each, from a healthy follower.
    Backup,
    /// The history of the clusters' stores is compacted, and members' databases give back what they do
    /// not use, one after the other; an alarm of a full quota is taken back then.
    Maintain,
    /// A new cluster is made of a snapshot: see [`PlanBuilder::snapshot`](super::PlanBuilder::snapshot).
    /// What is there is moved aside, as by [`Goal::Rebuild`].
    Restore,
    /// A new cluster is made of what the best survivor holds of one that has lost its quorum for good.
    /// Members that are dead are left out: see [`PlanBuilder::depart`](super::PlanBuilder::depart) and
    /// [`PlanBuilder::dead`](super::PlanBuilder::dead).
    Recover,
    /// The members of the cluster that lives get new keys and certificates from the authority that is
    /// there, one after the other and without a restart.
    RotateCerts,
    /// Another authority takes the place of the one that is there, by stages, each a plan of its own: see
    /// [`PlanBuilder::rotation_stage`](super::PlanBuilder::rotation_stage). Both are trusted, then members'
    /// certificates are issued by the new one, and then only that is trusted.
    RotateCa,
}

impl Goal {
    /// All goals.
    pub const ALL: [Self; 14] = [
        Self::Create,
        Self::Rebuild,
        Self::Join,
        Self::Reload,
        Self::Upgrade,
        Self::Remove,
        Self::Replace,
        Self::Destroy,
        Self::Backup,
        Self::Maintain,
        Self::Restore,
        Self::Recover,
        Self::RotateCerts,
        Self::RotateCa,
    ];

    /// Gives the goal's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Rebuild => "rebuild",
            Self::Join => "join",
            Self::Reload => "reload",
            Self::Upgrade => "upgrade",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Destroy => "destroy",
            Self::Backup => "backup",
            Self::Maintain => "maintain",
            Self::Restore => "restore",
            Self::Recover => "recover",
            Self::RotateCerts => "rotate-certs",
            Self::RotateCa => "rotate-ca",
        }
    }

    /// Says whether members of a cluster that lives restart one after the other: then all of its hosts
    /// are locked, whatever the limit, and nothing is purged or built.
    pub fn restarts(self) -> bool {
        matches!(self, Self::Reload | Self::Upgrade | Self::RotateCa)
    }

    /// Says when what is there is purged.
    pub fn purge_rule(self) -> PurgeRule {
        match self {
            Self::Create
            | Self::Join
            | Self::Reload
            | Self::Upgrade
            | Self::Remove
            | Self::Replace
            | Self::Backup
            | Self::Maintain
            | Self::RotateCerts
            | Self::RotateCa => PurgeRule::WhenNeeded,
            Self::Rebuild | Self::Destroy | Self::Restore | Self::Recover => PurgeRule::Always,
        }
    }

    /// Says whether members leave.
    pub(crate) fn changes_who_leaves(self) -> bool {
        matches!(self, Self::Remove | Self::Replace)
    }

    /// Says whether members can be named that are not to be among those of the cluster afterwards.
    pub(crate) fn leaves_members_out(self) -> bool {
        self.changes_who_leaves() || self == Self::Recover
    }

    /// Says whether every member gets a store that was made before.
    pub(crate) fn places_stores(self) -> bool {
        matches!(self, Self::Restore | Self::Recover)
    }

    /// Says whether the goal leaves the cluster that is there, whatever that is like: it never purges
    /// and never builds one.
    pub(crate) fn leaves_what_is_there(self) -> bool {
        matches!(
            self,
            Self::Reload
                | Self::Upgrade
                | Self::Remove
                | Self::Backup
                | Self::Maintain
                | Self::RotateCerts
                | Self::RotateCa
        )
    }

    /// Says whether all members take part, whatever the limit: where one of them costs the cluster a
    /// vote for a while, all others are locked, and asked at the end.
    pub(crate) fn takes_all_members(self) -> bool {
        matches!(
            self,
            Self::Reload | Self::Upgrade | Self::Maintain | Self::RotateCerts | Self::RotateCa
        )
    }

    /// Says whether the goal is of use while hosts cannot be reached: what they would say it does not
    /// stand on, and nothing is done to them.
    pub(crate) fn bears_unreached_hosts(self) -> bool {
        self == Self::Backup
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
            Self::Reload => each(steps, reload::plan),
            Self::Upgrade => each(steps, upgrade::plan),
            Self::Remove => each(steps, remove::plan),
            Self::Replace => each(steps, replace::plan),
            Self::Destroy => each(steps, destroy::plan),
            Self::Backup => each(steps, backup::plan),
            Self::Maintain => each(steps, maintain::plan),
            Self::Restore => each(steps, restore::plan),
            Self::Recover => each(steps, recover::plan),
            Self::RotateCerts => each(steps, rotate::plan_certs),
            Self::RotateCa => each(steps, rotate::plan_ca),
        }
    }
}

/// Adds the steps of a goal that is the same for all clusters.
fn each(steps: &mut Steps<'_>, plan: fn(&mut ClusterSteps<'_, '_>, StepIndex)) {
    let gate = steps.guarded_gate();
    for cluster in 0..steps.cluster_count() {
        plan(&mut steps.of_cluster(cluster), gate);
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
