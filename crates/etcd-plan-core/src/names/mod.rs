//! Names, addresses, paths and quantities: each a type with one way in, its `FromStr`.

mod address;
mod cluster;
mod host;
mod id;
mod millis;
mod path;
mod port;
mod validity;
mod version;

pub use address::Address;
pub use cluster::{ClusterName, MemberName};
pub use host::{GroupName, HostName};
pub use id::EtcdId;
pub use millis::Millis;
pub use path::HostPath;
pub use port::Port;
pub use validity::Days;
pub use version::{EtcdVersion, Minor};

/// Says why a text is not a name, address, path or quantity of the wanted kind.
///
/// The message is one clause without a full stop, and never repeats the text itself: the caller
/// knows where the text stands and shows it there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

impl NameError {
    /// Makes an error from a clause such as `is not a port (1 to 65535)`.
    pub fn new(clause: impl Into<String>) -> Self {
        Self(clause.into())
    }
}

/// Lets a newtype be read and written by serde through its `FromStr` and `Display` only.
macro_rules! serde_through_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_through_text;
