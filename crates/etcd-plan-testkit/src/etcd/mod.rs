//! The simulated etcd: what it reads at start, when it refuses, and how members agree.

mod answer;
mod client;
mod config;
mod ids;
mod launch;
mod member;
mod process;
mod settle;
pub(crate) mod store;
mod tls;

pub use config::{EtcdConfig, TlsFiles};
pub use ids::{cluster_id, initial_member_id};
pub use member::{Entry, MemberState};
pub(crate) use process::Instance;
