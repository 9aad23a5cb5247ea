use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::names::Address;

/// A name that a certificate is good for (an entry of the extension subjectAltName).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum San {
    /// An IP address.
    Ip(IpAddr),
    /// A DNS name, in lower case: TLS compares them without regard to case.
    Dns(String),
}

impl San {
    /// Makes a DNS name.
    pub fn dns(name: &str) -> Self {
        Self::Dns(name.to_ascii_lowercase())
    }
}

impl From<&Address> for San {
    fn from(address: &Address) -> Self {
        match address {
            Address::Ip(ip) => Self::Ip(*ip),
            Address::Dns(name) => Self::dns(name),
        }
    }
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => write!(f, "IP {ip}"),
            Self::Dns(name) => write!(f, "DNS {name}"),
        }
    }
}
