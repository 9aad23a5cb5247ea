use std::fmt;

use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The name of a certificate's holder or issuer.
///
/// Two are equal when their encodings are, byte for byte: that is how TLS libraries find a
/// certificate's issuer, so `CN=x` as PrintableString is not `CN=x` as UTF8String.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DistinguishedName {
    der: Vec<u8>,
    attributes: Vec<(String, String)>,
}

impl DistinguishedName {
    /// Gives the DER encoding.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Says whether the name has exactly these attributes, in any order and encoding.
    pub fn consists_of(&self, attributes: &[(&str, &str)]) -> bool {
        let mut have: Vec<(&str, &str)> = self
            .attributes
            .iter()
            .map(|(kind, value)| (kind.as_str(), value.as_str()))
            .collect();
        let mut want = attributes.to_vec();
        have.sort_unstable();
        want.sort_unstable();
        have == want
    }

    pub(super) fn of(name: &X509Name<'_>) -> Self {
        Self {
            der: name.as_raw().to_vec(),
            attributes: name.iter_attributes().map(attribute).collect(),
        }
    }
}

impl fmt::Display for DistinguishedName {
    /// Prints `CN=etcd-1, O=pigsty, OU=etcd`: for people, not for comparison.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attributes.is_empty() {
            return f.write_str("(no name)");
        }
        for (index, (kind, value)) in self.attributes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            // A certificate is foreign text: it must not be able to steer a terminal.
            let value: String = value
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect();
            write!(f, "{comma}{kind}={value}")?;
        }
        Ok(())
    }
}

/// Gives an attribute's short name (its object identifier where it has none) and its text.
fn attribute(attribute: &AttributeTypeAndValue<'_>) -> (String, String) {
    let kind = attribute.attr_type();
    let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
    let value = attribute.as_str().map_or_else(
        |_| String::from_utf8_lossy(attribute.as_slice()).into_owned(),
        str::to_owned,
    );
    (kind, value)
}
