use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::names::{NameError, serde_through_text};

/// The name of a PostgreSQL cluster, as Patroni's `scope` has it: one part of a key, so without `/`,
/// spaces and control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// Gives the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Scope {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is empty, or holds `/`, a space or a control character.
    fn from_str(text: &str) -> Result<Self, NameError> {
        part_of_key(text)?;
        Ok(Self(text.to_owned()))
    }
}

serde_through_text!(Scope);

/// Where in etcd Patroni keeps its clusters, as its `namespace` has it: `/pg` unless another is
/// given, as in the seeds. It is written with one slash before each part and none behind, however it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Namespace(String);

impl Namespace {
    /// Gives the namespace as text: `/pg`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the key that holds the name of a cluster's leader: `/pg/<scope>/leader`.
    pub fn leader_key(&self, scope: &Scope) -> String {
        format!("{self}/{scope}/leader")
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("/pg".to_owned())
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Namespace {
    type Err = NameError;

    /// # Errors
    ///
    /// When a part of the text is empty, or holds a space or a control character.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts = text.trim_matches('/');
        parts.split('/').try_for_each(part_of_key)?;
        Ok(Self(format!("/{parts}")))
    }
}

serde_through_text!(Namespace);

fn part_of_key(text: &str) -> Result<(), NameError> {
    let is_good = |c: char| !c.is_whitespace() && !c.is_control() && c != '/';
    if text.is_empty() {
        return Err(NameError::new("has an empty part"));
    }
    if text.chars().all(is_good) {
        Ok(())
    } else {
        Err(NameError::new(
            "holds `/`, a space or a control character where a name is wanted",
        ))
    }
}

/// A virtual IP address with the length of its network: `10.10.10.2/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vip {
    /// The address that follows the primary.
    pub address: IpAddr,
    /// How many bits of it are those of the network: 1 to 32, to 128 for IPv6.
    pub prefix: u8,
}

impl fmt::Display for Vip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Vip {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not an IP address, a slash and a number of bits that such an address has.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts = text.split_once('/').and_then(|(address, prefix)| {
            let address: IpAddr = address.parse().ok()?;
            let longest = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.parse().ok()?;
            (1..=longest)
                .contains(&prefix)
                .then_some(Self { address, prefix })
        });
        parts.ok_or_else(|| {
            NameError::new("is not an IP address with its network, such as `10.10.10.2/24`")
        })
    }
}

serde_through_text!(Vip);

#[cfg(test)]
mod tests {
    use super::{Namespace, Scope, Vip};

    #[test]
    fn namespaces_are_written_in_one_form() {
        let scope: Scope = "pg-test".parse().expect("a scope");
        for (text, key) in [
            ("/pg", "/pg/pg-test/leader"),
            ("pg/", "/pg/pg-test/leader"),
            ("/db/pg", "/db/pg/pg-test/leader"),
        ] {
            let namespace: Namespace = text.parse().expect(text);
            assert_eq!(namespace.leader_key(&scope), key);
        }
        assert_eq!(Namespace::default().as_str(), "/pg");
        for bad in ["", "/", "/pg//x", "/p g"] {
            assert!(bad.parse::<Namespace>().is_err(), "{bad}");
        }
        for bad in ["", "a/b", "a b", "a\n"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn virtual_addresses_have_their_network() {
        for good in ["10.10.10.2/24", "fd00::2/64", "10.0.0.1/32"] {
            assert_eq!(good.parse::<Vip>().expect(good).to_string(), good);
        }
        for bad in ["10.10.10.2", "10.10.10.2/0", "10.10.10.2/33", "db-1/24", ""] {
            assert!(bad.parse::<Vip>().is_err(), "{bad}");
        }
    }
}
