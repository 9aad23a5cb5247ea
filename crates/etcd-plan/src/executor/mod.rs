//! How hosts are reached.
//!
//! An [`Executor`] opens a [`Session`] to a host; a session answers batches of typed operations,
//! each batch in one round trip. [`LocalExecutor`] runs a shell on this machine,
//! [`SandboxExecutor`] gives every host a folder of its own here, and `ssh` reaches hosts over SSH
//! (feature `ssh`).

mod local;
mod sandbox;
mod session;
pub(crate) mod shell;
#[cfg(feature = "ssh")]
pub mod ssh;

pub use local::LocalExecutor;
pub use sandbox::{SandboxError, SandboxExecutor, SandboxProcess};
pub use session::{ConnectError, Executor, Session, SessionError, Target};
