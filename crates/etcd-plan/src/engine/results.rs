//! What hosts have done, and what follows from it.

use etcd_plan_core::action::{self, Change, Decision, Problem, StepContext};
use etcd_plan_core::names::{HostName, Millis};
use etcd_plan_core::op::{OpFailure, ReadOp, Reply};
use etcd_plan_core::plan::{Action, Step, StepIndex};
use etcd_plan_core::report::Outcome;

use super::batch::{StepBatch, UnitResult};
use super::coordinator::Coordinator;
use super::pool::{Broken, Done};

impl Coordinator<'_, '_> {
    /// Takes what a host has done.
    pub(super) fn take(&mut self, done: Done) {
        let batch = self.under_way.remove(&done.host).unwrap_or_default();
        self.transfers.forget(&done.host);
        if let Some(session) = done.session {
            self.state.take_back(done.host.clone(), session);
        }
        match done.outcome {
            Ok(answers) if done.was_read => {
                for (question, answer) in done.questions.into_iter().zip(answers) {
                    self.learn(
                        &done.host,
                        question,
                        answer.map_err(|failure| failure.to_string()),
                    );
                }
                self.judge_again(&done.host);
            }
            Ok(results) => {
                for result in batch.results(results) {
                    self.take_unit(&done.host, result);
                }
            }
            Err(broken) => self.take_broken(&done.host, &batch, &broken),
        }
    }

    /// The session ended in the middle: nobody knows what of the batch was done, so all of it has
    /// failed; a second run finds out.
    fn take_broken(&mut self, host: &HostName, batch: &StepBatch, broken: &Broken) {
        let hint = format!("see that {host} can be reached, and run again: it goes on from there");
        let problem = Problem::new(broken.to_string(), hint);
        let mut lost: Vec<StepIndex> = batch.steps().collect();
        if lost.is_empty() {
            lost = self
                .ready
                .remove(&Some(host.clone()))
                .into_iter()
                .flatten()
                .collect();
        }
        self.fail_together(&lost, &problem);
    }

    /// What was read just before something is taken away must not make a guard refuse.
    fn judge_again(&mut self, host: &HostName) {
        let plan = self.state.plan;
        let ready = self
            .ready
            .get(&Some(host.clone()))
            .cloned()
            .unwrap_or_default();
        for index in ready {
            let step = plan.step(index);
            if !self.looked_again.contains(&index) || !step.action().looks_again() {
                continue;
            }
            let cluster = plan
                .clusters()
                .iter()
                .position(|spec| step.cluster().is_some_and(|of| of.name == spec.name))
                .expect("a step's cluster is in its plan");
            let refusals = self.state.judge_guards_of(cluster);
            let on_host = refusals
                .iter()
                .find(|refusal| refusal.host.as_ref() == Some(host));
            if let Some(refusal) = on_host {
                let problem = Problem::new(
                    format!("what was found has moved since it was read: {refusal}"),
                    refusal.hint.clone(),
                );
                self.forget_ready(host, index);
                self.fail(step, problem);
            }
        }
    }

    fn take_unit(&mut self, host: &HostName, result: UnitResult) {
        let UnitResult { unit, results } = result;
        let step = self.state.plan.step(unit.step);
        let Some(mut change) = unit.change else {
            // Nothing to do, if what it waited for has ended well; else it was skipped already.
            if self.reports[unit.step.get()].is_none() {
                self.end(step, Outcome::Unchanged, Vec::new(), None, String::new());
            }
            return;
        };
        if self.reports[unit.step.get()].is_some() {
            return;
        }
        for question in &change.forget {
            self.forget(host, question);
        }
        let failure = results
            .iter()
            .find_map(|result| result.as_ref().err().cloned());
        let taken_over = results.iter().find_map(|result| match result {
            Ok(Reply::TakenOver(whose)) => Some(format!("~ {whose}")),
            _ => None,
        });
        change.lines.extend(taken_over);
        let answers = results.into_iter().skip(change.ops.len());
        for (question, answer) in change.check.iter().zip(answers) {
            self.learn(
                host,
                question.clone(),
                answer.map_err(|failure| failure.to_string()),
            );
        }
        match failure {
            Some(OpFailure::NotTried) => {
                let lines = vec![OpFailure::NotTried.to_string()];
                self.end(step, Outcome::Skipped, lines, None, String::new());
                self.skip_dependents(step);
            }
            Some(OpFailure::Failed { message }) => {
                let hint = "mend what the host says, and run again: it goes on from there";
                self.fail(step, Problem::new(message, hint));
            }
            None => self.prove(step, change),
        }
    }

    /// The second decision must be "nothing to do": that proves the change.
    fn prove(&mut self, step: Step<'_>, change: Change) {
        let outcome = if change.lines.is_empty() {
            Outcome::Unchanged
        } else {
            Outcome::Changed
        };
        // A lock has no state to read: that it was taken is the proof. And whether what was started
        // stays up shows when it is waited for, with its own words.
        if matches!(step.action(), Action::Lock | Action::Launch) {
            if step.action() == Action::Lock {
                self.held.extend(step.host_name().cloned());
            }
            return self.end(step, outcome, change.lines, None, String::new());
        }
        let run = self.state.context();
        match action::decide(&StepContext { run: &run, step }) {
            Ok(Decision::Nothing) => {
                self.end(step, outcome, change.lines, change.diff, String::new());
            }
            // What is only waited for is waited for again, until the decision says that it is over, or
            // what is to be done then.
            Ok(Decision::Change(_)) if change.ops.is_empty() => {
                self.taken[step.index().get()] = false;
                self.make_ready(step);
            }
            Ok(Decision::Change(still)) => {
                let message = format!(
                    "after the change it is still to be done: {}",
                    still.lines.join(", ")
                );
                self.fail(
                    step,
                    Problem::new(message, "see whether something undoes it there"),
                );
            }
            Err(problem) => self.fail(step, problem),
        }
    }

    fn learn(&mut self, host: &HostName, question: ReadOp, mut answer: Result<Reply, String>) {
        let Some(Ok(facts)) = self.state.observation.hosts.get_mut(host) else {
            return;
        };
        if let (Ok(Reply::Awaited(now)), ReadOp::AwaitHealthy { timeout, .. }) =
            (&mut answer, &question)
            && !now.etcd.healthy
            && now.service.state.is_alive()
        {
            // One question waits for a part of the time only; the parts add up.
            let before = facts
                .awaited(&question)
                .map_or(Millis(0), |before| before.waited);
            now.waited = Millis(before.0 + now.waited.max(*timeout).0);
        }
        if let (Ok(Reply::Voters(now)), ReadOp::AwaitVoters { .. }) = (&mut answer, &question) {
            let before = facts
                .voters(&question)
                .map_or(Millis(0), |before| before.waited);
            now.waited = Millis(before.0 + now.waited.0);
        }
        facts.insert(question, answer);
    }

    fn forget(&mut self, host: &HostName, question: &ReadOp) {
        if let Some(Ok(facts)) = self.state.observation.hosts.get_mut(host) {
            facts.forget(question);
        }
    }
}
