//! The one place that knows how far a run has come: it owns the graph, on the caller's thread.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use etcd_plan_core::action::Problem;
use etcd_plan_core::event::Event;
use etcd_plan_core::host_journal::HostJournal;
use etcd_plan_core::names::{ClusterName, HostName};
use etcd_plan_core::notes::{lasting, notes};
use etcd_plan_core::plan::{Step, StepIndex};
use etcd_plan_core::report::{Outcome, Report, StepReport};

use super::batch::StepBatch;
use super::controller;
use super::observer::{Flow, Observer};
use super::pool::{Job, Pool};
use super::state::State;
use super::transfers::Transfers;
use crate::permit::Permit;

/// How often idle sessions are renewed: a lock can be taken over when nothing was heard of its holder
/// for four times as long.
const RENEWED_EACH: Duration = Duration::from_secs(30);

/// Carries out a plan whose guards have agreed.
pub(super) fn apply(state: State<'_>, permit: &Permit, observer: &mut dyn Observer) -> Report {
    let executor = state.executor;
    let threads = state.settings.forks.get().min(state.sessions.len());
    let folder = state.settings.folder.clone();
    let mut coordinator = Coordinator::new(state, permit, observer);
    Pool::with(executor, Some((permit, &folder)), threads, |pool| {
        coordinator.run(pool, threads);
        coordinator.report(pool)
    })
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

pub(super) struct Coordinator<'r, 'a> {
    pub(super) state: State<'a>,
    pub(super) permit: &'r Permit,
    pub(super) observer: &'r mut dyn Observer,
    pub(super) reports: Vec<Option<StepReport>>,
    pub(super) started_ms: Vec<Option<u64>>,
    /// How many steps each step still waits for.
    pub(super) waits: Vec<usize>,
    /// Steps that wait for nothing any more, by host; `None` is the controller.
    pub(super) ready: BTreeMap<Option<HostName>, BTreeSet<StepIndex>>,
    /// Steps that are part of a batch: they are not made ready again when what they waited for in
    /// the same batch has ended.
    pub(super) taken: Vec<bool>,
    /// Batches that hosts are working on.
    pub(super) under_way: BTreeMap<HostName, StepBatch>,
    pub(super) transfers: Transfers,
    /// Hosts that this run has locked.
    pub(super) held: BTreeSet<HostName>,
    /// When idle sessions were renewed last.
    renewed: Instant,
    /// Notes that were true before the first change, and are to be told after the last.
    lasting: Vec<String>,
    /// Destructive steps before which the facts were read once more.
    pub(super) looked_again: BTreeSet<StepIndex>,
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
            transfers: Transfers::default(),
            held: BTreeSet::new(),
            renewed: Instant::now(),
            looked_again: BTreeSet::new(),
            lasting: lasting(&state.context()),
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
                    self.renew(pool);
                    if self.observer.poll() == Flow::Stop {
                        self.state.stopped = true;
                    }
                }
            }
            self.tell_transfers();
        }
    }

    fn tell_transfers(&mut self) {
        for (host, sent, total) in self.transfers.moved() {
            let at_ms = self.state.now_ms();
            let event = Event::Sending {
                host,
                sent,
                total,
                at_ms,
            };
            self.state.tell(self.observer, &event);
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

    pub(super) fn has_ended_well(&self, index: StepIndex) -> bool {
        let report = self.reports[index.get()].as_ref();
        report.is_some_and(|r| matches!(r.outcome, Outcome::Changed | Outcome::Unchanged))
    }

    pub(super) fn forget_ready(&mut self, host: &HostName, index: StepIndex) {
        if let Some(ready) = self.ready.get_mut(&Some(host.clone())) {
            ready.remove(&index);
        }
    }

    pub(super) fn take_on(&mut self, host: &HostName, index: StepIndex) {
        self.forget_ready(host, index);
        self.taken[index.get()] = true;
    }

    pub(super) fn begin(&mut self, step: Step<'_>) {
        let at_ms = self.state.now_ms();
        self.started_ms[step.index().get()] = Some(at_ms);
        let event = Event::StepStarted {
            step: step.id(),
            host: step.host_name().cloned(),
            at_ms,
        };
        self.state.tell(self.observer, &event);
    }

    pub(super) fn fail(&mut self, step: Step<'_>, problem: Problem) {
        let lines = vec![problem.message];
        self.end(step, Outcome::Failed, lines, None, problem.hint);
        self.skip_dependents(step);
    }

    /// Lets steps fail that may wait for each other: each ends once, and none of them as skipped.
    pub(super) fn fail_together(&mut self, steps: &[StepIndex], problem: &Problem) {
        let plan = self.state.plan;
        for index in steps {
            let Problem { message, hint } = problem.clone();
            let lines = vec![message];
            self.end(plan.step(*index), Outcome::Failed, lines, None, hint);
        }
        for index in steps {
            self.skip_dependents(plan.step(*index));
        }
    }

    pub(super) fn end(
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
            contingent: step.action().is_contingent(),
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

    pub(super) fn make_ready(&mut self, step: Step<'_>) {
        let place = step.index().get();
        if self.reports[place].is_some() || self.taken[place] {
            return;
        }
        if self.is_uncalled_for(step) {
            self.end(step, Outcome::Unchanged, Vec::new(), None, String::new());
        } else {
            self.ready
                .entry(step.host_name().cloned())
                .or_default()
                .insert(step.index());
        }
    }

    /// Says whether a step that is there for a failure has none to answer: all went well before it,
    /// or what went before had nothing to take back.
    fn is_uncalled_for(&self, step: Step<'_>) -> bool {
        let went_well = |before: Step<'_>| {
            if before.action().is_contingent() {
                self.outcome(before) == Some(Outcome::Unchanged)
            } else {
                self.has_ended_well(before.index())
            }
        };
        step.action().is_contingent() && step.waits_for().all(went_well)
    }

    fn outcome(&self, step: Step<'_>) -> Option<Outcome> {
        let report = self.reports[step.index().get()].as_ref();
        report.map(|report| report.outcome)
    }

    /// What waits for a step that failed is not begun, unless it is there to bear that.
    pub(super) fn skip_dependents(&mut self, step: Step<'_>) {
        let plan = self.state.plan;
        let mut open = vec![step.index()];
        while let Some(index) = open.pop() {
            for after in plan.after(index) {
                if self.reports[after.index().get()].is_some() {
                    continue;
                }
                let failed = plan.step(index);
                if after.host_name() == failed.host_name()
                    && after.action().bears_failure_of(failed.action())
                {
                    self.waits[after.index().get()] -= 1;
                    if self.waits[after.index().get()] == 0 {
                        self.make_ready(after);
                    }
                } else {
                    let lines = vec![format!("waits for {}", step.id())];
                    self.end(after, Outcome::Skipped, lines, None, String::new());
                    open.push(after.index());
                }
            }
        }
    }

    /// Lets hosts know that the run goes on, though nothing is asked of them now.
    fn renew(&mut self, pool: &mut Pool<'_>) {
        if self.renewed.elapsed() < RENEWED_EACH {
            return;
        }
        self.renewed = Instant::now();
        for (host, session) in std::mem::take(&mut self.state.sessions) {
            self.under_way.insert(host.clone(), StepBatch::default());
            pool.submit(Job::Renew {
                host,
                session,
                notes: Vec::new(),
            });
        }
    }

    /// Writes into the journals of the hosts that were locked how the run ended. A host that cannot
    /// be told keeps a journal without an end, which is what there is to know.
    fn close_journals(&mut self, pool: &mut Pool<'_>, report: &Report) {
        let mut open = 0;
        for host in std::mem::take(&mut self.held) {
            if let Some(session) = self.state.sessions.remove(&host) {
                *self.state.round_trips.entry(host.clone()).or_default() += 1;
                let notes = vec![HostJournal::end_line(report)];
                pool.submit(Job::Renew {
                    host,
                    session,
                    notes,
                });
                open += 1;
            }
        }
        while open > 0 {
            if let Some(done) = pool.receive() {
                open -= 1;
                if let Some(session) = done.session {
                    self.state.take_back(done.host, session);
                }
            }
        }
    }

    fn report(&mut self, pool: &mut Pool<'_>) -> Report {
        let plan = self.state.plan;
        for step in plan.steps() {
            if self.reports[step.index().get()].is_none() {
                self.end(step, Outcome::NotStarted, Vec::new(), None, String::new());
            }
        }
        let mut told = std::mem::take(&mut self.lasting);
        for note in notes(&self.state.context()) {
            if !told.contains(&note) {
                told.push(note);
            }
        }
        let mut report = Report {
            steps: self.reports.iter_mut().filter_map(Option::take).collect(),
            situations: situation_names(&self.state),
            round_trips: BTreeMap::new(),
            notes: told,
            traffic: BTreeMap::new(),
            stopped: self.state.stopped,
            duration_ms: 0,
        };
        // A run that had nothing left to do when it was asked to stop did all that was wanted.
        report.stopped &= report.count(Outcome::NotStarted) > 0;
        self.close_journals(pool, &report);
        report.round_trips = self.state.round_trips.clone();
        report.traffic = self.state.traffic.clone();
        report.duration_ms = self.state.now_ms();
        let ended = Event::Ended {
            success: report.is_success(),
            at_ms: report.duration_ms,
        };
        let _ = self.observer.on_event(&ended);
        report
    }
}
