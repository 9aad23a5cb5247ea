use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::inventory::findings::{Findings, shown};
use crate::inventory::value::{Entry, Map, Node, Value};

/// A mapping or list that is still open.
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Where it begins.
    pub(super) span: Span,
    /// Whether it is written with brackets.
    pub(super) flow: bool,
    /// The number of its anchor, or 0.
    pub(super) anchor: usize,
    /// Whether it stands under `!unsafe`.
    pub(super) verbatim: bool,
    /// How many nodes came before it.
    pub(super) nodes_before: usize,
    /// How many levels it has, itself included.
    pub(super) height: usize,
}

pub(super) enum Kind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The values of `<<`, in the order of the text.
        merged: Vec<Node>,
        /// The key whose value comes next.
        key: Option<Key>,
    },
}

/// A key of a mapping.
pub(super) struct Key {
    /// The text; none for what cannot be a key, whose value is dropped.
    pub(super) text: Option<Arc<str>>,
    pub(super) span: Span,
    /// Whether it is written without quotes, as the merge key must be.
    pub(super) plain: bool,
}

impl Kind {
    pub(super) fn map() -> Self {
        Self::Map {
            entries: Vec::new(),
            merged: Vec::new(),
            key: None,
        }
    }
}

impl Frame {
    /// Says whether the next node is a key.
    pub(super) fn awaits_key(&self) -> bool {
        matches!(self.kind, Kind::Map { key: None, .. })
    }

    /// Takes a key.
    pub(super) fn key(&mut self, new: Key) {
        if let Kind::Map { key, .. } = &mut self.kind {
            *key = Some(new);
        }
    }

    /// Takes an element, or the value of the last key.
    pub(super) fn value(&mut self, node: Node, height: usize) {
        self.height = self.height.max(height + 1);
        if !self.flow {
            self.span.end = self.span.end.max(node.span.end);
        }
        match &mut self.kind {
            Kind::List(items) => items.push(node),
            Kind::Map {
                entries,
                merged,
                key,
            } => match key.take() {
                Some(key) if key.plain && key.text.as_deref() == Some("<<") => merged.push(node),
                Some(Key {
                    text: Some(text),
                    span,
                    ..
                }) => entries.push(Entry {
                    key: text,
                    key_span: span,
                    node,
                }),
                _ => {}
            },
        }
    }

    /// Ends the mapping or list.
    pub(super) fn finish(self, end: Span, findings: &mut Findings) -> Node {
        let mut span = self.span;
        if self.flow {
            span.end = end.end;
        }
        let value = match self.kind {
            Kind::List(items) => Value::List(items.into()),
            Kind::Map {
                entries, merged, ..
            } => {
                report_duplicates(&entries, findings);
                let mut all = merge(merged, findings);
                all.extend(entries);
                marked(Map::new(all))
            }
        };
        Node { value, span }
    }
}

/// Reports every key that is there more than once, at each place but the first.
fn report_duplicates(entries: &[Entry], findings: &mut Findings) {
    if entries.len() < 2 {
        return;
    }
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by(|a, b| a.key.cmp(&b.key)); // stable: equal keys stay in the order of the text
    for same in order.chunk_by(|a, b| a.key == b.key) {
        let [first, again @ ..] = same else { continue };
        for entry in again {
            let message = format!(
                "the key `{}` is there twice in one mapping",
                shown(&entry.key)
            );
            let hint = "remove one of the two, or give it another name";
            let (here, before) = (
                findings.place(entry.key_span),
                findings.place(first.key_span),
            );
            findings.push(
                Diagnostic::new(Code::DuplicateKey, message, hint)
                    .at(here, "again")
                    .see(before, "first here"),
            );
        }
    }
}

/// Gives the entries that `<<` brings in. Later ones win, so an earlier mapping of a list, which
/// must win over a later one, comes last.
fn merge(merged: Vec<Node>, findings: &mut Findings) -> Vec<Entry> {
    let mut entries = Vec::new();
    for node in merged {
        match &node.value {
            Value::Map(map) => entries.extend(map.iter().cloned()),
            Value::List(items) => {
                for item in items.iter().rev() {
                    match &item.value {
                        Value::Map(map) => entries.extend(map.iter().cloned()),
                        other => refuse_merge(item, other, findings),
                    }
                }
            }
            other => refuse_merge(&node, other, findings),
        }
    }
    entries
}

fn refuse_merge(node: &Node, value: &Value, findings: &mut Findings) {
    findings.shape(
        node.span,
        format!("`<<` takes in a mapping, not {}", value.kind()),
        "not a mapping",
        "give it an alias of a mapping, `<<: *name`, or a list of such",
    );
}

/// Recognizes what `ansible-inventory` prints in place of `!vault` and `!unsafe`.
fn marked(map: Map) -> Value {
    if map.len() == 1 {
        if map.get("__ansible_vault").is_some() {
            return Value::Vault;
        }
        if let Some(text) = map.get("__ansible_unsafe").and_then(|n| n.value.as_text()) {
            return Value::verbatim(text);
        }
    }
    Value::Map(map)
}
