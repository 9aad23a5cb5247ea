use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::action::{summary, why_it_waits};
use crate::event::Event;
use crate::names::{ClusterName, HostName, MemberName};
use crate::plan::{Action, Plan, Step, StepId, Subtask};
use crate::report::Report;
use crate::view::lanes::{LaneKind, label};
use crate::view::text::only_serves;

/// What a plan looks like: its steps with the words that tell them, and which waits for which.
///
/// Other than a plan it holds nothing that a run needs, so whatever version of etcd-plan wrote it
/// can be shown: a journal keeps one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// What the plan is for.
    pub goal: String,
    /// The clusters, in the order of their names.
    pub clusters: Vec<OutlineCluster>,
    /// What is to be known of the inventory, a sentence each.
    pub warnings: Vec<String>,
    /// What steps have in common.
    pub kinds: Vec<StepKind>,
    /// The steps, in the order in which they were planned.
    pub steps: Vec<OutlineStep>,
    /// The positions of the steps of the chain that decides how long a run takes at the least.
    pub longest_chain: Vec<usize>,
}

/// A cluster of an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineCluster {
    /// Its name.
    pub name: ClusterName,
    /// Its members, in the order of their numbers.
    pub members: Vec<OutlineMember>,
}

/// A member of an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineMember {
    /// Its name.
    pub name: MemberName,
    /// Its host.
    pub host: HostName,
    /// Whether it has no vote.
    pub learner: bool,
}

/// What steps have in common that do the same on several hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepKind {
    /// What it looks like.
    pub look: Look,
    /// What it does, in a few words.
    pub label: String,
    /// Its subtask; none for the gate and barriers.
    pub subtask: Option<Subtask>,
    /// Why it waits, in one clause; empty when it waits for nothing.
    pub why: String,
    /// Whether the gate waits for it.
    pub above_gate: bool,
    /// Whether it only serves a change, and is none that a reader asks for.
    pub serves: bool,
}

/// What a step looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// A guard is judged.
    Guard,
    /// The gate.
    Gate,
    /// Several steps are waited for.
    Barrier,
    /// Something is read or waited for.
    Read,
    /// Something can change.
    Change,
    /// Something can be taken away.
    Destructive,
}

/// A step of an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutlineStep {
    /// Its stable name.
    pub id: StepId,
    /// The position of its cluster; none for the gate.
    pub cluster: Option<usize>,
    /// Its host; none for the control machine.
    pub host: Option<HostName>,
    /// The member that it is about.
    pub member: Option<MemberName>,
    /// The position of its kind.
    pub kind: usize,
    /// What it does, in one sentence.
    pub summary: String,
    /// The positions of the steps that it waits for.
    pub waits_for: Vec<usize>,
}

impl Outline {
    /// Draws the outline of a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut kinds = Kinds::default();
        let steps = plan.indices().map(|index| {
            let step = plan.step(index);
            let mut waits_for: Vec<usize> = step.waits_for().map(|s| s.index().get()).collect();
            waits_for.sort_unstable();
            OutlineStep {
                id: step.id(),
                cluster: step.cluster().map(|_| step.node().cluster as usize),
                host: step.host_name().cloned(),
                member: step.member().map(|member| member.name.clone()),
                kind: kinds.of(step),
                summary: summary(step),
                waits_for,
            }
        });
        Self {
            goal: plan.goal().to_string(),
            steps: steps.collect(),
            clusters: clusters(plan),
            warnings: plan.diagnostics().iter().map(warning).collect(),
            kinds: kinds.all,
            longest_chain: plan
                .critical_path()
                .steps
                .into_iter()
                .map(|step| step.index().get())
                .collect(),
        }
    }

    /// Draws as much of an outline as a report alone tells: which steps there are, by their names.
    /// Nothing waits for anything then.
    pub fn of_report(report: &Report) -> Self {
        let mut outline = Self::default();
        for told in &report.steps {
            outline.add(&told.step, told.host.as_ref());
        }
        outline
    }

    /// Draws as much of an outline as the events of a run tell: the steps that ended or had begun.
    pub fn of_events(events: &[Event]) -> Self {
        let mut outline = Self::default();
        let mut known = BTreeSet::new();
        for event in events {
            if let Event::StepStarted { step, host, .. } | Event::StepEnded { step, host, .. } =
                event
                && known.insert(step)
            {
                outline.add(step, host.as_ref());
            }
        }
        outline
    }

    /// Adds a step of which only the name is known.
    fn add(&mut self, step: &StepId, host: Option<&HostName>) {
        let parts: Vec<&str> = step.as_str().split('/').collect();
        let cluster = parts.first().filter(|_| parts.len() > 1);
        let cluster = cluster.and_then(|name| name.parse::<ClusterName>().ok());
        let cluster = cluster.map(|name| self.cluster(name));
        let subtask = parts.get(2).and_then(|name| name.parse().ok());
        let label = parts.last().copied().unwrap_or_default();
        let kind = StepKind {
            look: if step.as_str() == "gate" {
                Look::Gate
            } else {
                Look::Change
            },
            label: label.to_owned(),
            subtask,
            why: String::new(),
            above_gate: false,
            serves: false,
        };
        let same = self.kinds.iter().position(|other| *other == kind);
        let kind = same.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        self.steps.push(OutlineStep {
            id: step.clone(),
            cluster,
            host: host.cloned(),
            member: None,
            kind,
            summary: label.to_owned(),
            waits_for: Vec::new(),
        });
    }

    fn cluster(&mut self, name: ClusterName) -> usize {
        let known = self.clusters.iter().position(|other| other.name == name);
        known.unwrap_or_else(|| {
            self.clusters.push(OutlineCluster {
                name,
                members: Vec::new(),
            });
            self.clusters.len() - 1
        })
    }
}

/// The kinds that were met so far.
#[derive(Default)]
struct Kinds {
    all: Vec<StepKind>,
    known: BTreeMap<Action, usize>,
}

impl Kinds {
    fn of(&mut self, step: Step<'_>) -> usize {
        let common = step.action().common();
        let all = &mut self.all;
        *self.known.entry(common).or_insert_with(|| {
            all.push(StepKind {
                look: Look::of(common),
                label: label(common).to_owned(),
                subtask: step.subtask(),
                why: why_it_waits(common).to_owned(),
                above_gate: step.is_above_gate(),
                serves: only_serves(common),
            });
            all.len() - 1
        })
    }
}

impl Look {
    fn of(action: Action) -> Self {
        match LaneKind::of(action) {
            LaneKind::Guard => Self::Guard,
            LaneKind::Gate => Self::Gate,
            LaneKind::Barrier => Self::Barrier,
            LaneKind::Read => Self::Read,
            LaneKind::Change => Self::Change,
            LaneKind::Destructive => Self::Destructive,
        }
    }
}

fn clusters(plan: &Plan) -> Vec<OutlineCluster> {
    let cluster = |spec: &crate::spec::ClusterSpec| OutlineCluster {
        name: spec.name.clone(),
        members: spec
            .members
            .iter()
            .map(|member| OutlineMember {
                name: member.name.clone(),
                host: member.host.name.clone(),
                learner: member.learner,
            })
            .collect(),
    };
    plan.clusters().iter().map(cluster).collect()
}

fn warning(finding: &crate::diagnostic::Diagnostic) -> String {
    format!("{} ({})", finding.message, finding.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Look, Outline, Step};
    use crate::inventory::Inventory;
    use crate::plan::Plan;

    fn plan() -> Plan {
        let text = "etcd:
  hosts: { 10.10.10.10: { etcd_seq: 1 }, 10.10.10.11: { etcd_seq: 2 } }
";
        let inventory = Inventory::parse(text, "inventory.yml").expect("an inventory");
        Plan::from_inventory(&inventory).expect("a plan")
    }

    #[test]
    fn it_has_every_step_and_what_each_waits_for() {
        let plan = plan();
        let outline = Outline::of(&plan);
        assert_eq!(outline.steps.len(), plan.len());
        for (step, index) in outline.steps.iter().zip(plan.indices()) {
            assert_eq!(step.id, plan.step(index).id());
            let ids = step.waits_for.iter().map(|at| &outline.steps[*at].id);
            let mut ids: Vec<_> = ids.cloned().collect();
            ids.sort();
            let mut wanted: Vec<_> = plan.before(index).map(Step::id).collect();
            wanted.sort();
            assert_eq!(ids, wanted, "{}", step.id);
        }
        let gates = outline.steps.iter().map(|step| &outline.kinds[step.kind]);
        assert_eq!(gates.filter(|kind| kind.look == Look::Gate).count(), 1);
    }

    #[test]
    fn it_is_read_back() {
        let outline = Outline::of(&plan());
        let text = serde_json::to_string(&outline).expect("an outline is JSON");
        let read: Outline = serde_json::from_str(&text).expect("it was just written");
        assert_eq!(read, outline);
    }
}
