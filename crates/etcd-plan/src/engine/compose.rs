//! What a host is given to do in one round trip.

use std::collections::BTreeSet;

use etcd_plan_core::action::{self, Decision, Problem, StepContext};
use etcd_plan_core::facts::MemberQuestions;
use etcd_plan_core::host_journal::HostJournal;
use etcd_plan_core::names::HostName;
use etcd_plan_core::plan::{Action, Step, StepIndex};
use etcd_plan_core::report::Outcome;

use super::batch::StepBatch;
use super::coordinator::Coordinator;
use super::pool::{Job, Pool};

impl Coordinator<'_, '_> {
    /// Gives work to hosts that have none, as many as may work at once.
    pub(super) fn dispatch(&mut self, pool: &mut Pool<'_>, forks: usize) {
        let hosts: Vec<HostName> = self
            .ready
            .iter()
            .filter(|(_, steps)| !steps.is_empty())
            .filter_map(|(host, _)| host.clone())
            .filter(|host| !self.under_way.contains_key(host))
            .collect();
        for host in hosts {
            if self.state.stopped || self.under_way.len() >= forks {
                return;
            }
            if let Some(job) = self.compose(&host) {
                *self.state.round_trips.entry(host).or_default() += 1;
                pool.submit(job);
            }
        }
    }

    /// Puts together what a host can do in one round trip; none when all that was ready there
    /// turned out to need nothing.
    fn compose(&mut self, host: &HostName) -> Option<Job> {
        let plan = self.state.plan;
        let mut batch = StepBatch::default();
        let mut later = BTreeSet::new();
        while let Some(index) = self.next(host, &batch, &later) {
            let step = plan.step(index);
            let in_batch: Vec<StepIndex> = step
                .waits_for()
                .map(Step::index)
                .filter(|i| batch.holds(*i))
                .collect();
            let run = self.state.context();
            let context = StepContext { run: &run, step };
            if !batch.leaves_alone(&action::questions(&context)) {
                later.insert(index);
                continue;
            }
            // What failed before it may have left anything.
            if step.action().is_contingent() && self.must_look_again(step) {
                if batch.is_empty() {
                    return self.look_again(host, step);
                }
                later.insert(index);
                continue;
            }
            let decision = action::decide(&context);
            match decision {
                Ok(Decision::Nothing) if in_batch.is_empty() => {
                    self.forget_ready(host, index);
                    self.end(step, Outcome::Unchanged, Vec::new(), None, String::new());
                }
                Ok(Decision::Nothing) => {
                    self.take_on(host, index);
                    batch.add(index, None, &in_batch);
                }
                Ok(Decision::Change(_)) if self.must_look_again(step) => {
                    if batch.is_empty() {
                        return self.look_again(host, step);
                    }
                    later.insert(index);
                }
                Ok(Decision::Change(change)) => {
                    self.take_on(host, index);
                    self.begin(step);
                    batch.add(index, Some(change), &in_batch);
                }
                Err(problem) => {
                    self.forget_ready(host, index);
                    self.fail(step, problem);
                }
            }
        }
        if batch.is_empty() {
            return None;
        }
        let Some(session) = self.state.sessions.remove(host) else {
            let why = Problem::new("the session to the host has ended", "run again");
            self.fail_together(&batch.steps().collect::<Vec<_>>(), &why);
            return None;
        };
        let operations = batch.operations();
        let notes = batch.changes().map(|index| plan.step(index).id());
        let notes = notes.map(|step| HostJournal::step_line(step.as_str()));
        let notes = notes.collect();
        self.under_way.insert(host.clone(), batch);
        self.transfers.watch(host, &*session);
        Some(Job::Write {
            host: host.clone(),
            session,
            batch: operations,
            notes,
        })
    }

    /// Finds a step on a host that is ready, or would be once the batch has run.
    fn next(
        &self,
        host: &HostName,
        batch: &StepBatch,
        later: &BTreeSet<StepIndex>,
    ) -> Option<StepIndex> {
        if self.state.stopped {
            return None;
        }
        let ready = self.ready.get(&Some(host.clone()));
        let first = ready
            .into_iter()
            .flatten()
            .copied()
            .find(|index| !later.contains(index));
        if first.is_some() {
            return first;
        }
        let plan = self.state.plan;
        let is_fit = |step: &Step<'_>| {
            step.host_name() == Some(host)
                && !batch.holds(step.index())
                && !later.contains(&step.index())
                && self.reports[step.index().get()].is_none()
                && !step.action().looks_again()
                && step.waits_for().all(|before| {
                    batch.holds(before.index()) || self.has_ended_well(before.index())
                })
        };
        batch
            .steps()
            .flat_map(|index| plan.after(index))
            .find(is_fit)
            .map(Step::index)
    }

    fn must_look_again(&self, step: Step<'_>) -> bool {
        step.action().looks_again() && !self.looked_again.contains(&step.index())
    }

    /// Just before something is taken away, what the guards relied on is read once more on that
    /// host (design.md, rule 9).
    ///
    /// Before a member is stopped, what it says of itself is left as it was read under the lock:
    /// members that this very run has stopped make the others wait in vain for a quorum.
    fn look_again(&mut self, host: &HostName, step: Step<'_>) -> Option<Job> {
        self.looked_again.insert(step.index());
        let Some(session) = self.state.sessions.remove(host) else {
            self.forget_ready(host, step.index());
            self.fail(
                step,
                Problem::new("the session to the host has ended", "run again"),
            );
            return None;
        };
        let spec = step.cluster().expect("destructive steps are of a cluster");
        let member = step
            .host_member()
            .expect("destructive steps are on members' hosts");
        let asks = MemberQuestions::new(spec, member);
        let mut questions = match step.action() {
            Action::Stop => asks.local(),
            _ => asks.all(),
        };
        // A step that failed has not read again what it changed.
        if step.action().is_contingent() {
            let run = self.state.context();
            let also = action::questions(&StepContext { run: &run, step });
            questions.extend(also);
            questions.sort();
            questions.dedup();
        }
        self.under_way.insert(host.clone(), StepBatch::default());
        Some(Job::Read {
            host: host.clone(),
            session,
            questions,
        })
    }
}
