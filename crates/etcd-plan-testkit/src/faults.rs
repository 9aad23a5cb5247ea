use std::collections::BTreeMap;
use std::time::Duration;

use etcd_plan::core::names::HostName;
use etcd_plan::core::op::Op;

use crate::journal::op_name;

/// What goes wrong during one run, and where: deterministic, and counted from 1.
///
/// Each fault is of all hosts together until [`FaultPlan::on`] narrows the last one to a host.
/// Reads and writes are counted as they are carried out; what was not tried is not counted.
///
/// To cut a run at every place: count the writes of a clean run
/// ([`Counters::writes`](crate::Counters)), then loop over 1 to that number with
/// [`FaultPlan::drop_after_write`] on a fresh world each.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    faults: Vec<Fault>,
    refused: BTreeMap<HostName, Refusals>,
    slow: BTreeMap<HostName, Duration>,
}

/// How often a host still refuses connections.
#[derive(Debug, Clone)]
struct Refusals {
    message: String,
    left: usize,
}

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Which operations are counted.
    pub kind: Kind,
    /// On which host; none for all together.
    pub host: Option<HostName>,
    /// At which of them it goes wrong, from 1; none for each.
    pub nth: Option<usize>,
    /// What happens there.
    pub effect: Effect,
    seen: usize,
}

/// Which operations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All.
    Any,
    /// Questions.
    Read,
    /// Changes.
    Write,
    /// Those with this name of [`op_name`]: `stage_file`, `await_healthy`.
    Named(&'static str),
}

/// What happens at an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It fails with these words, and is not done.
    Fail(String),
    /// The session ends before it is done.
    DropBefore,
    /// The session ends after it was done, before the answer comes.
    DropAfter,
    /// It is done twice; the second answer counts.
    Repeat,
    /// The controller dies before it is done: all sessions end, and nothing can be called any more.
    KillBefore,
    /// The controller dies after it was done.
    KillAfter,
}

impl FaultPlan {
    /// Lets nothing go wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fault.
    #[must_use]
    pub fn at(mut self, kind: Kind, nth: Option<usize>, effect: Effect) -> Self {
        self.faults.push(Fault {
            kind,
            host: None,
            nth,
            effect,
            seen: 0,
        });
        self
    }

    /// Narrows the fault that was added last to a host.
    ///
    /// # Panics
    ///
    /// When no fault was added, or the text is no host name.
    #[must_use]
    pub fn on(mut self, host: &str) -> Self {
        let last = self.faults.last_mut().expect("a fault to narrow");
        last.host = Some(host.parse().expect("a host name"));
        self
    }

    /// Lets the n-th operation fail.
    pub fn fail_op(nth: usize, words: &str) -> Self {
        Self::none().at(Kind::Any, Some(nth), Effect::Fail(words.to_owned()))
    }

    /// Lets the n-th write fail.
    pub fn fail_write(nth: usize, words: &str) -> Self {
        Self::none().at(Kind::Write, Some(nth), Effect::Fail(words.to_owned()))
    }

    /// Lets the n-th read be answered with `could not tell`.
    pub fn cannot_tell(nth: usize) -> Self {
        let effect = Effect::Fail("could not tell".to_owned());
        Self::none().at(Kind::Read, Some(nth), effect)
    }

    /// Ends the session before the n-th write is done.
    pub fn drop_before_write(nth: usize) -> Self {
        Self::none().at(Kind::Write, Some(nth), Effect::DropBefore)
    }

    /// Ends the session after the n-th write was done.
    pub fn drop_after_write(nth: usize) -> Self {
        Self::none().at(Kind::Write, Some(nth), Effect::DropAfter)
    }

    /// Kills the controller after the n-th write was done.
    pub fn kill_after_write(nth: usize) -> Self {
        Self::none().at(Kind::Write, Some(nth), Effect::KillAfter)
    }

    /// Does every operation twice.
    pub fn repeat_everything() -> Self {
        Self::none().at(Kind::Any, None, Effect::Repeat)
    }

    /// Refuses the next `times` connections to a host.
    ///
    /// # Panics
    ///
    /// When the text is no host name.
    #[must_use]
    pub fn refuse_connect(mut self, host: &str, times: usize, words: &str) -> Self {
        let refusals = Refusals {
            message: words.to_owned(),
            left: times,
        };
        let host = host.parse().expect("a host name");
        self.refused.insert(host, refusals);
        self
    }

    /// Lets every round trip to a host take this long, in real time.
    ///
    /// # Panics
    ///
    /// When the text is no host name.
    #[must_use]
    pub fn slow(mut self, host: &str, delay: Duration) -> Self {
        let host = host.parse().expect("a host name");
        self.slow.insert(host, delay);
        self
    }

    /// Says why the next connection to a host is refused, if it is.
    pub(crate) fn refusal(&mut self, host: &HostName) -> Option<String> {
        let refusals = self.refused.get_mut(host)?;
        refusals.left = refusals.left.checked_sub(1)?;
        Some(refusals.message.clone())
    }

    /// Gives how long a round trip to a host takes.
    pub(crate) fn delay(&self, host: &HostName) -> Option<Duration> {
        self.slow.get(host).copied()
    }

    /// Counts an operation that is about to be done, and gives what happens at it.
    pub(crate) fn next(&mut self, host: &HostName, op: &Op) -> Option<Effect> {
        let mut happens = None;
        for fault in &mut self.faults {
            let of_kind = match fault.kind {
                Kind::Any => true,
                Kind::Read => matches!(op, Op::Read(_)),
                Kind::Write => matches!(op, Op::Write(_)),
                Kind::Named(name) => name == op_name(op),
            };
            if !of_kind || fault.host.as_ref().is_some_and(|only| only != host) {
                continue;
            }
            fault.seen += 1;
            if happens.is_none() && fault.nth.is_none_or(|nth| nth == fault.seen) {
                happens = Some(fault.effect.clone());
            }
        }
        happens
    }
}
