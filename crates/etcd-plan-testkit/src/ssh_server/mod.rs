//! An SSH server in this process, on loopback, that misbehaves when it is told to.
//!
//! What it is asked to run, it runs: with a real shell of this machine.

mod handler;
mod key;
mod server;

pub use key::{KeyKind, TestKey};
pub use server::{SshServer, SshSetup, Trouble};
