use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{NameError, serde_through_text};

/// An address at which a member can be reached: IPv4, IPv6 or a DNS name.
///
/// IPv6 is written without brackets; [`Address::in_url`] adds them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// A DNS name, in lower case, without the final dot.
    Dns(String),
}

impl Address {
    /// The IPv4 loopback address, at which every host reaches itself.
    pub const LOOPBACK: Self = Self::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// Gives the text as it stands in a URL: IPv6 in brackets.
    pub fn in_url(&self) -> String {
        match self {
            Self::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            other => other.to_string(),
        }
    }

    /// Says whether the address is of the machine itself: `127.0.0.0/8`, `::1` or `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Dns(name) => name == "localhost",
        }
    }

    /// Says whether the address stands for all addresses of a machine: `0.0.0.0` or `::`.
    pub fn is_unspecified(&self) -> bool {
        matches!(self, Self::Ip(ip) if ip.is_unspecified())
    }

    /// Gives the IP address, where it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Dns(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Dns(name) => f.write_str(name),
        }
    }
}

impl FromStr for Address {
    type Err = NameError;

    /// Takes `10.10.10.10`, `fd00::1`, `[fd00::1]` or `db-1.example.org`.
    ///
    /// # Errors
    ///
    /// When the text is none of these. A text of digits and dots that is no IPv4 address (such as
    /// `10.10.10` or `10.10.10.300`) is refused, not taken for a DNS name.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(text).parse::<Ipv6Addr>() {
            return Ok(Self::Ip(IpAddr::V6(ip)));
        }
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Ip(IpAddr::V4(ip)));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let label_is_good = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let all_numeric = name
            .split('.')
            .all(|label| label.bytes().all(|b| b.is_ascii_digit()));
        if name.is_empty() || name.len() > 253 || all_numeric || !name.split('.').all(label_is_good)
        {
            return Err(NameError::new("is neither an IP address nor a DNS name"));
        }
        Ok(Self::Dns(name))
    }
}

serde_through_text!(Address);

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn takes_ip_and_dns_and_brackets_ipv6_in_urls() {
        for (text, url) in [
            ("10.10.10.10", "10.10.10.10"),
            ("fd00::1", "[fd00::1]"),
            ("[fd00::1]", "[fd00::1]"),
            ("DB-1.Example.org.", "db-1.example.org"),
            ("node_1", "node_1"),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.in_url(), url);
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "",
            ".",
            "10.10.10",
            "10.10.10.300",
            "a b",
            "-a",
            "a..b",
            "fd00::zz",
            "${ip}",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
