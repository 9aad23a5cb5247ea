use super::{Guard, Refusal};
use crate::action::StepContext;
use crate::facts::{HostFacts, MemberFound, Missing, Situation};
use crate::names::HostName;
use crate::plan::{Action, Plan, Step};
use crate::run::RunContext;
use crate::spec::{ClusterSpec, Leaver, MemberSpec};

/// What a guard may look at: the plan, one of its clusters, and everything that was observed.
#[derive(Clone, Copy)]
pub struct GuardContext<'a> {
    /// Everything that was observed, and what the run itself brings.
    pub run: &'a RunContext<'a>,
    /// The position of the cluster in the plan.
    pub cluster: usize,
}

impl<'a> GuardContext<'a> {
    /// Gives the plan.
    pub fn plan(&self) -> &'a Plan {
        self.run.plan
    }

    /// Gives the cluster.
    pub fn spec(&self) -> &'a ClusterSpec {
        &self.run.plan.clusters()[self.cluster]
    }

    /// Gives what is there.
    pub fn situation(&self) -> &'a Situation {
        self.run.situation(self.cluster)
    }

    /// Gives the facts of a host.
    ///
    /// # Errors
    ///
    /// When the host was not reached.
    pub fn facts(&self, host: &HostName) -> Result<&'a HostFacts, Missing> {
        self.run.observation.facts(host)
    }

    /// Gives what was found of each member. Those that could not be read are left out: the guard
    /// `readable` refuses in their name.
    pub fn found(&self) -> impl Iterator<Item = (&'a MemberSpec, MemberFound)> {
        let (observation, spec) = (self.run.observation, self.spec());
        spec.members.iter().filter_map(move |member| {
            MemberFound::of(spec, member, observation)
                .ok()
                .map(|found| (member, found))
        })
    }

    /// Gives what was found of each member that is to leave, on whose host something is done.
    pub fn leaving(&self) -> impl Iterator<Item = (&'a MemberSpec, MemberFound)> {
        let (observation, spec) = (self.run.observation, self.spec());
        let leaving = spec.leaving.iter().filter_map(Leaver::on_host);
        leaving.filter_map(move |member| {
            MemberFound::of(spec, member, observation)
                .ok()
                .map(|found| (member, found))
        })
    }

    /// Says whether who is a member changes while the cluster lives: what is there of other members
    /// stays as it is.
    pub fn changes_members(&self) -> bool {
        let leaves = self.plan().goal().changes_who_leaves() && !self.spec().leaving.is_empty();
        leaves || self.plan().joins(self.cluster)
    }

    /// Goes through the steps of this cluster.
    pub fn steps(&self) -> impl Iterator<Item = Step<'a>> {
        self.run.plan.steps_of(self.cluster)
    }

    /// Says whether the plan has a step of this cluster that fulfils a condition.
    pub fn plans(&self, condition: impl Fn(Action) -> bool) -> bool {
        self.steps().any(|step| condition(step.action()))
    }

    /// Gives what a step would have to know.
    pub(crate) fn of_step(&self, step: Step<'a>) -> StepContext<'a> {
        StepContext {
            run: self.run,
            step,
        }
    }

    /// Makes a refusal about a host.
    pub fn refuse(
        &self,
        guard: Guard,
        host: impl Into<Option<&'a HostName>>,
        evidence: impl Into<String>,
        hint: impl Into<String>,
    ) -> Refusal {
        Refusal {
            guard,
            cluster: self.spec().name.clone(),
            host: host.into().cloned(),
            evidence: evidence.into(),
            hint: hint.into(),
        }
    }
}
