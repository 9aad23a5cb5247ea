use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use super::NameError;

/// A TCP port, 1 to 65535.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Port(NonZeroU16);

impl Port {
    /// Makes a port from a number known at compile time.
    ///
    /// # Panics
    ///
    /// When the number is 0: in a constant that is an error of the build.
    pub const fn new(number: u16) -> Self {
        Self(NonZeroU16::new(number).expect("port 0 cannot be listened on by choice"))
    }

    /// Gives the number.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Port {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not a number from 1 to 65535.
    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse()
            .map(Self)
            .map_err(|_| NameError::new("is not a port (1 to 65535)"))
    }
}

#[cfg(test)]
mod tests {
    use super::Port;

    #[test]
    fn is_a_number_from_1_to_65535() {
        for (text, number) in [("1", 1), ("2379", 2379), ("65535", 65_535)] {
            assert_eq!(text.parse(), Ok(Port::new(number)));
            assert_eq!(Port::new(number).to_string(), text);
        }
        for bad in ["", "0", "-1", "65536", "2379/tcp", "0x1", " 1"] {
            assert!(bad.parse::<Port>().is_err(), "{bad}");
        }
    }
}
