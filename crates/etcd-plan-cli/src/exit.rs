//! How the command ends.

use etcd_plan::engine::{FactsMoved, Refused};
use etcd_plan::facts::Observation;
use etcd_plan::guard::{Guard, Refusal};
use etcd_plan::journal::JournalError;
use etcd_plan::saved::Moved;
use etcd_plan::{Diagnostics, PlanError};

/// All is well, or nothing would change.
pub(crate) const SUCCESS: u8 = 0;
/// Something failed; of `status`: a cluster is not healthy.
pub(crate) const FAILED: u8 = 1;
/// The inventory, the arguments or a file is not good.
pub(crate) const BAD_INPUT: u8 = 2;
/// A host lacks something that the plan needs.
pub(crate) const PREREQUISITE_MISSING: u8 = 3;
/// A guard refused, a saved plan does not hold any more, or something destructive was not confirmed.
pub(crate) const REFUSED: u8 = 4;
/// A host could not be reached.
pub(crate) const UNREACHABLE: u8 = 5;
/// Of `plan`: something would change.
pub(crate) const WOULD_CHANGE: u8 = 10;
/// Of `status`: the clusters are healthy, and something is not as the inventory has it.
pub(crate) const DRIFT: u8 = 11;
/// It was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit codes, for the help and the manual page.
pub(crate) const HELP: &str = "\
Exit codes:
    0  all is well; of `plan`: nothing would change
    1  something failed; of `status`: a cluster is not healthy
    2  the inventory, the arguments or a file is not good
    3  a host lacks something that the plan needs
    4  a guard refused, a saved plan no longer holds, or something destructive
       was not confirmed
    5  a host could not be reached
   10  of `plan`: something would change
   11  of `status`: healthy, but not as the inventory has it
  130  interrupted";

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl Failure {
    /// Makes a failure of what was wrong, and what to do.
    pub(crate) fn new(code: u8, message: impl std::fmt::Display, hint: &str) -> Self {
        Self {
            code,
            message: format!("{message}\n  hint: {hint}"),
        }
    }

    /// Ends since somebody interrupted.
    pub(crate) fn interrupted() -> Self {
        Self::new(
            INTERRUPTED,
            "interrupted, and nothing was changed",
            "run it again",
        )
    }
}

impl From<Diagnostics> for Failure {
    fn from(findings: Diagnostics) -> Self {
        Self {
            code: BAD_INPUT,
            message: findings.to_string(),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let message = match &error {
            // Findings bring their own hints.
            PlanError::Inventory(_) | PlanError::Selection(_) => error.to_string(),
            PlanError::Broken(_) | PlanError::Document { .. } => {
                return Self::new(BAD_INPUT, &error, &error.hint());
            }
        };
        Self {
            code: BAD_INPUT,
            message,
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::new(BAD_INPUT, &error, error.hint())
    }
}

impl From<FactsMoved> for Failure {
    fn from(moved: FactsMoved) -> Self {
        let mut message = moved.to_string();
        if moved.moved.iter().any(Moved::is_about_keys) {
            message.push_str(
                "\n    hint: authority and certificates are looked for beside the plan; \
                 `--keys DIR` names another folder",
            );
        }
        Self {
            code: REFUSED,
            message,
        }
    }
}

/// Says how it ends that guards refused: a host that was not reached comes first, since nothing
/// else can be judged without it.
pub(crate) fn of_refusals(refusals: &[Refusal], observation: &Observation) -> Failure {
    let is_unreachable = observation.hosts.values().any(Result::is_err);
    let mut guards = refusals.iter().map(|refusal| refusal.guard);
    let code = if is_unreachable {
        UNREACHABLE
    } else if guards.all(|guard| guard == Guard::Prerequisites) {
        PREREQUISITE_MISSING
    } else {
        REFUSED
    };
    let refused = Refused {
        refusals: refusals.to_vec(),
    };
    Failure {
        code,
        message: refused.to_string(),
    }
}
