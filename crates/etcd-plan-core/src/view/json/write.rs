use std::collections::BTreeMap;

use super::FORMAT;
use super::document::{Cluster, Document, File, Host, Leaving, Member, Parameter, Step};
use crate::action::{StepContext, summary, why_it_waits};
use crate::facts::{Observation, Situation};
use crate::op::FileContent;
use crate::plan::{self, Action, FileSet, Plan, Subtask};
use crate::render::{self, Rendered};
use crate::run::{RunContext, RunInputs};
use crate::spec::{ClusterSpec, HostSpec, Leaver, MemberSpec, ResolvedInventory};

impl Plan {
    /// Writes the plan as a JSON document of format `etcd-plan/1`, without secrets.
    ///
    /// The same plan gives the same bytes. `docs/plan-format.md` in the repository says what each
    /// field is.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&document(self)).expect("the document has only text keys")
    }
}

impl ResolvedInventory {
    /// Writes the clusters as a JSON document: `format` is `etcd-plan-clusters/1`, and `clusters`
    /// are as in the document of a plan (`docs/plan-format.md` in the repository).
    pub fn to_json(&self) -> String {
        #[derive(serde::Serialize)]
        struct Clusters {
            format: &'static str,
            clusters: Vec<Cluster>,
        }
        let document = Clusters {
            format: "etcd-plan-clusters/1",
            clusters: self.clusters.iter().map(cluster).collect(),
        };
        serde_json::to_string_pretty(&document).expect("the document has only text keys")
    }
}

fn document(plan: &Plan) -> Document {
    let files = Files::new(plan);
    Document {
        format: FORMAT.to_owned(),
        goal: plan.goal(),
        purge: plan.purge_rule(),
        selection: plan.selection().clone(),
        options: plan.options().clone(),
        clusters: plan.clusters().iter().map(cluster).collect(),
        steps: plan
            .indices()
            .map(|index| step(plan.step(index), &files))
            .collect(),
    }
}

fn cluster(spec: &ClusterSpec) -> Cluster {
    let parameter = |(name, value, origin): (&str, String, &crate::spec::ValueOrigin)| {
        (
            name.to_owned(),
            Parameter {
                value,
                origin: origin.to_string(),
            },
        )
    };
    Cluster {
        name: spec.name.clone(),
        group: spec.group.clone(),
        parameters: spec
            .settings
            .show()
            .into_iter()
            .map(parameter)
            .collect::<BTreeMap<_, _>>(),
        members: spec.members.iter().map(member).collect(),
        leaving: spec.leaving.iter().map(leaving).collect(),
        infra: spec.infra.iter().map(host).collect(),
    }
}

fn member(spec: &MemberSpec) -> Member {
    Member {
        seq: spec.seq,
        name: spec.name.clone(),
        address: spec.address.clone(),
        learner: spec.learner,
        host: host(&spec.host),
    }
}

fn leaving(leaver: &Leaver) -> Leaving {
    Leaving {
        named: leaver.named.clone(),
        dead: leaver.dead,
        member: leaver.member.as_ref().map(member),
    }
}

fn host(spec: &HostSpec) -> Host {
    Host {
        name: spec.name.clone(),
        connection: spec.connection.clone(),
    }
}

pub(super) fn step(step: plan::Step<'_>, files: &Files<'_>) -> Step {
    Step {
        id: step.id(),
        cluster: step.cluster().map(|cluster| cluster.name.clone()),
        host: step.host_name().cloned(),
        subtask: step.subtask(),
        tags: step
            .subtask()
            .map(Subtask::tags)
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect(),
        action: step.action(),
        summary: summary(step),
        waits_for: {
            let mut ids: Vec<_> = step.waits_for().map(plan::Step::id).collect();
            ids.sort_unstable();
            ids
        },
        why_it_waits: why_it_waits(step.action()).to_owned(),
        file: files.of(step),
    }
}

/// The files of a plan as they are before anything was observed.
pub(in crate::view) struct Files<'a> {
    plan: &'a Plan,
    observation: Observation,
    inputs: RunInputs,
    situations: Vec<Situation>,
    busy: Vec<bool>,
}

impl<'a> Files<'a> {
    pub(in crate::view) fn new(plan: &'a Plan) -> Self {
        let clusters = plan.clusters().len();
        Self {
            plan,
            observation: Observation::default(),
            inputs: RunInputs {
                stamp: "<time>".to_owned(),
                nonce: "<random>".to_owned(),
                ..RunInputs::default()
            },
            situations: vec![Situation::Absent; clusters],
            busy: vec![true; clusters],
        }
    }

    /// Gives the file that a step puts in its place, if it is such a step.
    pub(in crate::view) fn of(&self, step: plan::Step<'_>) -> Option<File> {
        let (wanted, content) = match step.action() {
            Action::Promote { file } if file.set() == FileSet::Conf => {
                let run = RunContext {
                    bases: &[],
                    plan: self.plan,
                    observation: &self.observation,
                    inputs: &self.inputs,
                    situations: &self.situations,
                    busy: &self.busy,
                };
                let step = self.plan.step(step.index());
                let rendered = render::member_file(&StepContext { run: &run, step }, file);
                let content = match rendered {
                    Ok(Rendered::Content(FileContent::Shown(text))) => Some(text),
                    _ => None,
                };
                (file.wanted(), content)
            }
            Action::Promote { file } => (file.wanted(), None),
            _ => return None,
        };
        Some(File {
            path: wanted.path.to_string(),
            owner: wanted.owner.user,
            group: wanted.owner.group,
            mode: format!("{:04o}", wanted.mode),
            content,
        })
    }
}
