//! How hosts are reached.
//!
//! An [`Executor`] opens a [`Session`] to a host; a session answers batches of typed operations,
//! each batch in one round trip. `ssh` reaches hosts over SSH (feature `ssh`), [`local`] runs a shell on
//! this machine, [`sandbox`] gives every host a folder of its own here.

pub mod local;
pub mod sandbox;
mod session;
pub(crate) mod shell;
#[cfg(feature = "ssh")]
pub mod ssh;

pub use session::{ConnectError, Executor, Session, SessionError, Target};
