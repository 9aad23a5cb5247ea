use std::fmt;

/// An amount in the unit in which people give it.
///
/// Prometheus and Grafana take amounts in base units: seconds, bytes, parts of one. See
/// [`in_base_units`](Self::in_base_units).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A number of things.
    Count(u64),
    /// Hundredths of a whole.
    Percent(u64),
    /// Thousandths of a second.
    Milliseconds(u64),
    /// Seconds.
    Seconds(u64),
    /// Minutes.
    Minutes(u64),
    /// Hours.
    Hours(u64),
    /// Days of 24 hours.
    Days(u64),
    /// Units of 1024 × 1024 bytes.
    Mebibytes(u64),
}

impl Quantity {
    /// Gives the amount in base units, as PromQL and JSON write a number: `0.05` for 50 ms.
    pub fn in_base_units(self) -> String {
        let whole = match self {
            Self::Count(number) | Self::Seconds(number) => number,
            Self::Minutes(number) => number * 60,
            Self::Hours(number) => number * 3600,
            Self::Days(number) => number * 86_400,
            Self::Mebibytes(number) => number << 20,
            Self::Percent(number) => return decimal(number, 2),
            Self::Milliseconds(number) => return decimal(number, 3),
        };
        whole.to_string()
    }

    /// Gives the number that stands before the unit.
    pub fn number(self) -> u64 {
        match self {
            Self::Count(number)
            | Self::Percent(number)
            | Self::Milliseconds(number)
            | Self::Seconds(number)
            | Self::Minutes(number)
            | Self::Hours(number)
            | Self::Days(number)
            | Self::Mebibytes(number) => number,
        }
    }

    /// Gives a length of time as Prometheus writes one, such as `15s`.
    ///
    /// # Panics
    ///
    /// When it is no length of time.
    pub(super) fn duration(self) -> String {
        match self {
            Self::Milliseconds(number) => format!("{number}ms"),
            Self::Seconds(number) => format!("{number}s"),
            Self::Minutes(number) => format!("{number}m"),
            Self::Hours(number) => format!("{number}h"),
            Self::Days(number) => format!("{number}d"),
            Self::Count(_) | Self::Percent(_) | Self::Mebibytes(_) => {
                panic!("{self} is no length of time")
            }
        }
    }
}

impl fmt::Display for Quantity {
    /// Writes the amount for a person: `50 ms`, `1 day`, `80 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number();
        let (one, many) = match self {
            Self::Count(_) => return write!(f, "{number}"),
            Self::Percent(_) => ("%", "%"),
            Self::Milliseconds(_) => ("ms", "ms"),
            Self::Seconds(_) => ("second", "seconds"),
            Self::Minutes(_) => ("minute", "minutes"),
            Self::Hours(_) => ("hour", "hours"),
            Self::Days(_) => ("day", "days"),
            Self::Mebibytes(_) => ("MiB", "MiB"),
        };
        write!(f, "{number} {}", if number == 1 { one } else { many })
    }
}

/// Writes `number` / 10^`places`, without zeros at the end.
fn decimal(number: u64, places: usize) -> String {
    let digits = format!("{number:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity::{Count, Days, Hours, Mebibytes, Milliseconds, Percent, Seconds};

    #[test]
    fn amounts_are_written_for_people_and_in_base_units() {
        for (quantity, shown, base) in [
            (Milliseconds(50), "50 ms", "0.05"),
            (Milliseconds(1250), "1250 ms", "1.25"),
            (Percent(80), "80 %", "0.8"),
            (Percent(100), "100 %", "1"),
            (Percent(5), "5 %", "0.05"),
            (Count(3), "3", "3"),
            (Seconds(15), "15 seconds", "15"),
            (Hours(26), "26 hours", "93600"),
            (Days(1), "1 day", "86400"),
            (Mebibytes(100), "100 MiB", "104857600"),
        ] {
            assert_eq!(quantity.to_string(), shown);
            assert_eq!(quantity.in_base_units(), base);
        }
        assert_eq!(Seconds(15).duration(), "15s");
    }
}
