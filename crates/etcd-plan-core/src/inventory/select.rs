use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use super::findings::{place, shown};
use super::model::Inventory;
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::names::HostName;

/// How findings call the text of a limit.
const ARGUMENT: &str = "-l";

/// Finds the hosts that a limit means.
pub(super) fn select(inventory: &Inventory, limit: &str) -> Result<BTreeSet<HostName>, Diagnostic> {
    let source = Source::new(ARGUMENT, limit);
    let named = shown(limit);
    let at = |span| place(Some(&source), span);
    let (mut plain, mut kept, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = Vec::new();
    for (term, span) in terms(inventory, limit) {
        let (list, pattern) = if let Some(pattern) = term.strip_prefix('!') {
            (&mut out, pattern)
        } else if let Some(pattern) = term.strip_prefix('&') {
            (&mut kept, pattern)
        } else {
            (&mut plain, term)
        };
        match matches(inventory, pattern) {
            Some(hosts) => list.push(hosts),
            None => unknown.push((pattern, span)),
        }
    }
    if let [(first, span), more @ ..] = &unknown[..] {
        let message = match more {
            [] => format!(
                "the limit `{named}` names `{}`, which is no host or group",
                shown(first)
            ),
            _ => format!("the limit `{named}` names what is no host or group"),
        };
        let finding = Diagnostic::new(Code::LimitMatchesNothing, message, what_there_is(inventory));
        let finding = finding.at(at(*span), "matches nothing");
        return Err(more.iter().fold(finding, |finding, (_, span)| {
            finding.see(at(*span), "matches nothing")
        }));
    }
    let mut hosts: BTreeSet<HostName> = if plain.is_empty() {
        inventory.hosts().cloned().collect()
    } else {
        plain.into_iter().flatten().collect()
    };
    for only in kept {
        hosts.retain(|host| only.contains(host));
    }
    for excluded in out {
        hosts.retain(|host| !excluded.contains(host));
    }
    if hosts.is_empty() {
        let message = format!("the limit `{named}` leaves no host");
        let finding = Diagnostic::new(Code::LimitMatchesNothing, message, what_there_is(inventory));
        return Err(finding.at(at(Span::new(0, limit.len())), ""));
    }
    Ok(hosts)
}

/// Splits a limit at commas and colons, but not at the colons of IPv6 addresses and of `[…]`.
fn terms<'a>(inventory: &Inventory, limit: &'a str) -> Vec<(&'a str, Span)> {
    let mut terms = Vec::new();
    let mut start = 0;
    for part in limit.split(',') {
        let name = part.trim().trim_start_matches(['!', '&']);
        let whole = inventory.contains_host(name) || unbracketed(name).parse::<Ipv6Addr>().is_ok();
        let mut depth = 0_usize;
        let mut from = 0;
        for (at, c) in part.char_indices() {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                ':' if depth == 0 && !whole => {
                    terms.push((&part[from..at], start + from));
                    from = at + 1;
                }
                _ => {}
            }
        }
        terms.push((&part[from..], start + from));
        start += part.len() + 1;
    }
    terms
        .into_iter()
        .filter_map(|(term, start)| {
            let start = start + (term.len() - term.trim_start().len());
            let term = term.trim();
            (!term.is_empty()).then(|| (term, Span::new(start, start + term.len())))
        })
        .collect()
}

/// Gives the hosts that a term without its sign means; none when it names no host or group.
fn matches(inventory: &Inventory, pattern: &str) -> Option<BTreeSet<HostName>> {
    if let Some(hosts) = inventory.hosts_of(pattern) {
        return Some(hosts);
    }
    for name in [pattern, unbracketed(pattern)] {
        if let Some((host, _)) = inventory.0.host_ids.get_key_value(name) {
            return Some(BTreeSet::from([host.clone()]));
        }
    }
    if !pattern.contains(['*', '?', '[']) {
        return None;
    }
    let glob = Glob::new(pattern);
    let groups = inventory.0.group_ids.keys();
    let groups: Vec<_> = groups.filter(|name| glob.matches(name.as_str())).collect();
    let mut hosts: BTreeSet<HostName> = inventory
        .hosts()
        .filter(|name| glob.matches(name.as_str()))
        .cloned()
        .collect();
    if groups.is_empty() && hosts.is_empty() {
        return None;
    }
    for group in groups {
        hosts.extend(inventory.hosts_of(group.as_str()).unwrap_or_default());
    }
    Some(hosts)
}

fn unbracketed(name: &str) -> &str {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(name)
}

fn what_there_is(inventory: &Inventory) -> String {
    const SHOWN: usize = 8;
    let list = |names: &mut dyn Iterator<Item = String>| {
        let mut names: Vec<String> = names.take(SHOWN + 1).collect();
        if names.len() > SHOWN {
            names.truncate(SHOWN);
            names.push("…".to_owned());
        }
        names.join(", ")
    };
    let groups = list(&mut inventory.groups().map(ToString::to_string));
    let hosts = list(&mut inventory.hosts().map(ToString::to_string));
    match (groups.is_empty(), hosts.is_empty()) {
        (_, true) => "add hosts to the inventory: it has none".to_owned(),
        (true, false) => format!("name some of these hosts: {hosts}"),
        (false, false) => format!("name some of these groups: {groups}; or hosts: {hosts}"),
    }
}

/// A pattern with `*`, `?` and `[…]`, as in file names.
struct Glob(Vec<Piece>);

enum Piece {
    Any,
    One,
    Literal(char),
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let piece = match chars[at] {
                '*' => Piece::Any,
                '?' => Piece::One,
                '[' => match set(&chars[at + 1..]) {
                    Some((piece, used)) => {
                        at += used;
                        piece
                    }
                    None => Piece::Literal('['),
                },
                c => Piece::Literal(c),
            };
            pieces.push(piece);
            at += 1;
        }
        Self(pieces)
    }

    /// Matches the whole name; a `*` that took too little is tried again, the last one only, which
    /// is enough and keeps the time to the product of the two lengths.
    fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut piece, mut at) = (0, 0);
        let mut retry = None;
        while at < name.len() {
            match self.0.get(piece) {
                Some(Piece::Any) => {
                    retry = Some((piece, at));
                    piece += 1;
                    continue;
                }
                Some(other) if other.takes(name[at]) => {
                    piece += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let Some((star, from)) = retry else {
                return false;
            };
            retry = Some((star, from + 1));
            piece = star + 1;
            at = from + 1;
        }
        self.0[piece..]
            .iter()
            .all(|piece| matches!(piece, Piece::Any))
    }
}

impl Piece {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Literal(literal) => *literal == c,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

/// Reads what follows a `[`, and says how many characters it took, the closing one included.
fn set(chars: &[char]) -> Option<(Piece, usize)> {
    let negated = chars.first() == Some(&'!');
    let first = usize::from(negated);
    // A bracket that comes first belongs to the set.
    let close = chars.iter().skip(first + 1).position(|c| *c == ']')? + first + 1;
    let mut ranges = Vec::new();
    let mut at = first;
    while at < close {
        if at + 2 < close && chars[at + 1] == '-' {
            ranges.push((chars[at], chars[at + 2]));
            at += 3;
        } else {
            ranges.push((chars[at], chars[at]));
            at += 1;
        }
    }
    Some((Piece::Set { negated, ranges }, close + 1))
}

#[cfg(test)]
mod tests {
    use super::Glob;
    use crate::diagnostic::Style;
    use crate::inventory::Inventory;
    use crate::names::HostName;

    fn inventory() -> Inventory {
        let text = "
all: { children: { dcs: { children: { etcd: {}, etcd-b: {} } } }, hosts: { lone: {} } }
etcd: { hosts: { 10.10.10.10: {}, 10.10.10.11: {}, 10.10.10.12: {} } }
etcd-b: { hosts: { 10.10.10.12: {}, 'fd00::1': {}, 'fd00::2': {} } }
infra: { hosts: { 10.10.10.10: {}, node-1.example.org: {} } }
empty: {}
";
        Inventory::parse(text, "hosts.yml").expect("a good inventory")
    }

    #[test]
    fn selects_as_ansible_does() {
        let inventory = inventory();
        for (limit, wanted) in [
            ("10.10.10.10", "10.10.10.10"),
            ("etcd", "10.10.10.10 10.10.10.11 10.10.10.12"),
            ("dcs", "10.10.10.10 10.10.10.11 10.10.10.12 fd00::1 fd00::2"),
            ("ungrouped", "lone"),
            (
                "etcd,infra",
                "10.10.10.10 10.10.10.11 10.10.10.12 node-1.example.org",
            ),
            (
                "etcd:infra",
                "10.10.10.10 10.10.10.11 10.10.10.12 node-1.example.org",
            ),
            ("etcd:&infra", "10.10.10.10"),
            ("etcd:!infra", "10.10.10.11 10.10.10.12"),
            ("!infra,etcd", "10.10.10.11 10.10.10.12"),
            ("!etcd,!fd00::1", "fd00::2 lone node-1.example.org"),
            ("&infra", "10.10.10.10 node-1.example.org"),
            ("fd00::1", "fd00::1"),
            ("[fd00::1]", "fd00::1"),
            (
                "etcd:[fd00::1]",
                "10.10.10.10 10.10.10.11 10.10.10.12 fd00::1",
            ),
            ("10.10.10.1[12]", "10.10.10.11 10.10.10.12"),
            ("10.10.10.1[!12]", "10.10.10.10"),
            ("10.10.10.1[0-1]", "10.10.10.10 10.10.10.11"),
            ("node-?.*", "node-1.example.org"),
            ("etcd*,!fd00*", "10.10.10.10 10.10.10.11 10.10.10.12"),
            (" etcd , lone ", "10.10.10.10 10.10.10.11 10.10.10.12 lone"),
        ] {
            let hosts = inventory.select(limit).expect(limit);
            let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
            assert_eq!(hosts.join(" "), wanted, "{limit}");
        }
        for limit in ["all", "*", "", "all,empty"] {
            assert_eq!(inventory.select(limit).expect(limit).len(), 7, "{limit}");
        }
    }

    #[test]
    fn refuses_limits_that_name_nothing() {
        let inventory = inventory();
        let refusal = |limit| {
            let finding = inventory.select(limit).expect_err(limit);
            finding.render(Style::Plain)
        };
        insta::assert_snapshot!("limit_unknown", refusal("etdc"));
        insta::assert_snapshot!("limit_several_unknown", refusal("etcd,!infa:x*"));
        insta::assert_snapshot!("limit_nothing_left", refusal("etcd:!dcs"));
        insta::assert_snapshot!("limit_empty_group", refusal("empty"));
        let empty = Inventory::parse("", "hosts.yml").expect("an empty inventory");
        let finding = empty.select("etcd").expect_err("refused");
        insta::assert_snapshot!("limit_no_hosts", finding.render(Style::Plain));
    }

    #[test]
    fn globs_do_not_take_for_ever() {
        let glob = Glob::new(&"a*".repeat(50));
        assert!(!glob.matches(&"a".repeat(49)));
        assert!(glob.matches(&"a".repeat(2000)));
        let never = Glob::new(&format!("{}b", "a*".repeat(50)));
        assert!(!never.matches(&"a".repeat(2000)));
        assert!(Glob::new("[").matches("["));
        assert!(Glob::new("[]]").matches("]"));
    }
}
