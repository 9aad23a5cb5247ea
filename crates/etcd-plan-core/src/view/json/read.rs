use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};

use super::FORMAT;
use super::document::{Cluster, Document, Host, Leaving, Member, Parameter, Step};
use super::write::{self, Files};
use crate::diagnostic::Diagnostics;
use crate::names::ClusterName;
use crate::plan::{self, Action, Asked, At, Plan, PlanError, StepId, StepNode};
use crate::saved::SavedPlan;
use crate::spec::params::{ParameterValue, Resolver, Settings};
use crate::spec::{self, ClusterSpec, HostSpec, Leaver, MemberSpec, Resolved, ValueOrigin};

impl Plan {
    /// Reads a document that [`Plan::to_json`] wrote, and checks every invariant again.
    ///
    /// # Errors
    ///
    /// When the text is no such document, its clusters have errors, or the plan breaks a rule: a
    /// guard or the gate is missing, steps wait for each other, or a file is not what this version
    /// renders.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        check_format(text)?;
        let document: Document = serde_json::from_str(text).map_err(bad)?;
        let clusters: Vec<ClusterSpec> = document
            .clusters
            .iter()
            .map(cluster)
            .collect::<Result<_, _>>()?;
        let diagnostics = spec::check(&clusters, &[])
            .into_result()
            .map_err(|findings| bad(format!("its clusters have errors\n{findings}")))?;
        let graph = graph(&clusters, &document.steps)?;
        let plan = Self::from_graph(
            Asked {
                goal: document.goal,
                purge: document.purge,
                selection: document.selection,
                options: document.options,
            },
            clusters,
            diagnostics,
            graph,
        )?;
        check_whole(&plan)?;
        check_words(&plan, &document.steps)?;
        Ok(plan)
    }
}

fn bad(error: impl std::fmt::Display) -> PlanError {
    PlanError::Document {
        message: error.to_string(),
    }
}

/// Looks at the format first, so that a document of another version is told as such.
fn check_format(text: &str) -> Result<(), PlanError> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
    }
    let head: Head = serde_json::from_str(text).map_err(bad)?;
    if head.format == FORMAT {
        return Ok(());
    }
    if head.format == SavedPlan::FORMAT {
        return Err(bad(format!(
            "it is `{}`, a plan with the facts that it stands on: `SavedPlan::from_json` and \
             `etcd-plan apply` read that, and the plan itself is its field `plan`",
            head.format
        )));
    }
    Err(bad(format!(
        "its format is `{}`, and this version reads `{FORMAT}`",
        head.format
    )))
}

fn cluster(document: &Cluster) -> Result<ClusterSpec, PlanError> {
    let mut reader = FromDocument {
        parameters: &document.parameters,
        problems: Vec::new(),
    };
    let settings = Settings::resolve(&mut reader);
    let unknown = document
        .parameters
        .keys()
        .filter(|name| spec::params::find(name).is_none());
    reader
        .problems
        .extend(unknown.map(|name| format!("`{name}` is no parameter")));
    let leave = document.leaving.iter().filter_map(|l| l.member.as_ref());
    for member in document.members.iter().chain(leave) {
        let is_other = |seq| seq != member.seq;
        if document.name.seq_of(&member.name).is_some_and(is_other) {
            let name = document.name.member(member.seq);
            reader
                .problems
                .push(format!("member {} would be called {name}", member.name));
        }
    }
    if !reader.problems.is_empty() {
        return Err(bad(format!(
            "cluster {}: {}",
            document.name,
            reader.problems.join("; ")
        )));
    }
    Ok(ClusterSpec {
        name: document.name.clone(),
        group: document.group.clone(),
        settings,
        members: document.members.iter().map(member).collect(),
        leaving: document.leaving.iter().map(leaving).collect(),
        infra: document.infra.iter().map(host).collect(),
        place: None,
    })
}

fn member(document: &Member) -> MemberSpec {
    MemberSpec {
        seq: document.seq,
        name: document.name.clone(),
        address: document.address.clone(),
        learner: document.learner,
        host: host(&document.host),
        place: None,
        seq_place: None,
    }
}

fn leaving(document: &Leaving) -> Leaver {
    Leaver {
        named: document.named.clone(),
        dead: document.dead,
        member: document.member.as_ref().map(member),
    }
}

fn host(document: &Host) -> HostSpec {
    HostSpec {
        name: document.name.clone(),
        connection: document.connection.clone(),
    }
}

struct FromDocument<'a> {
    parameters: &'a BTreeMap<String, Parameter>,
    problems: Vec<String>,
}

impl Resolver for FromDocument<'_> {
    fn resolve<T: ParameterValue>(&mut self, parameter: &'static spec::Parameter) -> Resolved<T> {
        let default = || T::parse_default(parameter.default);
        let Some(recorded) = self.parameters.get(parameter.name) else {
            self.problems
                .push(format!("`{}` is missing", parameter.name));
            return Resolved::default_of(default());
        };
        let value = T::parse(&recorded.value).unwrap_or_else(|why| {
            self.problems.push(format!("`{}`: {why}", parameter.name));
            default()
        });
        let origin = match recorded.origin.as_str() {
            "default" => ValueOrigin::Default,
            words => ValueOrigin::Recorded(words.to_owned()),
        };
        Resolved { value, origin }
    }
}

fn graph(clusters: &[ClusterSpec], steps: &[Step]) -> Result<DiGraph<StepNode, ()>, PlanError> {
    let mut graph = DiGraph::with_capacity(steps.len(), steps.len() * 2);
    let mut by_id: BTreeMap<&StepId, NodeIndex> = BTreeMap::new();
    for step in steps {
        let index = graph.add_node(node(clusters, step)?);
        if by_id.insert(&step.id, index).is_some() {
            return Err(plan::BrokenInvariant::SameId(step.id.clone()).into());
        }
    }
    for step in steps {
        for before in &step.waits_for {
            let Some(from) = by_id.get(before) else {
                return Err(bad(format!(
                    "step {} waits for {before}, which is not there",
                    step.id
                )));
            };
            graph.add_edge(*from, by_id[&step.id], ());
        }
    }
    Ok(graph)
}

fn node(clusters: &[ClusterSpec], step: &Step) -> Result<StepNode, PlanError> {
    let gate = StepNode {
        cluster: 0,
        at: At::Controller,
        action: Action::Gate,
    };
    let Some(name) = &step.cluster else {
        return if step.action == Action::Gate {
            Ok(gate)
        } else {
            Err(no_place(step))
        };
    };
    if step.action == Action::Gate {
        return Err(no_place(step));
    }
    let cluster = position(clusters, name).ok_or_else(|| no_place(step))?;
    let at = match &step.host {
        None => At::Controller,
        Some(host) => At::of_host(&clusters[cluster], host).ok_or_else(|| no_place(step))?,
    };
    let cluster = u32::try_from(cluster).map_err(|_| no_place(step))?;
    Ok(StepNode {
        cluster,
        at,
        action: step.action,
    })
}

fn position(clusters: &[ClusterSpec], name: &ClusterName) -> Option<usize> {
    clusters.iter().position(|cluster| cluster.name == *name)
}

fn no_place(step: &Step) -> PlanError {
    bad(format!(
        "step {} is about a cluster or host that is not in the document",
        step.id
    ))
}

/// Checks that the plan is the one that follows from its goal, selection and clusters: the rules of
/// safety alone would not notice a barrier or a member's step that was taken out.
fn check_whole(plan: &Plan) -> Result<(), PlanError> {
    let planned = Plan::assemble(
        plan.goal,
        plan.selection.clone(),
        plan.options.clone(),
        plan.clusters.clone(),
        Diagnostics::default(),
    )?;
    if plan.purge != planned.purge {
        return Err(bad(format!(
            "its purge rule is not the one of goal `{}` with its tags",
            plan.goal
        )));
    }
    let (said, wanted) = (waits(plan), waits(&planned));
    for (step, before) in &said {
        let Some((_, wanted)) = wanted.get(step) else {
            let id = &before.0;
            return Err(bad(format!(
                "step {id} does not follow from the goal and tags"
            )));
        };
        if before.1 != *wanted {
            let id = &before.0;
            return Err(bad(format!("step {id} does not wait for what it should")));
        }
    }
    match wanted.iter().find(|(step, _)| !said.contains_key(step)) {
        Some((_, (id, _))) => Err(bad(format!("step {id} is missing"))),
        None => Ok(()),
    }
}

/// What a step is, whatever its position: its cluster, place and action.
type Key = (u32, At, Action);

/// Gives the name of each step, and what it waits for.
fn waits(plan: &Plan) -> BTreeMap<Key, (StepId, BTreeSet<Key>)> {
    let key = |step: plan::Step<'_>| {
        let node = step.node();
        (node.cluster, node.at, node.action)
    };
    plan.steps()
        .map(|step| (key(step), (step.id(), step.waits_for().map(key).collect())))
        .collect()
}

/// Checks that what the document says in words is what this version would do, since that is what a
/// person has read and agreed to.
fn check_words(plan: &Plan, steps: &[Step]) -> Result<(), PlanError> {
    let files = Files::new(plan);
    for (index, said) in plan.indices().zip(steps) {
        let step = write::step(plan.step(index), &files);
        if step.id != said.id {
            return Err(bad(format!("step {} would be called {}", said.id, step.id)));
        }
        if step.file != said.file {
            return Err(bad(format!(
                "step {} has a file that this version renders in another way",
                said.id
            )));
        }
        let words = |step: &Step| {
            let (summary, reason) = (step.summary.clone(), step.why_it_waits.clone());
            (step.subtask, step.tags.clone(), summary, reason)
        };
        if words(&step) != words(said) {
            return Err(bad(format!(
                "step {} is described in other words than this version has for it",
                said.id
            )));
        }
    }
    Ok(())
}
