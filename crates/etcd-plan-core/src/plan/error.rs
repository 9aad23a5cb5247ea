use super::StepId;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names::{ClusterName, MemberName};

/// Says why there is no plan.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlanError {
    /// The inventory has errors: all of them, with the warnings.
    #[error("the inventory has errors\n{0}")]
    Inventory(Diagnostics),
    /// The limit, a tag or an extra variable is not usable.
    #[error("{}", .0.render(crate::diagnostic::Style::Plain))]
    Selection(Box<Diagnostic>),
    /// A plan was built, or read from a file, that breaks a rule.
    #[error("the plan is not safe: {0}")]
    Broken(#[from] BrokenInvariant),
    /// A document is no plan.
    #[error("the document is not a plan: {message}")]
    Document {
        /// What is wrong with it, and where.
        message: String,
    },
}

impl PlanError {
    /// Gives the next action.
    pub fn hint(&self) -> String {
        match self {
            Self::Inventory(_) => "mend what is marked, and plan again".to_owned(),
            Self::Selection(diagnostic) => diagnostic.hint.clone(),
            Self::Broken(_) | Self::Document { .. } => {
                "make the plan again from its inventory; plan files are not edited by hand"
                    .to_owned()
            }
        }
    }
}

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenInvariant {
    /// Steps wait for each other.
    #[error("step {0} waits for itself")]
    Cycle(StepId),
    /// Somebody else runs a cluster.
    #[error("somebody else runs {0} (`etcd_external`), and no plan is made for that")]
    External(ClusterName),
    /// There is no gate, or more than one.
    #[error("there are {0} gates, and there must be one")]
    Gates(usize),
    /// A step that changes something does not wait for the gate.
    #[error("step {0} could change something before the gate")]
    BeforeGate(StepId),
    /// The gate does not wait for a guard.
    #[error("the gate does not wait for {0}")]
    UnguardedGate(StepId),
    /// A step needs a guard that the plan does not have.
    #[error("step {step} needs the guard {guard}, which is not in the plan")]
    MissingGuard {
        /// The step.
        step: StepId,
        /// The guard.
        guard: &'static str,
    },
    /// A host is changed whose facts are not read.
    #[error("step {0} changes a host whose facts are not read")]
    UnreadHost(StepId),
    /// A member's host is not read.
    #[error("the host of member {0} is not read")]
    UnreadMember(MemberName),
    /// Two steps have one name.
    #[error("two steps are called {0}")]
    SameId(StepId),
    /// A step is about a member or host that its cluster does not have.
    #[error("step {0} is about a member or host that is not there")]
    NoSuchMember(usize),
}
