use std::fmt;
use std::str::FromStr;

use super::{NameError, serde_through_text};

/// An id that etcd gives to a cluster or a member: 64 bits, written in lower-case hexadecimal
/// without leading zeros, as `etcdctl` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EtcdId(pub u64);

impl fmt::Display for EtcdId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for EtcdId {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is no hexadecimal number of at most 64 bits.
    fn from_str(text: &str) -> Result<Self, NameError> {
        u64::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| NameError::new("is not an etcd id such as `8e9e05c52164694d`"))
    }
}

serde_through_text!(EtcdId);
