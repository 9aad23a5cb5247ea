//! How hosts are reached.
//!
//! An [`Executor`] opens a [`Session`] to a host; a session answers batches of typed operations,
//! each batch in one round trip. [`LocalExecutor`] runs a shell on this machine,
//! [`SandboxExecutor`] gives every host a folder of its own here, and `ssh` reaches hosts over SSH
//! (feature `ssh`). Whoever can run a shell script on a host has a session with a [`ScriptSession`].

mod local;
mod sandbox;
mod script;
mod session;
pub(crate) mod shell;
#[cfg(feature = "ssh")]
pub mod ssh;
mod transfer;

pub use local::LocalExecutor;
pub use sandbox::{SandboxError, SandboxExecutor, SandboxProcess};
pub use script::{ScriptOutput, ScriptRunner, ScriptSession};
pub use session::{ConnectError, Executor, Session, SessionError, Target};
pub use transfer::Transfer;
