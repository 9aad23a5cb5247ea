//! What a run says while it goes on: one stream of events, in order.

use serde::{Deserialize, Serialize};

use crate::guard::Refusal;
use crate::names::HostName;
use crate::plan::StepId;
use crate::report::Outcome;

/// Something that happened in a run. Times are milliseconds since the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins: hosts are being read.
    Started {
        /// How many steps the plan has.
        steps: usize,
        /// How many hosts are read.
        hosts: usize,
    },
    /// A host was read.
    HostRead {
        /// Which.
        host: HostName,
        /// When.
        at_ms: u64,
    },
    /// A host was not reached, or could not be read.
    HostFailed {
        /// Which.
        host: HostName,
        /// Why.
        why: String,
        /// When.
        at_ms: u64,
    },
    /// The guards were judged.
    Judged {
        /// What was refused; none when the gate opens.
        refusals: Vec<Refusal>,
        /// When.
        at_ms: u64,
    },
    /// A step began to change something, or to wait for something.
    StepStarted {
        /// Which.
        step: StepId,
        /// On which host; none for the controller.
        host: Option<HostName>,
        /// When.
        at_ms: u64,
    },
    /// A large file is on its way to a host. It is told of some fifty times at the most, and not
    /// when it has arrived: then its step ends.
    Sending {
        /// To which host.
        host: HostName,
        /// How many bytes were sent.
        sent: u64,
        /// How many bytes there are.
        total: u64,
        /// When.
        at_ms: u64,
    },
    /// A step ended.
    StepEnded {
        /// Which.
        step: StepId,
        /// On which host; none for the controller.
        host: Option<HostName>,
        /// How.
        outcome: Outcome,
        /// What changed, a line each; or why it failed.
        lines: Vec<String>,
        /// When.
        at_ms: u64,
    },
    /// The run ended.
    Ended {
        /// Whether all that was wanted is so.
        success: bool,
        /// When.
        at_ms: u64,
    },
}
