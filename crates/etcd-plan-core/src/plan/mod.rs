//! The plan: a graph of steps behind guards, as data.

mod action;
mod assemble;
mod builder;
mod critical_path;
mod error;
mod file;
pub(crate) mod goal;
mod graph;
mod invariants;
mod leave;
mod options;
mod step;
mod steps;
mod subtask;

pub use action::{Action, Barrier, Turn};
pub(crate) use assemble::Asked;
pub use builder::PlanBuilder;
pub use critical_path::CriticalPath;
pub(crate) use critical_path::decisive_chain;
pub use error::{BrokenInvariant, PlanError};
pub use file::{FileSet, MemberFile, WantedFile};
pub use goal::Goal;
pub use graph::Plan;
pub use options::{
    BackupOptions, GoalOptions, MaintainOptions, PurgeRule, RestoreOptions, RotateOptions,
    Selection,
};
pub(crate) use step::StepNode;
pub use step::{At, Step, StepId, StepIndex};
pub use subtask::Subtask;
