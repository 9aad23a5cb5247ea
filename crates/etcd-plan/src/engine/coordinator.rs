//! The one place that knows how far a run has come: it owns the graph, on the caller's thread.

use std::collections::{BTreeMap, BTreeSet};

use etcd_plan_core::action::{self, Change, Decision, Problem, StepContext};
use etcd_plan_core::event::Event;
use etcd_plan_core::facts::MemberQuestions;
use etcd_plan_core::names::{ClusterName, HostName, Millis};
use etcd_plan_core::op::{OpFailure, ReadOp, Reply};
use etcd_plan_core::plan::{Action, Step, StepIndex};
use etcd_plan_core::report::{Outcome, Report, StepReport};

use super::batch::{StepBatch, UnitResult};
use super::controller;
use super::observer::{Flow, Observer};
use super::pool::{Broken, Done, Job, Pool};
use super::state::State;
use crate::permit::Permit;

/// Carries out a plan whose guards have agreed.
pub(super) fn apply(state: State<'_>, permit: &Permit, observer: &mut dyn Observer) -> Report {
    let executor = state.executor;
    let threads = state.settings.forks.get().min(state.sessions.len());
    let mut coordinator = Coordinator::new(state, permit, observer);
    Pool::with(executor, Some(permit), threads, |pool| {
        coordinator.run(pool, threads);
    });
    coordinator.report()
}

/// Gives the situations by the names of their clusters.
pub(super) fn situation_names(state: &State<'_>) -> BTreeMap<ClusterName, String> {
    let names = state
        .plan
        .clusters()
        .iter()
        .map(|cluster| cluster.name.clone());
    names
        .zip(state.situations.iter().map(|s| s.as_str().to_owned()))
        .collect()
}

struct Coordinator<'r, 'a> {
    state: State<'a>,
    permit: &'r Permit,
    observer: &'r mut dyn Observer,
    reports: Vec<Option<StepReport>>,
    started_ms: Vec<Option<u64>>,
    /// How many steps each step still waits for.
    waits: Vec<usize>,
    /// Steps that wait for nothing any more, by host; `None` is the controller.
    ready: BTreeMap<Option<HostName>, BTreeSet<StepIndex>>,
    /// Steps that are part of a batch: they are not made ready again when what they waited for in
    /// the same batch has ended.
    taken: Vec<bool>,
    /// Batches that hosts are working on.
    under_way: BTreeMap<HostName, StepBatch>,
    /// Destructive steps before which the facts were read once more.
    looked_again: BTreeSet<StepIndex>,
}

impl<'r, 'a> Coordinator<'r, 'a> {
    fn new(state: State<'a>, permit: &'r Permit, observer: &'r mut dyn Observer) -> Self {
        let plan = state.plan;
        let mut coordinator = Self {
            permit,
            observer,
            reports: vec![None; plan.len()],
            started_ms: vec![None; plan.len()],
            waits: plan
                .indices()
                .map(|index| plan.before(index).count())
                .collect(),
            ready: BTreeMap::new(),
            taken: vec![false; plan.len()],
            under_way: BTreeMap::new(),
            looked_again: BTreeSet::new(),
            state,
        };
        for step in plan
            .steps()
            .filter(|step| step.waits_for().next().is_none())
        {
            coordinator.make_ready(step);
        }
        coordinator
    }

    fn run(&mut self, pool: &mut Pool<'_>, forks: usize) {
        loop {
            self.run_controller();
            self.dispatch(pool, forks);
            if self.under_way.is_empty() {
                let is_over = self.ready.values().all(BTreeSet::is_empty);
                if is_over || self.state.stopped {
                    break;
                }
                continue;
            }
            match pool.receive() {
                Some(done) => self.take(done),
                None => {
                    if self.observer.poll() == Flow::Stop {
                        self.state.stopped = true;
                    }
                }
            }
        }
    }

    /// Carries out what is ready on the controller.
    fn run_controller(&mut self) {
        while !self.state.stopped {
            let Some(index) = self.ready.get_mut(&None).and_then(BTreeSet::pop_first) else {
                break;
            };
            let step = self.state.plan.step(index);
            self.started_ms[index.get()] = Some(self.state.now_ms());
            match controller::carry_out(&mut self.state, self.permit, step) {
                Ok((outcome, lines)) => self.end(step, outcome, lines, None, String::new()),
                Err(problem) => self.fail(step, problem),
            }
        }
    }

    /// Gives work to hosts that have none, as many as may work at once.
    fn dispatch(&mut self, pool: &mut Pool<'_>, forks: usize) {
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
            for index in batch.steps().collect::<Vec<_>>() {
                self.fail(plan.step(index), why.clone());
            }
            return None;
        };
        let operations = batch.operations();
        self.under_way.insert(host.clone(), batch);
        Some(Job::Write {
            host: host.clone(),
            session,
            batch: operations,
        })
    }

    /// Finds a step on a host that is ready, or would be once the batch has run.
    fn next(
        &self,
        host: &HostName,
        batch: &StepBatch,
        later: &BTreeSet<StepIndex>,
    ) -> Option<StepIndex> {
        let ready = self.ready.get(&Some(host.clone()));
        let first = ready
            .into_iter()
            .flatten()
            .copied()
            .find(|index| !later.contains(index));
        if first.is_some() || self.state.stopped {
            return first;
        }
        let plan = self.state.plan;
        let is_fit = |step: &Step<'_>| {
            step.host_name() == Some(host)
                && !batch.holds(step.index())
                && !later.contains(&step.index())
                && self.reports[step.index().get()].is_none()
                && !step.action().is_destructive()
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

    fn has_ended_well(&self, index: StepIndex) -> bool {
        let report = self.reports[index.get()].as_ref();
        report.is_some_and(|r| matches!(r.outcome, Outcome::Changed | Outcome::Unchanged))
    }

    fn forget_ready(&mut self, host: &HostName, index: StepIndex) {
        if let Some(ready) = self.ready.get_mut(&Some(host.clone())) {
            ready.remove(&index);
        }
    }

    fn take_on(&mut self, host: &HostName, index: StepIndex) {
        self.forget_ready(host, index);
        self.taken[index.get()] = true;
    }

    fn must_look_again(&self, step: Step<'_>) -> bool {
        step.action().is_destructive() && !self.looked_again.contains(&step.index())
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
        let member = step.member().expect("destructive steps are about a member");
        let asks = MemberQuestions::new(spec, member);
        let questions = match step.action() {
            Action::Stop => asks.local(),
            _ => asks.all(),
        };
        self.under_way.insert(host.clone(), StepBatch::default());
        Some(Job::Read {
            host: host.clone(),
            session,
            questions,
        })
    }

    /// Takes what a host has done.
    fn take(&mut self, done: Done) {
        let batch = self.under_way.remove(&done.host).unwrap_or_default();
        if let Some(session) = done.session {
            self.state.sessions.insert(done.host.clone(), session);
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
        let plan = self.state.plan;
        let mut lost: Vec<StepIndex> = batch.steps().collect();
        if lost.is_empty() {
            lost = self
                .ready
                .remove(&Some(host.clone()))
                .into_iter()
                .flatten()
                .collect();
        }
        for index in lost {
            self.fail(plan.step(index), problem.clone());
        }
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
            if !self.looked_again.contains(&index) || !step.action().is_destructive() {
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
        let Some(change) = unit.change else {
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
        // A lock has no state to read: that it was taken is the proof.
        if step.action() == Action::Lock {
            return self.end(step, outcome, Vec::new(), None, String::new());
        }
        let run = self.state.context();
        match action::decide(&StepContext { run: &run, step }) {
            Ok(Decision::Nothing) => {
                self.end(step, outcome, change.lines, change.diff, String::new());
            }
            // What is only waited for is waited for again, until the decision says that it is over.
            Ok(Decision::Change(still)) if still.ops.is_empty() && change.ops.is_empty() => {
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
        facts.insert(question, answer);
    }

    fn forget(&mut self, host: &HostName, question: &ReadOp) {
        if let Some(Ok(facts)) = self.state.observation.hosts.get_mut(host) {
            facts.forget(question);
        }
    }

    fn begin(&mut self, step: Step<'_>) {
        let at_ms = self.state.now_ms();
        self.started_ms[step.index().get()] = Some(at_ms);
        let event = Event::StepStarted {
            step: step.id(),
            host: step.host_name().cloned(),
            at_ms,
        };
        self.state.tell(self.observer, &event);
    }

    fn fail(&mut self, step: Step<'_>, problem: Problem) {
        let lines = vec![problem.message];
        self.end(step, Outcome::Failed, lines, None, problem.hint);
        self.skip_dependents(step);
    }

    fn end(
        &mut self,
        step: Step<'_>,
        outcome: Outcome,
        lines: Vec<String>,
        diff: Option<String>,
        hint: String,
    ) {
        let at_ms = self.state.now_ms();
        let place = step.index().get();
        self.reports[place] = Some(StepReport {
            step: step.id(),
            host: step.host_name().cloned(),
            outcome,
            lines: lines.clone(),
            diff,
            hint,
            started_ms: self.started_ms[place],
            ended_ms: Some(at_ms),
        });
        let (id, host) = (step.id(), step.host_name().cloned());
        let event = Event::StepEnded {
            step: id,
            host,
            outcome,
            lines,
            at_ms,
        };
        self.state.tell(self.observer, &event);
        if !matches!(outcome, Outcome::Changed | Outcome::Unchanged) {
            return;
        }
        for after in self.state.plan.after(step.index()) {
            self.waits[after.index().get()] -= 1;
            if self.waits[after.index().get()] == 0 {
                self.make_ready(after);
            }
        }
    }

    fn make_ready(&mut self, step: Step<'_>) {
        let place = step.index().get();
        if self.reports[place].is_none() && !self.taken[place] {
            self.ready
                .entry(step.host_name().cloned())
                .or_default()
                .insert(step.index());
        }
    }

    /// What waits for a step that failed is not begun.
    fn skip_dependents(&mut self, step: Step<'_>) {
        let plan = self.state.plan;
        let mut open = vec![step.index()];
        while let Some(index) = open.pop() {
            for after in plan.after(index) {
                if self.reports[after.index().get()].is_none() {
                    let lines = vec![format!("waits for {}", step.id())];
                    self.end(after, Outcome::Skipped, lines, None, String::new());
                    open.push(after.index());
                }
            }
        }
    }

    fn report(mut self) -> Report {
        let plan = self.state.plan;
        for step in plan.steps() {
            if self.reports[step.index().get()].is_none() {
                self.end(step, Outcome::NotStarted, Vec::new(), None, String::new());
            }
        }
        let mut report = Report {
            steps: self.reports.into_iter().flatten().collect(),
            situations: situation_names(&self.state),
            round_trips: self.state.round_trips.clone(),
            stopped: self.state.stopped,
            duration_ms: self.state.now_ms(),
        };
        // A run that had nothing left to do when it was asked to stop did all that was wanted.
        report.stopped &= report.count(Outcome::NotStarted) > 0;
        let ended = Event::Ended {
            success: report.is_success(),
            at_ms: report.duration_ms,
        };
        let _ = self.observer.on_event(&ended);
        report
    }
}
