use etcd_plan_core::report::Report;

use super::coordinator;
use super::observer::Observer;
use super::preview;
use super::state::State;
use crate::permit::Permit;

/// A run whose guards have agreed: it may change hosts.
pub struct Approved<'a> {
    state: State<'a>,
    permit: Permit,
}

impl<'a> Approved<'a> {
    pub(super) fn new(state: State<'a>) -> Self {
        Self {
            state,
            permit: Permit::granted(),
        }
    }

    /// Says what would happen to every step.
    pub fn preview(&self) -> Report {
        preview::preview(&self.state)
    }

    /// Carries the plan out and reports on every step.
    ///
    /// A step that fails ends what waits for it, and nothing else. Cut off anywhere, the same plan
    /// can be run again.
    pub fn apply(self, observer: &mut dyn Observer) -> Report {
        coordinator::apply(self.state, &self.permit, observer)
    }
}
