use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use etcd_plan_core::action;
use etcd_plan_core::action::{Decision, StepContext};
use etcd_plan_core::facts::{Basis, Observation, Situation};
use etcd_plan_core::guard::{Guard, GuardContext, Refusal};
use etcd_plan_core::names::HostName;
use etcd_plan_core::op::ReadOp;
use etcd_plan_core::plan::{Action, Plan, Step};
use etcd_plan_core::report::Traffic;
use etcd_plan_core::run::{RunContext, RunInputs};
use etcd_plan_core::spec::ClusterSpec;

use super::RunSettings;
use super::ferry;
use super::observer::{Flow, Observer};
use crate::executor::{Executor, Session};
use crate::pki::KeyMaterial;

/// Everything that a run carries from its first reading to its report.
pub(super) struct State<'a> {
    pub(super) plan: &'a Plan,
    pub(super) executor: &'a dyn Executor,
    pub(super) keys: &'a dyn KeyMaterial,
    pub(super) settings: RunSettings,
    pub(super) inputs: RunInputs,
    pub(super) started: Instant,
    pub(super) observation: Observation,
    /// What there was of each cluster before the first change.
    pub(super) situations: Vec<Situation>,
    /// From what each cluster is made anew, where the goal is that: chosen before the first change.
    pub(super) bases: Vec<Basis>,
    /// Whether anything would change in each cluster.
    pub(super) busy: Vec<bool>,
    /// Open sessions, while nobody uses them.
    pub(super) sessions: BTreeMap<HostName, Box<dyn Session>>,
    pub(super) round_trips: BTreeMap<HostName, usize>,
    /// As far as sessions came back: what one that ended had sent last is not known.
    pub(super) traffic: BTreeMap<HostName, Traffic>,
    pub(super) stopped: bool,
    /// What is asked of members' hosts besides what steps and guards stand on.
    pub(super) also: fn(&ClusterSpec) -> Vec<ReadOp>,
}

impl State<'_> {
    /// Takes back a session that has done its work.
    pub(super) fn take_back(&mut self, host: HostName, session: Box<dyn Session>) {
        self.traffic.insert(host.clone(), session.traffic());
        self.sessions.insert(host, session);
    }

    /// Gives what decisions may look at.
    pub(super) fn context(&self) -> RunContext<'_> {
        RunContext {
            plan: self.plan,
            observation: &self.observation,
            inputs: &self.inputs,
            situations: &self.situations,
            bases: &self.bases,
            busy: &self.busy,
        }
    }

    /// Gives the time since the run began, in milliseconds.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Tells the observer, and takes note when it wants the run to stop.
    pub(super) fn tell(
        &mut self,
        observer: &mut dyn Observer,
        event: &etcd_plan_core::event::Event,
    ) {
        if observer.on_event(event) == Flow::Stop {
            self.stopped = true;
        }
    }

    /// Judges what there is of each cluster.
    pub(super) fn judge_situations(&self) -> Vec<Situation> {
        let judge = |spec| {
            let situation = Situation::for_goal(self.plan.goal(), spec, &self.observation);
            situation.unwrap_or_else(|missing| {
                // The guard `readable` refuses; nothing is done on this.
                Situation::Remains {
                    why: vec![missing.why],
                }
            })
        };
        self.plan.clusters().iter().map(judge).collect()
    }

    /// Chooses from what each cluster is made anew.
    pub(super) fn choose_bases(&self) -> Vec<Basis> {
        let clusters = 0..self.plan.clusters().len();
        clusters
            .map(|cluster| Basis::of(self.plan, cluster, &self.observation))
            .collect()
    }

    /// Judges all guards of all clusters.
    pub(super) fn judge_guards(&self) -> Vec<Refusal> {
        let clusters = 0..self.plan.clusters().len();
        clusters
            .flat_map(|cluster| self.judge_guards_of(cluster))
            .collect()
    }

    /// Judges all guards of one cluster.
    pub(super) fn judge_guards_of(&self, cluster: usize) -> Vec<Refusal> {
        let run = self.context();
        let context = GuardContext { run: &run, cluster };
        Guard::ALL
            .iter()
            .flat_map(|guard| guard.judge(&context))
            .collect()
    }

    /// Gives the folder on this machine that the plan brings snapshots to; none where it brings none.
    pub(super) fn backups_folder(&self) -> Option<PathBuf> {
        let has_any = |step: Step<'_>| step.action() == Action::PruneSnapshots;
        let to = self.plan.options().backup.to.as_ref();
        to.filter(|_| self.plan.steps().any(has_any))
            .map(|to| self.settings.folder.join(to))
    }

    /// Gives the names in that folder.
    pub(super) fn read_backups(&self) -> io::Result<Vec<String>> {
        match self.backups_folder() {
            Some(folder) => ferry::names_in(&folder),
            None => Ok(Vec::new()),
        }
    }

    /// Finds the clusters in which something would change.
    pub(super) fn find_busy(&self) -> Vec<bool> {
        let run = self.context();
        let changes = |step: Step<'_>| {
            step.action().can_change()
                && !step.action().is_contingent()
                && step.action() != Action::Lock
                && !matches!(
                    action::decide(&StepContext { run: &run, step }),
                    Ok(Decision::Nothing)
                )
        };
        let clusters = 0..self.plan.clusters().len();
        clusters
            .map(|cluster| self.plan.steps_of(cluster).any(changes))
            .collect()
    }

    /// Gives all hosts of the plan with their specs, in the order of their names.
    pub(super) fn hosts(&self) -> BTreeMap<&HostName, &etcd_plan_core::spec::HostSpec> {
        self.plan
            .steps()
            .filter_map(|step| step.host().map(|host| (&host.name, host)))
            .collect()
    }

    /// Gives what is asked of each host at first: all that its steps and guards stand on.
    pub(super) fn questions(&self) -> BTreeMap<HostName, Vec<ReadOp>> {
        let run = self.context();
        let mut questions: BTreeMap<HostName, BTreeSet<ReadOp>> = BTreeMap::new();
        for step in self.plan.steps() {
            let Some(host) = step.host_name() else {
                continue;
            };
            let asked = questions.entry(host.clone()).or_default();
            asked.extend(action::questions(&StepContext { run: &run, step }));
            if step.action() == Action::ReadFacts && step.member().is_some() {
                asked.extend(step.cluster().into_iter().flat_map(self.also));
            }
        }
        questions
            .into_iter()
            .map(|(host, questions)| (host, questions.into_iter().collect()))
            .collect()
    }
}
