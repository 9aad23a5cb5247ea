use std::fmt;
use std::str::FromStr;

use super::NameError;

/// A duration in milliseconds, the unit of etcd's timers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Millis {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not a whole number of milliseconds.
    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse()
            .map(Self)
            .map_err(|_| NameError::new("is not a whole number of milliseconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::Millis;

    #[test]
    fn is_a_whole_number() {
        assert_eq!("1000".parse(), Ok(Millis(1000)));
        assert_eq!(Millis(1000).to_string(), "1000");
        for bad in ["", "1s", "1000ms", "-1", "1.5", "1e3"] {
            assert!(bad.parse::<Millis>().is_err(), "{bad}");
        }
    }
}
