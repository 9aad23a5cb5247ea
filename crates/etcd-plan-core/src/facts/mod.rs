//! What was read from hosts, at one time.

mod host;

pub use host::{HostFacts, Missing};
