//! Sessions in tests may write only with a permit, and only a run gives one: a run lends its own.

use std::sync::{Arc, Mutex, PoisonError};

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::executor::{ConnectError, Executor, Session, SessionError, Target};
use etcd_plan::op::{Batch, OpResult, ReadOp};
use etcd_plan::permit::Permit;
use etcd_plan_testkit::SimExecutor;

use crate::Scene;

/// A session while it is lent, with what it is to do.
type Lent = (Box<dyn Session>, Batch);

/// A session that comes back, with what it has done.
type Returned = (Box<dyn Session>, Result<Vec<OpResult>, SessionError>);

/// Carries a batch out in a session, with the permit of a run that has passed its guards.
///
/// Only the engine makes permits. So a plan is carried out on a simulated host, and the session does
/// its batch when that host is written to.
///
/// # Errors
///
/// When the session ends before all is answered.
///
/// # Panics
///
/// When the plan on the simulated host does not write.
pub fn write(session: &mut Box<dyn Session>, batch: &Batch) -> Result<Vec<OpResult>, SessionError> {
    let scene = Scene::of(
        &["10.10.10.10"],
        "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }",
    );
    let owned = std::mem::replace(session, Box::new(Nobody));
    let executor = Lender {
        simulated: SimExecutor::new(&scene.world),
        lent: Arc::new(Mutex::new(Some((owned, batch.clone())))),
        returned: Arc::default(),
    };
    let run = scene.run_through(
        &scene.plan(),
        &executor,
        RunSettings::default(),
        &mut Silent,
    );
    run.expect("nothing is in the way on a bare host");
    let mut returned = executor
        .returned
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let (owned, result) = returned.take().expect("the plan writes to its host");
    *session = owned;
    result
}

struct Lender {
    simulated: SimExecutor,
    lent: Arc<Mutex<Option<Lent>>>,
    returned: Arc<Mutex<Option<Returned>>>,
}

impl Executor for Lender {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        Ok(Box::new(Borrower {
            simulated: self.simulated.connect(target)?,
            lent: Arc::clone(&self.lent),
            returned: Arc::clone(&self.returned),
        }))
    }
}

struct Borrower {
    simulated: Box<dyn Session>,
    lent: Arc<Mutex<Option<Lent>>>,
    returned: Arc<Mutex<Option<Returned>>>,
}

impl Session for Borrower {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        self.simulated.read(questions)
    }

    fn write(&mut self, batch: &Batch, permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        let lent = self
            .lent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((mut session, wanted)) = lent {
            let result = session.write(&wanted, permit);
            let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
            *returned = Some((session, result));
        }
        self.simulated.write(batch, permit)
    }
}

/// Stands where a session is lent.
struct Nobody;

impl Session for Nobody {
    fn read(&mut self, _questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        unreachable!("the session comes back before anybody uses it")
    }

    fn write(&mut self, _batch: &Batch, _permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        unreachable!("the session comes back before anybody uses it")
    }
}
