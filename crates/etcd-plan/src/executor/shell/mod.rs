//! Operations in a POSIX shell: how they are lowered, sent, framed, and read back.
//!
//! A [`Protocol`] is pure. It gives the *prelude*, the shell functions that do the work, sent once;
//! turns a batch into a *script* of calls of these functions; and turns what the shell printed into
//! results. A [`ShellSession`] moves these bytes over a [`Channel`] to a shell that is kept. Whoever
//! can only run one script at a time sends prelude and script together.
//!
//! Each group of operations has a file here, beside the shell functions that it calls. What differs
//! between a real machine and a sandbox stands in `machine.sh` and `sandbox.sh`, which define the
//! same functions, and in [`Settings`].
//!
//! A host needs a POSIX shell (dash, bash and busybox are tested), what coreutils or busybox have
//! (`stat -c`, `sha256sum`, `base64` among it), `grep`, and `flock` of util-linux for locks.

mod call;
mod channel;
mod data_dir;
mod etcd;
mod file;
mod frame;
mod listeners;
mod lock;
mod lower;
mod package;
mod process;
mod protocol;
mod quote;
mod service;
mod session;
mod settings;
mod snapshot;
mod system;
#[cfg(test)]
mod tests;

#[cfg(feature = "ssh")]
pub(crate) use channel::Channel;
pub(crate) use channel::ShellProcess;
pub(crate) use file::taken as is_sent_apart;
pub(crate) use frame::last_lines;
pub(crate) use protocol::Protocol;
pub(crate) use quote::quote;
pub(crate) use session::ShellSession;
pub(crate) use settings::{Sandbox, Settings};
