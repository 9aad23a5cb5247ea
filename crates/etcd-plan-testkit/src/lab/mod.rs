//! Real hosts on one machine: Debian with systemd and sshd, in a network namespace with no way out.
//!
//! A [`Lab`] is a bridge with up to seven hosts for etcd (10.10.10.10 and on) and one `infra` host
//! (10.10.10.9) that serves packages. Its addresses exist inside its namespace only, so that nothing
//! outside ever dials them; [`Lab::inside`] is how a test sees that it may.
//!
//! `cargo xtask lab` is the command on top. Root on Linux, with cgroups and overlay mounts, is
//! needed; PID 1 of the machine can be anything.

mod boot;
mod cgroup;
mod command;
mod disk;
mod driver;
mod error;
mod host;
mod image;
mod machine;
mod network;
mod reach;
mod store;
mod trouble;

pub use driver::{HostStatus, Lab};
pub use error::LabError;
pub use host::LabHost;
