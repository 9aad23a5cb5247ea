use std::fmt;
use std::str::FromStr;

use super::{NameError, serde_through_text};

/// The longest validity of a certificate, in days: about 100 years.
const LONGEST: u32 = 36_500;

/// A whole number of days, written as Ansible's certificates have it: `7300d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Days(pub u32);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d", self.0)
    }
}

impl FromStr for Days {
    type Err = NameError;

    /// Takes days (`7300d`, or a bare number), weeks (`52w`) or years of 365 days (`20y`).
    ///
    /// # Errors
    ///
    /// When the text is none of these, zero, or over 36500 days.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (number, factor) = match text.as_bytes().last() {
            Some(b'd') => (&text[..text.len() - 1], 1),
            Some(b'w') => (&text[..text.len() - 1], 7),
            Some(b'y') => (&text[..text.len() - 1], 365),
            _ => (text, 1),
        };
        let days = number
            .parse::<u32>()
            .ok()
            .and_then(|n| n.checked_mul(factor));
        match days {
            Some(days @ 1..=LONGEST) => Ok(Self(days)),
            Some(_) => Err(NameError::new(format!("is not between 1d and {LONGEST}d"))),
            None => Err(NameError::new("is not a number of days such as `7300d`")),
        }
    }
}

serde_through_text!(Days);
