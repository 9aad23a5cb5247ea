use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::goal::{Goal, join};
use super::options::{GoalOptions, PurgeRule, RotateOptions, Selection};
use super::step::{At, StepNode};
use super::{PlanBuilder, PlanError, Step, StepIndex};
use crate::cert::UnixTime;
use crate::diagnostic::Diagnostics;
use crate::inventory::Inventory;
use crate::names::HostName;
use crate::spec::{ClusterSpec, MemberSpec};

/// What has to happen, on which host, in which order and behind which guards.
///
/// A plan is data and is never changed once made. [`Plan::from_inventory`] makes the plan of the
/// seeds' `etcd.yml`; [`Plan::builder`] takes goal, limit, tags and extra variables.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) goal: Goal,
    pub(crate) purge: PurgeRule,
    pub(crate) selection: Selection,
    pub(crate) options: GoalOptions,
    pub(crate) clusters: Vec<ClusterSpec>,
    pub(crate) diagnostics: Diagnostics,
    /// Edges go from a step to those that wait for it.
    pub(crate) graph: DiGraph<StepNode, ()>,
    /// The steps in an order in which each stands behind all that it waits for.
    pub(crate) order: Vec<StepIndex>,
    /// The steps of each cluster, in the order in which they were planned; the gate is in none.
    pub(crate) by_cluster: Vec<Vec<StepIndex>>,
}

impl Plan {
    /// Makes the plan of the seeds' `etcd.yml` for all clusters of an inventory.
    ///
    /// # Errors
    ///
    /// When the inventory has errors: all of them at once.
    pub fn from_inventory(inventory: &Inventory) -> Result<Self, PlanError> {
        Self::builder(inventory).build()
    }

    /// Begins a plan with a goal, limit, tags or extra variables of its own.
    pub fn builder(inventory: &Inventory) -> PlanBuilder<'_> {
        PlanBuilder::new(inventory)
    }

    /// Gives what the plan is for.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// Says when what is there is purged.
    pub fn purge_rule(&self) -> PurgeRule {
        self.purge
    }

    /// Says whether the selected members of the cluster at a position are to join it while it lives.
    pub fn joins(&self, cluster: usize) -> bool {
        join::is_planned(self.goal, &self.selection, &self.clusters[cluster])
    }

    /// Gives the member through whose host others join the cluster at a position: the first that is
    /// not to join itself, or where none of those stays one that is to leave; none where nobody is to
    /// join.
    pub fn sponsor(&self, cluster: usize) -> Option<&MemberSpec> {
        let spec = &self.clusters[cluster];
        match join::sponsor(&self.selection, spec).filter(|_| self.joins(cluster))? {
            At::Member(position) => spec.members.get(position as usize),
            At::Leaving(position) => spec.leaving.get(position as usize)?.member.as_ref(),
            At::Controller | At::Infra(_) => None,
        }
    }

    /// Gives which steps were asked for.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Gives what was asked for besides hosts and subtasks.
    pub fn options(&self) -> &GoalOptions {
        &self.options
    }

    /// Gives the time since which the certificate of a member on this host must have been issued before a
    /// run that began at `now`, to be kept; none where no rotation was asked for there.
    pub fn issued_since(&self, host: &HostName, now: UnixTime) -> Option<UnixTime> {
        let is_asked_for = self.goal == Goal::RotateCerts && self.selection.takes_host(host);
        let since = if self.options.rotate.again {
            // However young it is.
            UnixTime(i64::MAX)
        } else {
            now.minus_seconds(RotateOptions::KEPT_FOR)
        };
        is_asked_for.then_some(since)
    }

    /// Gives the clusters, in the order of their names.
    pub fn clusters(&self) -> &[ClusterSpec] {
        &self.clusters
    }

    /// Gives the warnings about the inventory.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Counts the steps.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Says whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Goes through the steps, each behind all that it waits for.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.order.iter().map(|index| self.step(*index))
    }

    /// Goes through the steps of the cluster at a position, in the order in which they were planned.
    pub fn steps_of(&self, cluster: usize) -> impl Iterator<Item = Step<'_>> {
        self.by_cluster[cluster]
            .iter()
            .map(|index| self.step(*index))
    }

    /// Gives the step at a position.
    pub fn step(&self, index: StepIndex) -> Step<'_> {
        Step { plan: self, index }
    }

    /// Goes through the positions of all steps, in the order in which they were planned.
    pub fn indices(&self) -> impl Iterator<Item = StepIndex> + use<> {
        (0..u32::try_from(self.len()).expect("steps are counted in 32 bits")).map(StepIndex)
    }

    /// Goes through the steps that a step waits for.
    pub fn before(&self, index: StepIndex) -> impl Iterator<Item = Step<'_>> {
        self.neighbours(index, Direction::Incoming)
    }

    /// Goes through the steps that wait for a step.
    pub fn after(&self, index: StepIndex) -> impl Iterator<Item = Step<'_>> {
        self.neighbours(index, Direction::Outgoing)
    }

    fn neighbours(&self, index: StepIndex, direction: Direction) -> impl Iterator<Item = Step<'_>> {
        self.graph
            .neighbors_directed(NodeIndex::from(index.0), direction)
            .map(|node| self.step(StepIndex::of(node.index())))
    }

    pub(crate) fn node(&self, index: StepIndex) -> StepNode {
        self.graph[NodeIndex::from(index.0)]
    }
}
