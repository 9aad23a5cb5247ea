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

#[cfg(test)]
mod tests {
    use super::Days;

    #[test]
    fn days_weeks_and_years_are_read_and_days_are_shown() {
        for (text, days, shown) in [
            ("7300d", 7300, "7300d"),
            ("7300", 7300, "7300d"),
            ("52w", 364, "364d"),
            ("20y", 7300, "7300d"),
            ("1d", 1, "1d"),
            ("36500d", 36_500, "36500d"),
        ] {
            let read: Days = text.parse().expect(text);
            assert_eq!(
                (read, read.to_string().as_str()),
                (Days(days), shown),
                "{text}"
            );
            assert_eq!(read.to_string().parse(), Ok(read));
        }
        for bad in [
            "",
            "d",
            "0",
            "0d",
            "-1d",
            "1.5y",
            "101y",
            "36501",
            "20 years",
            "4294967296y",
            "\u{e9}",
        ] {
            assert!(bad.parse::<Days>().is_err(), "{bad}");
        }
    }
}
