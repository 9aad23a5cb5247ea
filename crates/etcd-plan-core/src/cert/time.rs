use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::Days;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A point in time in whole seconds since 1970 UTC, the precision of dates in certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// Gives the time so many days of 24 hours later.
    #[must_use]
    pub fn plus_days(self, days: Days) -> Self {
        Self(self.0.saturating_add(i64::from(days.0) * DAY))
    }

    /// Gives the time so many seconds earlier.
    #[must_use]
    pub fn minus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Counts the seconds from an earlier time to this one; negative when that one is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for UnixTime {
    /// Writes the time in UTC as RFC 3339 has it: `2026-11-21T14:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format =
            time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let time = time::OffsetDateTime::from_unix_timestamp(self.0);
        let text = time.ok().and_then(|time| time.format(format).ok());
        // What no calendar has is told as the number that it is.
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for UnixTime {
    type Err = time::error::Parse;

    /// Reads what [`Display`](fmt::Display) writes, and any other time in RFC 3339.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = &time::format_description::well_known::Rfc3339;
        let time = time::OffsetDateTime::parse(text, format)?;
        Ok(Self(time.unix_timestamp()))
    }
}

/// A length of time, printed for a person in its largest whole unit: `12 days`, `5 hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self.0.saturating_abs() {
            seconds if seconds >= DAY => (seconds / DAY, "day"),
            seconds if seconds >= HOUR => (seconds / HOUR, "hour"),
            seconds if seconds >= MINUTE => (seconds / MINUTE, "minute"),
            _ => return f.write_str("less than a minute"),
        };
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, HOUR, MINUTE, Span, UnixTime};

    #[test]
    fn times_are_printed_in_utc() {
        assert_eq!(UnixTime(1_795_271_400).to_string(), "2026-11-21T14:30:00Z");
        assert_eq!(UnixTime(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(UnixTime(i64::MAX).to_string(), format!("@{}", i64::MAX));
        for time in [0, 1_795_271_400] {
            assert_eq!(UnixTime(time).to_string().parse(), Ok(UnixTime(time)));
        }
    }

    #[test]
    fn spans_are_printed_in_their_largest_unit() {
        for (seconds, text) in [
            (12 * DAY + HOUR, "12 days"),
            (DAY, "1 day"),
            (DAY - 1, "23 hours"),
            (-HOUR, "1 hour"),
            (90, "1 minute"),
            (2 * MINUTE, "2 minutes"),
            (0, "less than a minute"),
        ] {
            assert_eq!(Span(seconds).to_string(), text);
        }
    }
}
