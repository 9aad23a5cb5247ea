//! A plan as a document: format `etcd-plan/1`. `docs/plan-format.md` says what each field is.
//!
//! Reading a document checks every invariant again, the parameters of the clusters included, and
//! that the plan is the one that follows from its goal and selection, so a plan that was edited
//! cannot lose its guards.

mod document;
mod read;
mod write;

pub(super) use document::File as ShownFile;
pub(super) use write::Files;

/// The format that is written, and the only one that is read.
pub(super) const FORMAT: &str = "etcd-plan/1";
