use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use etcd_plan::core::names::HostName;
use etcd_plan::core::op::{Op, OpFailure, OpResult};
use etcd_plan::executor::{ConnectError, Executor, Session, Target};

use crate::faults::{Effect, FaultPlan};
use crate::journal::{Journal, JournalEntry, content_bytes};
use crate::session::SimSession;
use crate::world::SimWorld;

/// Reaches the hosts of a [`SimWorld`], counts and writes down what is asked of them, and lets a
/// [`FaultPlan`] happen.
///
/// One executor is one run: counters, journal and faults are its own, the world is shared. After a
/// run that was cut, a fresh executor on the same world is the second try.
pub struct SimExecutor {
    world: SimWorld,
    run: Arc<Mutex<Run>>,
}

/// How much was asked of a host, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions that were opened.
    pub connects: usize,
    /// Calls of `read` and `write`: what would cross the network once each way.
    pub round_trips: usize,
    /// Operations that were tried.
    pub operations: usize,
    /// Those of them that change the host.
    pub writes: usize,
    /// Bytes of content that were staged.
    pub staged_bytes: usize,
}

/// What a run has asked and met so far.
pub(crate) struct Run {
    pub(crate) faults: FaultPlan,
    counters: BTreeMap<HostName, Counters>,
    journal: Journal,
    /// The sessions that were opened.
    pub(crate) sessions: Vec<u64>,
    /// Whether the controller was killed.
    pub(crate) killed: bool,
}

impl SimExecutor {
    /// Makes an executor for a run in which nothing goes wrong.
    pub fn new(world: &SimWorld) -> Self {
        Self::with_faults(world, FaultPlan::none())
    }

    /// Makes an executor for a run in which these things go wrong.
    pub fn with_faults(world: &SimWorld, faults: FaultPlan) -> Self {
        let run = Run {
            faults,
            counters: BTreeMap::new(),
            journal: Journal::default(),
            sessions: Vec::new(),
            killed: false,
        };
        Self {
            world: world.clone(),
            run: Arc::new(Mutex::new(run)),
        }
    }

    /// Gives the counters of all hosts together.
    pub fn counters(&self) -> Counters {
        let run = lock(&self.run);
        run.counters
            .values()
            .fold(Counters::default(), |sum, host| Counters {
                connects: sum.connects + host.connects,
                round_trips: sum.round_trips + host.round_trips,
                operations: sum.operations + host.operations,
                writes: sum.writes + host.writes,
                staged_bytes: sum.staged_bytes + host.staged_bytes,
            })
    }

    /// Gives the counters of a host; all zero when it was never reached.
    pub fn counters_of(&self, host: &str) -> Counters {
        let run = lock(&self.run);
        run.counters.get(host).copied().unwrap_or_default()
    }

    /// Gives a copy of everything that was asked until now.
    pub fn journal(&self) -> Journal {
        lock(&self.run).journal.clone()
    }

    /// Gives the target under which a host is reached.
    ///
    /// # Panics
    ///
    /// When the text is no host name.
    pub fn target(host: &str) -> Target {
        Target {
            host: host.parse().expect("a host name"),
            address: host.to_owned(),
            port: None,
            user: None,
            private_key_file: None,
            ssh_common_args: None,
            become_user: None,
            local: false,
        }
    }

    /// Opens a session as what it is: through it the simulator's own tests write without a permit.
    pub(crate) fn open(&self, target: &Target) -> Result<SimSession, ConnectError> {
        let refused = |message: String, hint: &str| ConnectError {
            host: target.host.clone(),
            message,
            hint: hint.to_owned(),
        };
        let mut run = lock(&self.run);
        if run.killed {
            let hint = "make a new executor for the next run";
            return Err(refused("the controller was killed".to_owned(), hint));
        }
        if let Some(message) = run.faults.refusal(&target.host) {
            return Err(refused(message, "the fault plan of the test says so"));
        }
        let session = SimSession::open(&self.world, &self.run, &target.host)
            .map_err(|message| refused(message, "check the host and its network"))?;
        run.sessions.push(session.id());
        run.counters_of(&target.host).connects += 1;
        Ok(session)
    }
}

impl Executor for SimExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        Ok(Box::new(self.open(target)?))
    }
}

impl Run {
    pub(crate) fn counters_of(&mut self, host: &HostName) -> &mut Counters {
        self.counters.entry(host.clone()).or_default()
    }

    /// Counts an operation that is about to be done, and gives what goes wrong at it.
    pub(crate) fn begin(&mut self, host: &HostName, op: &Op) -> Option<Effect> {
        let counters = self.counters_of(host);
        counters.operations += 1;
        counters.writes += usize::from(matches!(op, Op::Write(_)));
        counters.staged_bytes += content_bytes(op);
        self.faults.next(host, op)
    }

    /// Writes down what became of an operation.
    pub(crate) fn note(&mut self, host: &HostName, op: &Op, done: usize, result: Option<OpResult>) {
        let round_trip = self.counters_of(host).round_trips;
        self.journal.0.push(JournalEntry {
            host: host.clone(),
            round_trip,
            op: op.clone(),
            done,
            result,
        });
    }

    /// Writes down that an operation was not tried, and gives the result that says so.
    pub(crate) fn skip(&mut self, host: &HostName, op: &Op) -> OpResult {
        let result = Err(OpFailure::NotTried);
        self.note(host, op, 0, Some(result.clone()));
        result
    }
}

/// Locks a run; a test that panicked while it held it does not hide what it found.
pub(crate) fn lock(run: &Mutex<Run>) -> MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}
