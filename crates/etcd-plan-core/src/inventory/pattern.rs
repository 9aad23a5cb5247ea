use std::net::Ipv6Addr;

use super::value::{Entry, Map, Node, Value};
use crate::diagnostic::Span;

/// The most hosts that the ranges of one inventory may stand for.
pub(super) const RANGE_LIMIT: usize = 100_000;

/// A key under `hosts:`, taken apart: one host or a range of hosts, and perhaps a port.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HostPattern<'a> {
    parts: Vec<Part<'a>>,
    /// The number after the colon in `10.10.10.10:2222`, which stands for `ansible_port`.
    pub(super) port: Option<&'a str>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// Numbers from, to and by; with zeros in front up to a width.
    Numbers(u64, u64, u64, usize),
    /// Letters from, to and by.
    Letters(u8, u8, u8),
}

impl<'a> HostPattern<'a> {
    /// Takes a key apart.
    ///
    /// # Errors
    ///
    /// When a range in it cannot be understood: a clause that says why.
    pub(super) fn parse(key: &'a str) -> Result<Self, String> {
        let (name, port) = split_port(key);
        let mut parts = Vec::new();
        let mut rest = name;
        while let Some(open) = rest.find('[') {
            let close = rest[open..]
                .find(']')
                .map(|at| open + at)
                .ok_or("has a `[` without a `]`")?;
            parts.push(Part::Text(&rest[..open]));
            parts.push(range(&rest[open + 1..close])?);
            rest = &rest[close + 1..];
        }
        parts.push(Part::Text(rest));
        Ok(Self { parts, port })
    }

    /// Counts the hosts that it stands for.
    pub(super) fn count(&self) -> usize {
        self.parts
            .iter()
            .map(Part::count)
            .fold(1, usize::saturating_mul)
    }

    /// Gives the names of the hosts, the last range turning fastest.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        (0..self.count()).map(|mut index| {
            let mut pieces: Vec<String> = self
                .parts
                .iter()
                .rev()
                .map(|part| {
                    let piece = part.piece(index % part.count());
                    index /= part.count();
                    piece
                })
                .collect();
            pieces.reverse();
            pieces.concat()
        })
    }
}

impl Part<'_> {
    fn count(&self) -> usize {
        match self {
            Self::Text(_) => 1,
            Self::Numbers(from, to, by, _) => {
                usize::try_from((to - from) / by).map_or(usize::MAX, |n| n.saturating_add(1))
            }
            Self::Letters(from, to, by) => usize::from((to - from) / by) + 1,
        }
    }

    /// The piece at a position below `count`.
    fn piece(&self, at: usize) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Numbers(from, _, by, width) => {
                let number = from + by * at as u64;
                format!("{number:0width$}")
            }
            Self::Letters(from, _, by) => {
                let letter = usize::from(*from) + usize::from(*by) * at;
                char::from(u8::try_from(letter).expect("not past the last letter")).to_string()
            }
        }
    }
}

/// What the port in `10.10.10.10:2222` stands for.
pub(super) fn port_variable(port: &str, span: Span) -> Map {
    let value = Value::Scalar {
        text: port.into(),
        quoted: false,
        verbatim: false,
    };
    Map::new(vec![Entry {
        key: "ansible_port".into(),
        key_span: span,
        node: Node { value, span },
    }])
}

/// Separates name and port. A name in brackets that is an IPv6 address loses them; an IPv6 address
/// without brackets is all name.
fn split_port(key: &str) -> (&str, Option<&str>) {
    if let Some((name, rest)) = key.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && name.parse::<Ipv6Addr>().is_ok()
    {
        match rest.strip_prefix(':') {
            Some(port) if is_number(port) => return (name, Some(port)),
            None if rest.is_empty() => return (name, None),
            _ => return (key, None),
        }
    }
    let in_range =
        |at: usize| key[at..].find(']') < key[at..].find('[') || key[at..].ends_with(']');
    match key.rsplit_once(':') {
        Some((name, port))
            if is_number(port) && key.parse::<Ipv6Addr>().is_err() && !in_range(name.len()) =>
        {
            // `fd00::[1:3]` has a colon outside of its range too, and no port.
            let outside = name.split('[').map(|part| part.split(']').next_back());
            if outside.flatten().any(|text| text.contains(':')) {
                (key, None)
            } else {
                (name, Some(port))
            }
        }
        _ => (key, None),
    }
}

fn range<'a>(text: &str) -> Result<Part<'a>, String> {
    let mut bounds = text.split(':');
    let (from, to) = (bounds.next().unwrap_or_default(), bounds.next());
    let (Some(to), by, None) = (to, bounds.next(), bounds.next()) else {
        return Err(format!("has `[{text}]`, which is no range such as `[1:3]`"));
    };
    let by: u8 = by.map_or(Ok(1), str::parse).unwrap_or(0);
    if by == 0 {
        return Err(format!(
            "has the range `[{text}]`, whose step is no number from 1 to 255"
        ));
    }
    let from = if from.is_empty() { "0" } else { from };
    let part = match (from.as_bytes(), to.as_bytes()) {
        ([from], [to])
            if (from.is_ascii_lowercase() && to.is_ascii_lowercase())
                || (from.is_ascii_uppercase() && to.is_ascii_uppercase()) =>
        {
            if from > to {
                return Err(format!(
                    "has the range `[{text}]`, which ends before it begins"
                ));
            }
            Part::Letters(*from, *to, by)
        }
        _ if is_number(from) && is_number(to) => {
            let padded = from.len() > 1 && from.starts_with('0');
            if padded && from.len() != to.len() {
                return Err(format!(
                    "has the range `[{text}]`, whose bounds differ in their number of digits"
                ));
            }
            let (Ok(first), Ok(last)) = (from.parse::<u64>(), to.parse::<u64>()) else {
                return Err(format!(
                    "has the range `[{text}]`, whose bounds are too large"
                ));
            };
            if first > last {
                return Err(format!(
                    "has the range `[{text}]`, which ends before it begins"
                ));
            }
            Part::Numbers(first, last, by.into(), if padded { from.len() } else { 0 })
        }
        _ => {
            return Err(format!(
                "has the range `[{text}]`, whose bounds are neither two numbers nor two letters"
            ));
        }
    };
    Ok(part)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::HostPattern;

    fn names(key: &str) -> Vec<String> {
        HostPattern::parse(key).expect(key).names().collect()
    }

    #[test]
    fn expands_ranges() {
        for (key, wanted) in [
            ("10.10.10.10", &["10.10.10.10"][..]),
            (
                "10.10.10.[1:3]",
                &["10.10.10.1", "10.10.10.2", "10.10.10.3"],
            ),
            ("node[01:03]", &["node01", "node02", "node03"]),
            ("node[08:12:2].x", &["node08.x", "node10.x", "node12.x"]),
            ("node[:2]", &["node0", "node1", "node2"]),
            ("db-[a:c]", &["db-a", "db-b", "db-c"]),
            ("[A:B]", &["A", "B"]),
            ("r[1:2]n[a:b]", &["r1na", "r1nb", "r2na", "r2nb"]),
            ("fd00::1", &["fd00::1"]),
            ("[fd00::1]", &["fd00::1"]),
            ("fd00::[1:2]", &["fd00::1", "fd00::2"]),
        ] {
            assert_eq!(names(key), wanted, "{key}");
            assert_eq!(HostPattern::parse(key).expect(key).port, None, "{key}");
        }
    }

    #[test]
    fn separates_ports() {
        for (key, name, port) in [
            ("10.10.10.10:2222", "10.10.10.10", "2222"),
            ("[fd00::1]:22", "fd00::1", "22"),
            ("node[1:1]:22", "node1", "22"),
        ] {
            assert_eq!(names(key), [name], "{key}");
            assert_eq!(
                HostPattern::parse(key).expect(key).port,
                Some(port),
                "{key}"
            );
        }
    }

    #[test]
    fn refuses_ranges_that_say_nothing() {
        for key in [
            "n[1",
            "n[]",
            "n[1]",
            "n[3:1]",
            "n[c:a]",
            "n[a:Z]",
            "n[1:a]",
            "n[01:100]",
            "n[1:9:0]",
            "n[1:9:x]",
            "n[1:2:3:4]",
            "n[1:99999999999999999999]",
            "n[1:]",
        ] {
            assert!(HostPattern::parse(key).is_err(), "{key}");
        }
    }

    #[test]
    fn counts_without_expanding() {
        let huge = HostPattern::parse("n[0:18446744073709551615]x[1:9]").expect("a range");
        assert_eq!(huge.count(), usize::MAX);
    }
}
