use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use super::error::LabError;

/// A host of a lab: `infra`, or one of `node-1` to `node-7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabHost(u8);

impl LabHost {
    /// The host without etcd, 10.10.10.9: it serves packages, and takes registrations.
    pub const INFRA: Self = Self(0);

    /// How many hosts for etcd a lab can have.
    pub const MOST_NODES: u8 = 7;

    /// The bridge that all hosts hang from.
    pub(super) const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 10, 10, 1);

    /// Gives the hosts `node-1` to `node-<count>`.
    pub fn nodes(count: u8) -> impl Iterator<Item = Self> {
        (1..=count.min(Self::MOST_NODES)).map(Self)
    }

    /// Gives every host that a lab can have, `infra` first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..=Self::MOST_NODES).map(Self)
    }

    /// Gives its address: 10.10.10.9 for `infra`, 10.10.10.10 for `node-1`, and so on.
    pub fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 10, 10, 9 + self.0)
    }

    /// Gives the name of its port of the bridge, as systemd-nspawn makes it.
    pub(super) fn port(self) -> String {
        format!("vb-{self}")
    }
}

impl fmt::Display for LabHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("infra"),
            number => write!(f, "node-{number}"),
        }
    }
}

impl FromStr for LabHost {
    type Err = LabError;

    /// Reads a number, a name or an address.
    fn from_str(text: &str) -> Result<Self, LabError> {
        Self::all()
            .find(|host| {
                let number = host.0 > 0 && text == host.0.to_string();
                number || text == host.to_string() || text == host.address().to_string()
            })
            .ok_or_else(|| {
                let hint = "name `infra`, or a node by its number: 1 to 7";
                LabError::new(format!("host {text:?}"), "no lab has it", hint)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::LabHost;

    #[test]
    fn is_named_in_three_ways() {
        for (texts, name) in [
            (vec!["3", "node-3", "10.10.10.12"], "node-3"),
            (vec!["infra", "10.10.10.9"], "infra"),
        ] {
            for text in texts {
                assert_eq!(
                    text.parse().map(|host: LabHost| host.to_string()),
                    Ok(name.to_owned())
                );
            }
        }
    }

    #[test]
    fn there_are_seven_nodes_at_most() {
        assert_eq!(LabHost::nodes(200).count(), 7);
        for text in ["0", "8", "node-0", "10.10.10.17", "10.10.10.1", "01", ""] {
            assert!(text.parse::<LabHost>().is_err(), "{text}");
        }
    }
}
