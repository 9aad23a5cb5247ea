use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use etcd_plan::core::names::{EtcdId, HostName, Millis};
use etcd_plan::core::op::{
    Batch, EndpointStatus, Op, OpFailure, OpResult, ReadOp, Reply, ServiceState,
};
use etcd_plan::executor::{Session, SessionError};
use etcd_plan::permit::Permit;

use crate::executor::{Run, lock};
use crate::faults::Effect;
use crate::world::SimWorld;

/// Nobody waits longer than this many times the world's patience, whatever others do.
const PATIENCE_AT_MOST: u32 = 4;

const KILLED: &str = "the controller was killed";

/// An open connection to a simulated host.
pub(crate) struct SimSession {
    world: SimWorld,
    run: Arc<Mutex<Run>>,
    host: HostName,
    id: u64,
    /// Why it ended, once it has.
    ended: Option<String>,
}

impl SimSession {
    /// Opens a session, or says why the host cannot be reached.
    pub(crate) fn open(
        world: &SimWorld,
        run: &Arc<Mutex<Run>>,
        host: &HostName,
    ) -> Result<Self, String> {
        let mut state = world.shared.lock();
        let found = state
            .hosts
            .get(host)
            .ok_or("no such host: could not resolve its name")?;
        if !found.is_reachable() {
            return Err("connection timed out".to_owned());
        }
        state.next_session += 1;
        let id = state.next_session;
        state.open.insert(id, host.clone());
        Ok(Self {
            world: world.clone(),
            run: Arc::clone(run),
            host: host.clone(),
            id,
            ended: None,
        })
    }

    /// Carries out a batch in one round trip. The permit is asked for in [`Session::write`] alone, so
    /// that the simulator's own tests need none.
    pub(crate) fn carry_out(&mut self, batch: &Batch) -> Result<Vec<OpResult>, SessionError> {
        self.begin_round_trip()?;
        let mut results = Vec::new();
        for chain in &batch.chains {
            let mut broken = false;
            for op in chain {
                let result = if broken {
                    lock(&self.run).skip(&self.host, op)
                } else {
                    self.try_op(op)?
                };
                broken |= result.is_err();
                results.push(result);
            }
        }
        Ok(results)
    }

    /// Gives the number of the session in its world.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    fn begin_round_trip(&mut self) -> Result<(), SessionError> {
        let delay = {
            let mut run = lock(&self.run);
            run.counters_of(&self.host).round_trips += 1;
            run.faults.delay(&self.host)
        };
        if let Some(delay) = delay {
            std::thread::sleep(delay);
        }
        let killed = lock(&self.run).killed;
        self.check_alive(killed)
    }

    /// Carries out one operation with whatever goes wrong at it. The run stays locked meanwhile, so
    /// that the journal has the true order; only waiting for health lets others go on.
    fn try_op(&mut self, op: &Op) -> Result<OpResult, SessionError> {
        let run = Arc::clone(&self.run);
        let mut guard = lock(&run);
        self.check_alive(guard.killed)?;
        let effect = guard.begin(&self.host, op);
        let times = match &effect {
            None | Some(Effect::DropAfter | Effect::KillAfter) => 1,
            Some(Effect::Fail(_) | Effect::DropBefore | Effect::KillBefore) => 0,
            Some(Effect::Repeat) => 2,
        };
        let mut result = Err(OpFailure::NotTried);
        for _ in 0..times {
            (guard, result) = self.do_once(op, guard, &run);
        }
        if let Some(Effect::Fail(words)) = &effect {
            result = Err(OpFailure::Failed {
                message: words.clone(),
            });
        }
        if let Some(Effect::KillBefore | Effect::KillAfter) = effect {
            self.kill_controller(&mut guard);
        }
        let ends = match effect {
            // Another session may have met its end while this one waited.
            _ if guard.killed => Some(KILLED),
            None | Some(Effect::Fail(_) | Effect::Repeat) => None,
            Some(Effect::DropBefore | Effect::DropAfter) => Some("the connection was reset"),
            Some(Effect::KillBefore | Effect::KillAfter) => Some(KILLED),
        };
        match ends {
            Some(why) => {
                guard.note(&self.host, op, times, None);
                Err(self.end(why))
            }
            None => {
                guard.note(&self.host, op, times, Some(result.clone()));
                Ok(result)
            }
        }
    }

    fn do_once<'a>(
        &self,
        op: &Op,
        guard: MutexGuard<'a, Run>,
        run: &'a Mutex<Run>,
    ) -> (MutexGuard<'a, Run>, OpResult) {
        if let Op::Read(ReadOp::AwaitHealthy { timeout, .. }) = op {
            drop(guard);
            let result = self.await_healthy(op, *timeout);
            return (lock(run), result);
        }
        let result = self.world.shared.lock().operate(&self.host, self.id, op);
        if matches!(op, Op::Write(_)) {
            self.world.shared.changed.notify_all();
        }
        (guard, result)
    }

    /// Asks again after every change to the world, until the etcd is healthy or its process gone,
    /// or nobody else can or does change anything.
    fn await_healthy(&self, op: &Op, timeout: Millis) -> OpResult {
        let mut state = self.world.shared.lock();
        let patience = state.patience;
        let last_moment = Instant::now() + patience * PATIENCE_AT_MOST;
        state.waiting.insert(self.id);
        self.world.shared.changed.notify_all();
        let began = state.now_ms;
        let mut idle = false;
        let result = loop {
            let result = state.operate(&self.host, self.id, op);
            let others = state.open.keys().any(|id| !state.waiting.contains(id));
            let left = last_moment.saturating_duration_since(Instant::now());
            let ended = !state.open.contains_key(&self.id);
            if is_decided(op, &result) || ended {
                break result;
            }
            if idle || !others || left == Duration::ZERO {
                state.now_ms += timeout.0;
                break result;
            }
            let waited = self
                .world
                .shared
                .changed
                .wait_timeout(state, patience.min(left));
            let (guard, timed_out) = waited.unwrap_or_else(std::sync::PoisonError::into_inner);
            state = guard;
            idle = timed_out.timed_out();
        };
        state.waiting.remove(&self.id);
        let waited = Millis(state.now_ms - began);
        result.map(|reply| match reply {
            Reply::Awaited(awaited) => {
                Reply::Awaited(etcd_plan::core::op::Awaited { waited, ..awaited })
            }
            other => other,
        })
    }

    /// Ends all sessions of the run, those that wait right now included.
    fn kill_controller(&self, run: &mut Run) {
        run.killed = true;
        let mut state = self.world.shared.lock();
        for session in run.sessions.drain(..) {
            state.end_session(session);
        }
        self.world.shared.changed.notify_all();
    }

    fn check_alive(&mut self, killed: bool) -> Result<(), SessionError> {
        if let Some(why) = self.ended.clone() {
            return Err(self.end(&why));
        }
        if killed {
            return Err(self.end(KILLED));
        }
        let is_open = self.world.shared.lock().open.contains_key(&self.id);
        if is_open {
            Ok(())
        } else {
            Err(self.end("the connection timed out"))
        }
    }

    /// Ends the session, and frees what it held on the host.
    fn end(&mut self, why: &str) -> SessionError {
        self.ended = Some(why.to_owned());
        self.release();
        SessionError {
            host: self.host.clone(),
            message: why.to_owned(),
        }
    }

    fn release(&self) {
        self.world.shared.lock().end_session(self.id);
        self.world.shared.changed.notify_all();
    }
}

impl Session for SimSession {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        self.carry_out(&Batch::of_reads(questions.iter().cloned()))
    }

    fn write(&mut self, batch: &Batch, _permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        self.carry_out(batch)
    }

    fn note(&mut self, line: String) {
        let mut state = self.world.shared.lock();
        if self.ended.is_none()
            && let Some(host) = state.hosts.get_mut(&self.host)
        {
            host.note(self.id, &line);
        }
    }

    fn renew(&mut self) -> Result<(), SessionError> {
        self.begin_round_trip()
    }
}

impl Drop for SimSession {
    fn drop(&mut self) {
        self.release();
    }
}

/// Says whether waiting longer cannot change the answer.
fn is_decided(op: &Op, result: &OpResult) -> bool {
    let as_learner = matches!(
        op,
        Op::Read(ReadOp::AwaitHealthy {
            as_learner: true,
            ..
        })
    );
    let is_learner = |status: &EndpointStatus| status.is_learner && status.leader != EtcdId(0);
    match result {
        Ok(Reply::Awaited(awaited)) => {
            awaited.etcd.healthy
                || (as_learner && awaited.etcd.status.as_ref().is_some_and(is_learner))
                || matches!(
                    awaited.service.state,
                    ServiceState::Failed | ServiceState::Stopped | ServiceState::Missing
                )
        }
        _ => true,
    }
}
