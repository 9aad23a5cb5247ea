//! Numbers as the JSON of protocol buffers has them.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

use crate::names::EtcdId;

/// Reads a 64-bit number: etcd prints digits, the canonical JSON of protocol buffers a string.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(NumberVisitor)
}

/// Reads a number that may be left out, where that does not mean zero.
pub(super) fn some_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    number(deserializer).map(Some)
}

/// Reads an id, which JSON has in decimal.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EtcdId, D::Error> {
    number(deserializer).map(EtcdId)
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of 64 bits without a sign")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        Ok(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        text.parse()
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}
