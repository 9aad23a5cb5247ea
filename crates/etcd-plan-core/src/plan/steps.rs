//! The steps of a plan while goals add them, and what a selection leaves of them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::action::{Action, Barrier};
use super::goal::{Goal, join};
use super::options::{GoalOptions, Selection};
use super::step::{At, StepIndex, StepNode};
use crate::cert::RotationStage;
use crate::guard::Guard;
use crate::names::HostName;
use crate::spec::{ClusterSpec, Leaver};

/// The steps of a plan while goals add them.
pub(super) struct Steps<'a> {
    goal: Goal,
    clusters: &'a [ClusterSpec],
    selection: &'a Selection,
    options: &'a GoalOptions,
    nodes: Vec<StepNode>,
    /// What the nodes wait for, all in one row: a list for each would be most of a plan's memory.
    before: Vec<StepIndex>,
    /// Where the part of each node ends in that row.
    before_ends: Vec<usize>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        goal: Goal,
        clusters: &'a [ClusterSpec],
        selection: &'a Selection,
        options: &'a GoalOptions,
    ) -> Self {
        Self {
            goal,
            clusters,
            selection,
            options,
            nodes: Vec::new(),
            before: Vec::new(),
            before_ends: Vec::new(),
        }
    }

    /// Counts the clusters.
    pub(super) fn cluster_count(&self) -> usize {
        self.clusters.len()
    }

    /// Says whether the members that were selected are to join a cluster that lives.
    pub(super) fn joins(&self, cluster: usize) -> bool {
        join::is_planned(self.goal, self.selection, &self.clusters[cluster])
    }

    /// Adds the steps of one cluster.
    pub(super) fn of_cluster(&mut self, cluster: usize) -> ClusterSteps<'a, '_> {
        let spec = &self.clusters[cluster];
        let cluster = u32::try_from(cluster).expect("clusters are counted in 32 bits");
        ClusterSteps {
            spec,
            cluster,
            steps: self,
        }
    }

    /// Adds what every plan begins with: everything is read, every guard is judged, and the gate
    /// waits for them all.
    pub(super) fn guarded_gate(&mut self) -> StepIndex {
        let mut judged = Vec::new();
        for cluster in 0..self.cluster_count() {
            let mut steps = self.of_cluster(cluster);
            let assert = steps.add(At::Controller, Action::Assert, []);
            let facts: Vec<_> = steps
                .hosts()
                .map(|at| steps.add(at, Action::ReadFacts, [assert]))
                .collect();
            for guard in Guard::ALL {
                judged.push(steps.add(
                    At::Controller,
                    Action::Judge { guard },
                    facts.iter().copied(),
                ));
            }
        }
        self.push(
            StepNode {
                cluster: 0,
                at: At::Controller,
                action: Action::Gate,
            },
            judged,
        )
    }

    fn push(&mut self, node: StepNode, before: impl IntoIterator<Item = StepIndex>) -> StepIndex {
        let index = StepIndex::of(self.nodes.len());
        self.nodes.push(node);
        self.before.extend(before);
        self.before_ends.push(self.before.len());
        index
    }

    /// Gives what a node waits for.
    fn before(&self, at: usize) -> &[StepIndex] {
        let start = at
            .checked_sub(1)
            .map_or(0, |previous| self.before_ends[previous]);
        &self.before[start..self.before_ends[at]]
    }

    /// Drops what the selection does not take, and joins what is left: a step waits for whatever
    /// the steps that were dropped would have waited for.
    pub(super) fn finish(self) -> DiGraph<StepNode, ()> {
        let kept = self.kept();
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.nodes.len() * 2);
        let mut new_index = vec![NodeIndex::end(); self.nodes.len()];
        // What a dropped step stands for: the kept steps that it waited for.
        let mut stands_for: BTreeMap<StepIndex, Vec<NodeIndex>> = BTreeMap::new();
        let mut waits: Vec<NodeIndex> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            waits.clear();
            for before in self.before(at) {
                match stands_for.get(before) {
                    Some(others) => waits.extend_from_slice(others),
                    None => waits.push(new_index[before.get()]),
                }
            }
            waits.sort_unstable();
            waits.dedup();
            if kept[at] {
                let index = graph.add_node(*node);
                new_index[at] = index;
                for wait in &waits {
                    graph.add_edge(*wait, index, ());
                }
            } else {
                stands_for.insert(StepIndex::of(at), waits.clone());
            }
        }
        graph
    }

    /// Says of each step whether it stays.
    fn kept(&self) -> Vec<bool> {
        let mut kept: Vec<bool> = self
            .nodes
            .iter()
            .map(|node| self.is_selected(*node))
            .collect();
        // A host that nothing is changed on needs no lock, and a barrier behind which nothing
        // stands waits for nothing.
        let changed: BTreeSet<(u32, At)> = self
            .nodes
            .iter()
            .zip(&kept)
            .filter(|(node, kept)| {
                **kept && node.action.can_change() && node.action != Action::Lock
            })
            .map(|(node, _)| (node.cluster, node.at))
            .collect();
        for (at, node) in self.nodes.iter().enumerate() {
            if node.action == Action::Lock {
                kept[at] &= if self.goal.takes_all_members() {
                    changed.iter().any(|(cluster, _)| *cluster == node.cluster)
                } else {
                    changed.contains(&(node.cluster, node.at))
                };
            }
            if let Action::Await { .. } = node.action {
                kept[at] = self.before(at).iter().any(|before| {
                    kept[before.get()] && self.nodes[before.get()].action != Action::Gate
                });
            }
        }
        kept
    }

    fn is_selected(&self, node: StepNode) -> bool {
        if node.action == Action::Lock {
            return self
                .host(node)
                .is_some_and(|host| self.selection.takes_host(host))
                || self.takes_part_whole(node.cluster);
        }
        if node.action.is_safety() {
            return true;
        }
        let by_tag = node
            .action
            .subtask()
            .is_none_or(|subtask| self.selection.takes(subtask));
        let member = |position: u32| {
            &self.clusters[node.cluster as usize].members[position as usize]
                .host
                .name
        };
        let by_host = match node.action.member() {
            // What serves a member is taken with it, wherever it happens.
            Some(position) => self.selection.takes_host(member(position)),
            // A cluster that is joined takes part in it with all members.
            None if self.joins(node.cluster as usize) => true,
            None if node.action == Action::AwaitReady && self.goal.takes_all_members() => true,
            None => self
                .host(node)
                .is_none_or(|host| self.selection.takes_host(host)),
        };
        by_tag && by_host
    }

    /// Says whether all members of a cluster are locked, whatever the limit: where one of them costs
    /// the cluster a vote for a while, none of the others may.
    fn takes_part_whole(&self, cluster: u32) -> bool {
        self.joins(cluster as usize) || self.goal.takes_all_members() || self.goal == Goal::Remove
    }

    fn host(&self, node: StepNode) -> Option<&'a HostName> {
        let cluster = &self.clusters[node.cluster as usize];
        match node.at {
            At::Controller => None,
            At::Member(position) => Some(&cluster.members[position as usize].host.name),
            At::Leaving(position) => {
                let leaver = &cluster.leaving[position as usize];
                leaver.member.as_ref().map(|member| &member.host.name)
            }
            At::Infra(position) => Some(&cluster.infra[position as usize].name),
        }
    }
}

/// The steps of one cluster while a goal adds them.
pub(super) struct ClusterSteps<'a, 's> {
    spec: &'a ClusterSpec,
    cluster: u32,
    steps: &'s mut Steps<'a>,
}

impl ClusterSteps<'_, '_> {
    /// Adds a step that waits for others.
    pub(super) fn add(
        &mut self,
        at: At,
        action: Action,
        after: impl IntoIterator<Item = StepIndex>,
    ) -> StepIndex {
        let node = StepNode {
            cluster: self.cluster,
            at,
            action,
        };
        self.steps.push(node, after)
    }

    /// Adds a node that waits for steps on all hosts, so that others need to wait only for it.
    pub(super) fn barrier(&mut self, barrier: Barrier, after: Vec<StepIndex>) -> StepIndex {
        self.add(At::Controller, Action::Await { barrier }, after)
    }

    /// Goes through the positions of the members.
    pub(super) fn members(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.spec.members.len()).expect("members are counted in 32 bits")
    }

    /// Goes through the positions of the members on the hosts that were selected.
    pub(super) fn selected(&self) -> impl Iterator<Item = u32> + use<> {
        let selection = self.steps.selection;
        let selected: Vec<u32> = self
            .members()
            .filter(|at| selection.takes_host(&self.spec.members[*at as usize].host.name))
            .collect();
        selected.into_iter()
    }

    /// Goes through the places of the members that are to leave and on whose hosts something is done.
    pub(super) fn leaving(&self) -> impl Iterator<Item = At> + use<> {
        let places = self.leaving_where(|leaver| leaver.on_host().is_some());
        places.into_iter()
    }

    /// Gives the stage of the rotation that is planned.
    pub(super) fn rotation_stage(&self) -> RotationStage {
        let stage = self.steps.options.rotate.stage;
        stage.expect("a plan that rotates an authority has a stage: see goal/rotate.rs")
    }

    /// Counts the members that are to leave, dead and gone ones too.
    pub(super) fn leaving_count(&self) -> u32 {
        u32::try_from(self.spec.leaving.len()).expect("members are counted in 32 bits")
    }

    fn leaving_where(&self, condition: impl Fn(&Leaver) -> bool) -> Vec<At> {
        (0..)
            .zip(&self.spec.leaving)
            .filter(|(_, leaver)| condition(leaver))
            .map(|(position, _)| At::Leaving(position))
            .collect()
    }

    /// Gives what was asked for besides hosts and subtasks.
    pub(super) fn options(&self) -> &GoalOptions {
        self.steps.options
    }

    /// Gives the place of the member through whose host others join.
    pub(super) fn sponsor(&self) -> At {
        join::sponsor(self.steps.selection, self.spec)
            .expect("a join is planned only where a member is left out of the limit")
    }

    /// Goes through the hosts of group `infra`. One that carries a member too stands for that.
    pub(super) fn infra(&self) -> impl Iterator<Item = At> + use<> {
        let leaving: Vec<At> = self.leaving().collect();
        let places: Vec<At> = (0..self.spec.infra.len())
            .map(|at| At::of_infra(self.spec, at))
            // Nothing is done on the host of a member that is dead.
            .filter(|at| !matches!(at, At::Leaving(_)) || leaving.contains(at))
            .collect();
        places.into_iter()
    }

    /// Goes through all hosts: those of the members, those of the members that are to leave, of which
    /// a dead one may answer after all, and those of group `infra`. A host that is several of these is
    /// one.
    pub(super) fn hosts(&self) -> impl Iterator<Item = At> + use<> {
        let infra = self.infra().filter(|at| matches!(at, At::Infra(_)));
        let leaving = self.leaving_where(|leaver| leaver.member.is_some());
        self.members().map(At::Member).chain(leaving).chain(infra)
    }
}
