//! A plan as a document: format `etcd-plan/1`.
//!
//! The document is complete and free of secrets: it can be kept, reviewed, and carried out later by
//! another process. Reading it back checks every invariant again, the parameters of the clusters
//! included, so a plan that was edited cannot lose its guards.

mod document;
mod read;
mod write;

/// The format that is written, and the only one that is read.
pub(super) const FORMAT: &str = "etcd-plan/1";
