//! How plans are made: the goal adds steps, a selection thins them out, the invariants are checked.

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use super::action::Action;
use super::goal::Goal;
use super::leave;
use super::options::{GoalOptions, PurgeRule, Selection};
use super::step::{StepIndex, StepNode};
use super::steps::Steps;
use super::{BrokenInvariant, Plan, PlanError, Subtask, invariants};
use crate::diagnostic::Diagnostics;
use crate::spec::ClusterSpec;

/// What was asked for, of whichever clusters.
pub(crate) struct Asked {
    pub(crate) goal: Goal,
    pub(crate) purge: PurgeRule,
    pub(crate) selection: Selection,
    pub(crate) options: GoalOptions,
}

impl Plan {
    /// Makes the plan of some clusters.
    pub(crate) fn assemble(
        goal: Goal,
        selection: Selection,
        options: GoalOptions,
        clusters: Vec<ClusterSpec>,
        diagnostics: Diagnostics,
    ) -> Result<Self, PlanError> {
        // Whoever names the purge wants it, whatever is there: so the seeds' `-t etcd_purge`
        // destroys a cluster.
        let purge = if selection.names(Subtask::Purge) && !selection.takes(Subtask::Launch) {
            PurgeRule::Always
        } else {
            goal.purge_rule()
        };
        leave::check_rest(goal, &selection, &clusters)?;
        let mut steps = Steps::new(goal, &clusters, &selection, &options);
        goal.plan(&mut steps);
        let graph = steps.finish();
        let asked = Asked {
            goal,
            purge,
            selection,
            options,
        };
        Self::from_graph(asked, clusters, diagnostics, graph)
    }

    /// Makes a plan of a graph, wherever that came from, and checks every invariant.
    pub(crate) fn from_graph(
        asked: Asked,
        clusters: Vec<ClusterSpec>,
        diagnostics: Diagnostics,
        graph: DiGraph<StepNode, ()>,
    ) -> Result<Self, PlanError> {
        let Asked {
            goal,
            purge,
            selection,
            options,
        } = asked;
        let order = toposort(&graph, None);
        let cycle = order.as_ref().err().map(|cycle| index_of(cycle.node_id()));
        let order = order
            .unwrap_or_default()
            .into_iter()
            .map(index_of)
            .collect();
        let by_cluster = vec![Vec::new(); clusters.len()];
        let mut plan = Self {
            goal,
            purge,
            selection,
            options,
            clusters,
            diagnostics,
            graph,
            order,
            by_cluster,
        };
        invariants::check_places(&plan)?;
        for index in plan.indices() {
            let node = plan.node(index);
            if node.action != Action::Gate {
                plan.by_cluster[node.cluster as usize].push(index);
            }
        }
        if let Some(step) = cycle {
            return Err(BrokenInvariant::Cycle(plan.step(step).id()).into());
        }
        invariants::check(&plan)?;
        Ok(plan)
    }
}

fn index_of(node: NodeIndex) -> StepIndex {
    StepIndex::of(node.index())
}
