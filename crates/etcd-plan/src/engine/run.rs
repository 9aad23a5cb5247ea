use std::collections::BTreeMap;
use std::time::Instant;

use etcd_plan_core::event::Event;
use etcd_plan_core::facts::{ClockOffset, HostFacts, Observation, noted_snapshot};
use etcd_plan_core::names::HostName;
use etcd_plan_core::op::ReadOp;
use etcd_plan_core::plan::{Plan, Step};
use etcd_plan_core::run::{RunInputs, stamp_of};
use etcd_plan_core::spec::ClusterSpec;

use super::observer::{Flow, Observer};
use super::pool::{Done, Job, Pool};
use super::state::State;
use super::{Observed, RunSettings, ferry, keys, packages};
use crate::executor::{Executor, Target};
use crate::pki::KeyMaterial;

/// A plan that is about to be carried out.
pub struct Run<'a> {
    plan: &'a Plan,
    executor: &'a dyn Executor,
    keys: &'a dyn KeyMaterial,
    settings: RunSettings,
    also: fn(&ClusterSpec) -> Vec<ReadOp>,
}

impl<'a> Run<'a> {
    /// Begins a run of a plan: with what hosts are reached, and where keys and certificates are.
    pub fn new(plan: &'a Plan, executor: &'a dyn Executor, keys: &'a dyn KeyMaterial) -> Self {
        Self {
            plan,
            executor,
            keys,
            settings: RunSettings::default(),
            also: |_| Vec::new(),
        }
    }

    /// Sets how the run goes about its work.
    #[must_use]
    pub fn settings(mut self, settings: RunSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Asks members' hosts something besides what the plan and its guards stand on. No guard refuses
    /// when that cannot be answered.
    pub(crate) fn also_ask(mut self, questions: fn(&ClusterSpec) -> Vec<ReadOp>) -> Self {
        self.also = questions;
        self
    }

    /// Reads every host and the certificates on this machine, and changes nothing.
    ///
    /// Whatever could not be read is kept as such, and a guard refuses in its name: so all that is
    /// in the way is told at once.
    pub fn observe(self, observer: &mut dyn Observer) -> Observed<'a> {
        let now = crate::pki::now();
        let mut state = State {
            plan: self.plan,
            executor: self.executor,
            keys: self.keys,
            inputs: RunInputs {
                stamp: stamp_of(now.0),
                nonce: nonce(),
                now: now.0,
                holder: self.settings.holder.clone(),
                roots: roots(self.plan, self.executor),
            },
            settings: self.settings,
            started: Instant::now(),
            observation: Observation::default(),
            situations: Vec::new(),
            bases: Vec::new(),
            busy: Vec::new(),
            sessions: BTreeMap::new(),
            round_trips: BTreeMap::new(),
            traffic: BTreeMap::new(),
            stopped: false,
            also: self.also,
        };
        let hosts = state.hosts().len();
        state.tell(
            observer,
            &Event::Started {
                steps: self.plan.len(),
                hosts,
            },
        );
        // Before hosts are asked: the questions to them depend on it.
        if let Some(asked) = &self.plan.options().restore {
            let path = state.settings.folder.join(&asked.snapshot);
            state.observation.snapshot = Some(ferry::look_at(&path));
        }
        state.observation.keys = keys::read(self.plan, self.keys, now);
        read_hosts(&mut state, observer);
        packages::read(state.plan, &mut state.observation);
        // What cannot be read now cannot be written later either, and is told then.
        state.observation.backups = state.read_backups().unwrap_or_default();
        // What a run that was cut off has left here is known by what it has noted on hosts.
        if let Some(noted) = noted_snapshot(self.plan, &state.observation) {
            let path = state.settings.folder.join(noted);
            state.observation.snapshot = Some(ferry::look_at(&path));
        }
        state.situations = state.judge_situations();
        state.bases = state.choose_bases();
        state.busy = vec![true; state.situations.len()];
        let refusals = state.judge_guards();
        state.busy = state.find_busy();
        let at_ms = state.now_ms();
        state.tell(
            observer,
            &Event::Judged {
                refusals: refusals.clone(),
                at_ms,
            },
        );
        Observed::new(state, refusals)
    }
}

/// Reads all hosts, as many at once as `forks` allows.
fn read_hosts(state: &mut State<'_>, observer: &mut dyn Observer) {
    let mut questions = state.questions();
    let targets: Vec<Target> = state.hosts().into_values().map(Target::of).collect();
    let executor = state.executor;
    let forks = state.settings.forks.get().min(targets.len());
    Pool::with(executor, None, forks, |pool| {
        let mut waiting = targets.into_iter();
        let mut under_way = 0;
        loop {
            while under_way < forks && !state.stopped {
                let Some(target) = waiting.next() else { break };
                let questions = questions.remove(&target.host).unwrap_or_default();
                pool.submit(Job::Open { target, questions });
                under_way += 1;
            }
            if under_way == 0 {
                break;
            }
            let Some(done) = pool.receive() else {
                if observer.poll() == Flow::Stop {
                    state.stopped = true;
                }
                continue;
            };
            under_way -= 1;
            let event = keep(state, done);
            state.tell(observer, &event);
        }
        for target in waiting {
            let why = "the run was stopped before the host was read".to_owned();
            state.observation.hosts.insert(target.host, Err(why));
        }
    });
}

/// Keeps what a host answered.
fn keep(state: &mut State<'_>, done: Done) -> Event {
    let at_ms = state.now_ms();
    let Done {
        host,
        session,
        questions,
        between_ms,
        outcome,
        ..
    } = done;
    *state.round_trips.entry(host.clone()).or_default() += usize::from(session.is_some());
    if let Some(session) = session {
        state.take_back(host.clone(), session);
    }
    match outcome {
        Ok(answers) => {
            let mut facts = HostFacts::default();
            for (question, answer) in questions.into_iter().zip(answers) {
                facts.insert(question, answer.map_err(|failure| failure.to_string()));
            }
            if let Ok(system) = facts.system(&ReadOp::System) {
                let clock = i64::try_from(system.clock_ms).unwrap_or(i64::MAX);
                let offset = ClockOffset {
                    least_ms: clock.saturating_sub(between_ms.1),
                    most_ms: clock.saturating_sub(between_ms.0),
                };
                state.observation.clocks.insert(host.clone(), offset);
            }
            state.observation.hosts.insert(host.clone(), Ok(facts));
            Event::HostRead { host, at_ms }
        }
        Err(failure) => {
            let why = failure.to_string();
            state
                .observation
                .hosts
                .insert(host.clone(), Err(why.clone()));
            Event::HostFailed { host, why, at_ms }
        }
    }
}

/// Gives eight hexadecimal digits that no other run has, as far as chance goes.
fn nonce() -> String {
    let number = getrandom::u32().expect("the operating system has random numbers");
    format!("{number:08x}")
}

fn roots(plan: &Plan, executor: &dyn Executor) -> BTreeMap<HostName, String> {
    plan.steps()
        .filter_map(Step::host_name)
        .filter_map(|host| {
            let root = executor.root(host)?;
            Some((host.clone(), root.to_string_lossy().into_owned()))
        })
        .collect()
}
