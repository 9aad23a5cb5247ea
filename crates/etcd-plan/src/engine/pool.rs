use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcd_plan_core::names::HostName;
use etcd_plan_core::op::{Batch, OpResult, ReadOp};

use super::ferry;
use crate::executor::{ConnectError, Executor, Session, SessionError, Target};
use crate::permit::Permit;

/// How long the coordinator waits for a host before it looks whether the run is to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// Threads that talk to hosts: libssh2 blocks, and a session is used by one thread at a time.
pub(super) struct Pool<'p> {
    jobs: Sender<Job>,
    done: &'p Receiver<Done>,
}

/// Something that a thread does with a host.
pub(super) enum Job {
    /// Opens a session and asks the first questions.
    Open {
        target: Target,
        questions: Vec<ReadOp>,
    },
    /// Asks questions.
    Read {
        host: HostName,
        session: Box<dyn Session>,
        questions: Vec<ReadOp>,
    },
    /// Carries out a batch.
    Write {
        host: HostName,
        session: Box<dyn Session>,
        batch: Batch,
        /// Lines for the journal on the host.
        notes: Vec<String>,
    },
    /// Says on a host that the run goes on, or how it ended.
    Renew {
        host: HostName,
        session: Box<dyn Session>,
        /// Lines for the journal on the host.
        notes: Vec<String>,
    },
}

/// A job that has ended.
pub(super) struct Done {
    pub(super) host: HostName,
    /// The session, unless it ended.
    pub(super) session: Option<Box<dyn Session>>,
    /// The questions of an `Open` or `Read`.
    pub(super) questions: Vec<ReadOp>,
    /// When they were asked and answered, in milliseconds since 1970 UTC.
    pub(super) between_ms: (i64, i64),
    /// Whether it was a `Read`.
    pub(super) was_read: bool,
    pub(super) outcome: Result<Vec<OpResult>, Broken>,
}

/// Why a job has no results.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("{message} (hint: {hint})", message = .0.message, hint = .0.hint)]
    Connect(ConnectError),
    #[error("the session ended: {message}", message = .0.message)]
    Session(SessionError),
    #[error(
        "the session answered {answered} of {asked} operations, which is a bug of its executor"
    )]
    Answers { asked: usize, answered: usize },
    #[error("a part of etcd-plan panicked, which is a bug: {0}")]
    Panic(String),
}

impl Pool<'_> {
    /// Runs `work` with a pool of threads, which end with it. With a permit goes the folder on this
    /// machine that files are brought to.
    pub(super) fn with<T>(
        executor: &dyn Executor,
        permit: Option<(&Permit, &Path)>,
        threads: usize,
        work: impl FnOnce(&mut Pool<'_>) -> T,
    ) -> T {
        let (jobs, queue) = channel();
        let (report, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                let (queue, report) = (Arc::clone(&queue), report.clone());
                scope.spawn(move || serve(executor, permit, &queue, &report));
            }
            drop(report);
            // When the pool goes, so does the sender, and the threads see the end of the queue.
            let mut pool = Pool { jobs, done: &done };
            work(&mut pool)
        })
    }

    /// Gives a job to the next free thread.
    pub(super) fn submit(&mut self, job: Job) {
        self.jobs
            .send(job)
            .expect("the threads live as long as the pool");
    }

    /// Waits a little for a job to end.
    pub(super) fn receive(&mut self) -> Option<Done> {
        match self.done.recv_timeout(PATIENCE) {
            Ok(done) => Some(done),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                unreachable!("the threads live as long as the pool")
            }
        }
    }
}

fn serve(
    executor: &dyn Executor,
    permit: Option<(&Permit, &Path)>,
    queue: &Mutex<Receiver<Job>>,
    report: &Sender<Done>,
) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if report.send(run(executor, permit, job)).is_err() {
            return;
        }
    }
}

fn run(executor: &dyn Executor, permit: Option<(&Permit, &Path)>, job: Job) -> Done {
    match job {
        Job::Open { target, questions } => {
            let host = target.host.clone();
            let opened = guarded(|| executor.connect(&target).map_err(Broken::Connect));
            match opened {
                Ok(session) => read(host, session, questions, false),
                Err(broken) => Done {
                    host,
                    session: None,
                    questions,
                    between_ms: (0, 0),
                    was_read: false,
                    outcome: Err(broken),
                },
            }
        }
        Job::Read {
            host,
            session,
            questions,
        } => read(host, session, questions, true),
        Job::Write {
            host,
            mut session,
            batch,
            notes,
        } => {
            for line in notes {
                session.note(line);
            }
            let (permit, folder) = permit.expect("only an approved run gives batches to its pool");
            let outcome = guarded(|| {
                ferry::write(&mut *session, &batch, permit, folder).map_err(Broken::Session)
            });
            let outcome = complete(outcome, batch.len());
            let session = outcome.is_ok().then_some(session);
            Done {
                host,
                session,
                questions: Vec::new(),
                between_ms: (0, 0),
                was_read: false,
                outcome,
            }
        }
        Job::Renew {
            host,
            mut session,
            notes,
        } => {
            for line in notes {
                session.note(line);
            }
            let outcome = guarded(|| session.renew().map_err(Broken::Session));
            Done {
                host,
                session: outcome.is_ok().then_some(session),
                questions: Vec::new(),
                between_ms: (0, 0),
                was_read: false,
                outcome: outcome.map(|()| Vec::new()),
            }
        }
    }
}

fn read(
    host: HostName,
    mut session: Box<dyn Session>,
    questions: Vec<ReadOp>,
    was_read: bool,
) -> Done {
    let asked_ms = clock_ms();
    let outcome = guarded(|| session.read(&questions).map_err(Broken::Session));
    let between_ms = (asked_ms, clock_ms());
    let outcome = complete(outcome, questions.len());
    let session = outcome.is_ok().then_some(session);
    Done {
        host,
        session,
        questions,
        between_ms,
        was_read,
        outcome,
    }
}

fn clock_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// A session that does not answer everything is not believed in anything.
fn complete(outcome: Result<Vec<OpResult>, Broken>, asked: usize) -> Result<Vec<OpResult>, Broken> {
    outcome.and_then(|results| match results.len() {
        answered if answered == asked => Ok(results),
        answered => Err(Broken::Answers { asked, answered }),
    })
}

/// A panic in a step is a failed step, and the run goes on to its report.
fn guarded<T>(work: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Broken::Panic(
            text.unwrap_or_else(|| "without a message".to_owned()),
        ))
    })
}
