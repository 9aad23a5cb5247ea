//! What pictures of a plan show: steps that are alike on several hosts are one node.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::summary;
use crate::plan::{Action, Plan, StepIndex};

/// A node of a picture: the steps of one cluster with one action, on all their hosts.
pub(super) struct Lane {
    pub(super) cluster: Option<u32>,
    pub(super) label: String,
    pub(super) hosts: usize,
    pub(super) kind: LaneKind,
}

/// What a node of a picture looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LaneKind {
    Guard,
    Gate,
    Barrier,
    Read,
    Change,
    Destructive,
}

impl LaneKind {
    pub(super) fn of(action: Action) -> Self {
        match action {
            Action::Judge { .. } => Self::Guard,
            Action::Gate => Self::Gate,
            Action::Await { .. } => Self::Barrier,
            action if action.is_destructive() => Self::Destructive,
            action if action.can_change() => Self::Change,
            _ => Self::Read,
        }
    }
}

/// A plan as pictures show it.
pub(super) struct Picture {
    pub(super) lanes: Vec<Lane>,
    pub(super) edges: BTreeSet<(usize, usize)>,
}

impl Picture {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut lanes: Vec<Lane> = Vec::new();
        let mut by_key: BTreeMap<(Option<u32>, u8, Action), usize> = BTreeMap::new();
        let mut of_step = vec![0usize; plan.len()];
        for step in plan.steps() {
            let node = step.node();
            let cluster = (node.action != Action::Gate).then_some(node.cluster);
            // Steps about one member each are one node, wherever they happen.
            let action = match node.action {
                Action::IssueCertificate { .. } => Action::IssueCertificate { member: 0 },
                Action::Register { .. } => Action::Register { member: 0 },
                other => other,
            };
            let place = u8::from(step.host().is_some());
            let lane = *by_key.entry((cluster, place, action)).or_insert_with(|| {
                lanes.push(Lane {
                    cluster,
                    label: label(action, &summary(step)),
                    hosts: 0,
                    kind: LaneKind::of(action),
                });
                lanes.len() - 1
            });
            lanes[lane].hosts += 1;
            of_step[step.index().get()] = lane;
        }
        let lane_of = |index: StepIndex| of_step[index.get()];
        let edges = plan
            .indices()
            .flat_map(|index| {
                plan.before(index)
                    .map(move |before| (lane_of(before.index()), lane_of(index)))
            })
            .filter(|(from, to)| from != to)
            .collect();
        Self { lanes, edges }
    }
}

/// What is said of a node that stands for several steps.
fn label(action: Action, summary: &str) -> String {
    match action {
        Action::IssueCertificate { .. } => "issue certificates".to_owned(),
        Action::Register { .. } => "register with Prometheus".to_owned(),
        Action::Stop => "stop what is purged".to_owned(),
        Action::Launch => "start etcd".to_owned(),
        Action::AwaitReady => "wait until it answers".to_owned(),
        Action::Judge { guard } => format!("guard {}", guard.as_str()),
        Action::Gate => "gate".to_owned(),
        Action::Promote { file } => file.name().to_owned(),
        _ => summary.to_owned(),
    }
}
