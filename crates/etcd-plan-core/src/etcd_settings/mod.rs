//! What an etcd is set to, whoever has set it: by a configuration file, by flags, or by its
//! environment; and whether a file that another tool wrote says the same as ours would.

mod same;
mod settings;

pub(crate) use same::{DEFAULT_QUOTA, retention_seconds, says_the_same};
pub use settings::EtcdSettings;
