use std::sync::Arc;

use super::findings::shown;
use crate::diagnostic::Span;

/// A value of the inventory, as it is written there: nothing is interpreted yet.
///
/// Cloning is cheap, since texts, lists and mappings are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value: an empty one, `~` or `null`, without quotes.
    Null,
    /// A single value. `3.10` stays `3.10` and `yes` stays `yes`.
    Scalar {
        /// The text, after YAML has resolved quotes and escapes.
        text: Arc<str>,
        /// Whether it is a text whatever it looks like: written in quotes or as a block (`|`, `>`).
        quoted: bool,
        /// Whether braces in it mean nothing: `!unsafe`, or the result of a template.
        verbatim: bool,
    },
    /// A list.
    List(Arc<[Node]>),
    /// A mapping.
    Map(Map),
    /// Something that Ansible Vault has encrypted. What it holds is not kept.
    Vault,
}

/// A value and where it stands. Nodes are equal when their values are, wherever they stand.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The range of the value in its source; empty for values that come from code.
    pub span: Span,
}

/// A mapping from texts to values, in the order of its keys. Each key is there once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map(Arc<[Entry]>);

/// A key of a [`Map`] with its value. Entries are equal when key and value are.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// The range of the key in its source; empty for values that come from code.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Value {
    /// Makes a text that is neither null nor a number nor a template, whatever it looks like.
    pub fn verbatim(text: impl Into<Arc<str>>) -> Self {
        Self::Scalar {
            text: text.into(),
            quoted: true,
            verbatim: true,
        }
    }

    /// Gives the text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Reads a scalar as Ansible reads a boolean: `yes`, `true`, `on`, `1`, `no`, `false`, `off`
    /// or `0`, in any case, with quotes or without.
    pub fn as_bool(&self) -> Option<bool> {
        let text = self.as_text()?;
        let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is_one_of(["yes", "true", "on", "1"]) {
            Some(true)
        } else if is_one_of(["no", "false", "off", "0"]) {
            Some(false)
        } else {
            None
        }
    }

    /// Reads a scalar as a whole number in decimal, with quotes or without.
    ///
    /// Numbers with leading zeros are none: YAML readers take `010` for 8 or for 10.
    pub fn as_int(&self) -> Option<i64> {
        let text = self.as_text()?;
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let well_formed = digits.bytes().all(|b| b.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0'));
        if well_formed { text.parse().ok() } else { None }
    }

    /// Gives the elements of a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Gives a mapping.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Says whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Says whether the value is a text that Jinja would render.
    pub fn is_template(&self) -> bool {
        match self {
            Self::Scalar { text, verbatim, .. } => {
                !verbatim && (text.contains("{{") || text.contains("{%") || text.contains("{#"))
            }
            _ => false,
        }
    }

    /// Shows the value in a message: a text, as far as it is short, in backticks; else its kind.
    pub(crate) fn in_message(&self) -> String {
        match self.as_text() {
            Some("") => "empty".to_owned(),
            Some(text) => format!("`{}`", shown(text)),
            None => self.kind().to_owned(),
        }
    }

    /// Names the kind of value for a message, with its article: `a mapping`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar { quoted: true, .. } => "a text",
            Self::Scalar { .. } if self.as_int().is_some() => "a number",
            Self::Scalar { .. } if self.as_bool().is_some() => "a boolean",
            Self::Scalar { .. } => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Vault => "a vault value",
        }
    }
}

impl Map {
    /// Takes entries in any order. Of those with the same key the last one stays.
    pub fn new(mut entries: Vec<Entry>) -> Self {
        // Stable, so that of equal keys the last one written is the last one here too.
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries.dedup_by(|later, earlier| {
            let same = later.key == earlier.key;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Self(entries.into())
    }

    /// Gives the value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Gives a key with its place and value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let at = self.0.binary_search_by(|entry| (*entry.key).cmp(key));
        at.ok().map(|at| &self.0[at])
    }

    /// Goes through the entries, in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.iter()
    }

    /// Counts the entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives the entries whose keys begin with a text.
    pub(super) fn with_prefix(&self, prefix: &str) -> &[Entry] {
        let start = self.0.partition_point(|entry| &*entry.key < prefix);
        let rest = &self.0[start..];
        &rest[..rest.partition_point(|entry| entry.key.starts_with(prefix))]
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Node {}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.node == other.node
    }
}

impl Eq for Entry {}

impl From<Value> for Node {
    /// Takes a value that comes from code and so has no place.
    fn from(value: Value) -> Self {
        Self {
            value,
            span: Span::default(),
        }
    }
}

/// Takes a text as it would be in quotes. Braces in it are a template.
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Scalar {
            text: text.into(),
            quoted: true,
            verbatim: false,
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        plain(&value)
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                plain(&value)
            }
        })*
    };
}
from_integers!(i32, i64, u16, u32, u64);

impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items.into_iter().map(Node::from).collect())
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Self)>>(entries: I) -> Self {
        let entry = |(key, value): (K, Self)| Entry {
            key: key.into(),
            key_span: Span::default(),
            node: value.into(),
        };
        Self::Map(Map::new(entries.into_iter().map(entry).collect()))
    }
}

fn plain(value: &dyn ToString) -> Value {
    Value::Scalar {
        text: value.to_string().into(),
        quoted: false,
        verbatim: false,
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn reads_booleans_as_ansible_does() {
        for (text, wanted) in [
            ("yes", Some(true)),
            ("True", Some(true)),
            ("ON", Some(true)),
            ("1", Some(true)),
            ("No", Some(false)),
            ("false", Some(false)),
            ("off", Some(false)),
            ("0", Some(false)),
            ("", None),
            ("2", None),
            ("enabled", None),
        ] {
            assert_eq!(Value::from(text).as_bool(), wanted, "{text:?}");
        }
        assert_eq!(Value::Null.as_bool(), None);
    }

    #[test]
    fn reads_whole_numbers_and_nothing_that_readers_differ_on() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("2379", Some(2379)),
            ("-1", Some(-1)),
            ("+7", Some(7)),
            ("010", None),
            ("1_000", None),
            ("3.10", None),
            ("0x10", None),
            ("", None),
            ("-", None),
            (" 1", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Value::from(text).as_int(), wanted, "{text:?}");
        }
    }

    #[test]
    fn maps_are_sorted_and_keep_the_last_of_equal_keys() {
        let value: Value = [("b", 1.into()), ("a", 2.into()), ("b", 3.into())]
            .into_iter()
            .collect();
        let map = value.as_map().expect("made as one");
        let keys: Vec<_> = map.iter().map(|entry| &*entry.key).collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(map.get("b").and_then(|node| node.value.as_int()), Some(3));
        assert_eq!(map.get("c"), None);
    }

    #[test]
    fn finds_keys_by_prefix() {
        let value: Value = ["a", "etcd", "etcd_a", "etcd_b", "etce", "f"]
            .into_iter()
            .map(|key| (key, Value::Null))
            .collect();
        let map = value.as_map().expect("made as one");
        let found = |prefix| {
            map.with_prefix(prefix)
                .iter()
                .map(|e| &*e.key)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("etcd_"), ["etcd_a", "etcd_b"]);
        assert_eq!(found("g"), [""; 0]);
        assert_eq!(found("").len(), 6);
    }
}
