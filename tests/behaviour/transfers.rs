//! Whoever watches a run is told how far a large file has come, while it is on its way.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use etcd_plan::Event;
use etcd_plan::engine::{Flow, RunSettings};
use etcd_plan::executor::{ConnectError, Executor, Session, SessionError, Target, Transfer};
use etcd_plan::op::{Batch, OpResult, ReadOp};
use etcd_plan::permit::Permit;
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::{HOSTS, Scene};

const TOTAL: u64 = 10 << 20;

/// Reaches hosts through the simulator; the first one sends the halves of something large with its
/// first batch, and the second half only when it is let.
struct SlowExecutor {
    inner: SimExecutor,
    let_go: Mutex<Option<Receiver<()>>>,
}

struct SlowSession {
    inner: Box<dyn Session>,
    transfer: Transfer,
    let_go: Option<Receiver<()>>,
}

impl Executor for SlowExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let is_slow = target.host.as_str() == HOSTS[0];
        let let_go = is_slow.then(|| self.let_go.lock().expect("no panic").take());
        Ok(Box::new(SlowSession {
            inner: self.inner.connect(target)?,
            transfer: Transfer::default(),
            let_go: let_go.flatten(),
        }))
    }
}

impl Session for SlowSession {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        self.inner.read(questions)
    }

    fn write(&mut self, batch: &Batch, permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        if let Some(let_go) = self.let_go.take() {
            self.transfer.begin(TOTAL);
            self.transfer.advance(TOTAL / 2);
            let told = let_go.recv_timeout(Duration::from_mins(1));
            told.expect("the observer was told");
            self.transfer.advance(TOTAL / 2);
            self.transfer.end();
        }
        self.inner.write(batch, permit)
    }

    fn transfer(&self) -> Option<Transfer> {
        Some(self.transfer.clone())
    }
}

#[test]
fn an_observer_is_told_while_it_is_sent_and_once_for_the_same_bytes() {
    let scene = Scene::bare();
    let (let_go, held): (Sender<()>, _) = channel();
    let executor = SlowExecutor {
        inner: SimExecutor::new(&scene.world),
        let_go: Mutex::new(Some(held)),
    };
    let mut told = Vec::new();
    let mut observer = |event: &Event| {
        if let Event::Sending {
            host, sent, total, ..
        } = event
        {
            told.push((host.to_string(), *sent, *total));
            // It waits for the first of these alone.
            let _ = let_go.send(());
        }
        Flow::Continue
    };
    let plan = scene.plan();
    let result = scene.run_through(&plan, &executor, RunSettings::default(), &mut observer);
    let report = result.expect("guards have nothing against it");
    assert!(report.is_success(), "{report}");
    assert_eq!(told[0], (HOSTS[0].to_owned(), TOTAL / 2, TOTAL));
    assert!(told.len() <= 2, "{told:?}");
}
