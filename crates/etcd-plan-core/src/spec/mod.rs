//! One etcd cluster, fully resolved: every default filled in, every value knows where it came from.

mod check;
mod cluster;
mod leaver;
pub(crate) mod nearest;
mod parameter;
pub mod params;
mod resolve;
mod ssh_args;
mod types;

pub(crate) use check::{KeyKind, Unread, check, key_kind};
pub use cluster::{ClusterSpec, Connection, HostSpec, MemberSpec};
pub use leaver::Leaver;
pub use parameter::{Level, Parameter, Resolved, ValueOrigin};
pub use resolve::{ResolvedInventory, resolve};
pub use ssh_args::SshArgs;
pub use types::{
    Bytes, ExtraConfig, InitialState, PackageFile, PackageKind, PurgeRetention, Retention, Sha256,
};
