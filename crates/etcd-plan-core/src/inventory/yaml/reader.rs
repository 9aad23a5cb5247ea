use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::explain::hint_for;
use super::frame::{Frame, Key, Kind};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use crate::inventory::findings::{Findings, shown};
use crate::inventory::value::{Node, Value};

/// The most levels of mappings and lists in each other. Groups take two levels each.
pub(in crate::inventory) const DEPTH_LIMIT: usize = 64;

/// The most nodes of a tree once its aliases are unfolded; long texts count for several. A text of
/// the largest size has about as many when it is a real inventory.
pub(super) const NODE_LIMIT: usize = 2_000_000;

/// How many bytes of a text count as one node more.
const BYTES_PER_NODE: usize = 64;

/// Reads the one document of a text as a tree. Nothing comes back for an empty document, and when
/// the text cannot be read to its end; what is wrong goes to the findings, all of it as far as the
/// reader gets.
pub(in crate::inventory) fn read(source: &Arc<Source>, findings: &mut Findings) -> Option<Node> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
    };
    let mut reader = Reader {
        findings,
        frames: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
        anchors: BTreeMap::new(),
        keys: BTreeSet::new(),
    };
    for event in Parser::new_from_str_with_options(source.text(), options) {
        let flow = match event {
            Ok((event, span)) => reader.take(event, &span),
            Err(error) => reader.syntax(&error, source.text()),
        };
        if flow.is_break() {
            return None;
        }
    }
    reader.root
}

struct Reader<'f> {
    findings: &'f mut Findings,
    /// The mappings and lists that are open, the outermost first.
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    anchors: BTreeMap<usize, Anchored>,
    /// The keys seen so far: the same few names stand at thousands of hosts.
    keys: BTreeSet<Arc<str>>,
}

/// What an alias stands for.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: &granit_parser::Span) -> ControlFlow<()> {
        let place = span_of(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.findings.shape(
                        place,
                        "the file holds more than one document",
                        "a second one begins here",
                        "keep one document in a file: remove this `---`, or split the file",
                    );
                    return ControlFlow::Break(());
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let nodes = 1 + text.len() / BYTES_PER_NODE;
                self.count(nodes, place)?;
                if self.awaits_key() {
                    let text = self.intern(&text);
                    if anchor != 0 {
                        let value = Value::verbatim(Arc::clone(&text));
                        self.anchor(anchor, &Node { value, span: place }, nodes, 0);
                    }
                    if let Some(frame) = self.frames.last_mut() {
                        frame.key(Key {
                            text: Some(text),
                            span: place,
                            plain: style == ScalarStyle::Plain,
                        });
                    }
                } else {
                    let inherited = self.frames.last().is_some_and(|frame| frame.verbatim);
                    let value = scalar(&text, style, tag.as_deref(), inherited);
                    self.complete(Node { value, span: place }, anchor, nodes, 0);
                }
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(Kind::List(Vec::new()), style, anchor, tag.as_deref(), place)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(Kind::map(), style, anchor, tag.as_deref(), place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(id) => self.alias(id, place)?,
            Event::UnresolvedAlias(name) => {
                let name = shown(&name);
                let message = format!("`*{name}` refers to no anchor before it");
                let hint = format!(
                    "put `&{name}` before the value that it stands for, or put the text in quotes if it is none"
                );
                self.error(Code::YamlSyntax, place, message, "not defined", hint);
                self.complete_or_key(Value::Null.into(), 1, 0, place);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn awaits_key(&self) -> bool {
        self.frames.last().is_some_and(Frame::awaits_key)
    }

    fn open(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Span,
    ) -> ControlFlow<()> {
        self.count(1, place)?;
        if self.frames.len() >= DEPTH_LIMIT {
            return self.too_deep(place);
        }
        let inherited = self.frames.last().is_some_and(|frame| frame.verbatim);
        self.frames.push(Frame {
            kind,
            span: place,
            flow: style == StructureStyle::Flow,
            anchor,
            verbatim: inherited || is_tag(tag, "unsafe"),
            nodes_before: self.nodes - 1,
            height: 1,
        });
        ControlFlow::Continue(())
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let (anchor, height) = (frame.anchor, frame.height);
        let nodes = self.nodes - frame.nodes_before;
        let node = frame.finish(end, self.findings);
        if self.awaits_key() {
            self.findings.shape(
                node.span,
                format!("{} stands where a key is expected", node.value.kind()),
                "not a key",
                "write a name before the colon. If this is a template, put it in quotes: `\"{{ name }}\"`",
            );
        }
        let span = node.span;
        self.anchor(anchor, &node, nodes, height);
        self.complete_or_key(node, nodes, height, span);
    }

    fn alias(&mut self, id: usize, place: Span) -> ControlFlow<()> {
        let Some(Anchored {
            node,
            nodes,
            height,
        }) = self.anchors.get(&id)
        else {
            self.error(
                Code::TooLarge,
                place,
                "an alias refers to a value that holds the alias itself",
                "without end",
                "write out what the alias stands for",
            );
            return ControlFlow::Break(());
        };
        let (node, nodes, height) = (node.clone(), *nodes, *height);
        self.count(nodes, place)?;
        if self.frames.len() + height > DEPTH_LIMIT {
            return self.too_deep(place);
        }
        self.complete_or_key(node, nodes, height, place);
        ControlFlow::Continue(())
    }

    /// Puts a finished node where it belongs: a scalar or nothing else can be a key.
    fn complete_or_key(&mut self, node: Node, nodes: usize, height: usize, place: Span) {
        if self.awaits_key() {
            let text = match &node.value {
                Value::Scalar { text, .. } => Some(Arc::clone(text)),
                _ => None,
            };
            if let Some(frame) = self.frames.last_mut() {
                frame.key(Key {
                    text,
                    span: place,
                    plain: false,
                });
            }
        } else {
            self.complete(node, 0, nodes, height);
        }
    }

    fn complete(&mut self, node: Node, anchor: usize, nodes: usize, height: usize) {
        self.anchor(anchor, &node, nodes, height);
        match self.frames.last_mut() {
            Some(frame) => frame.value(node, height),
            None => self.root = Some(node),
        }
    }

    fn anchor(&mut self, id: usize, node: &Node, nodes: usize, height: usize) {
        if id != 0 {
            let node = node.clone();
            self.anchors.insert(
                id,
                Anchored {
                    node,
                    nodes,
                    height,
                },
            );
        }
    }

    fn count(&mut self, nodes: usize, place: Span) -> ControlFlow<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= NODE_LIMIT {
            return ControlFlow::Continue(());
        }
        self.error(
            Code::TooLarge,
            place,
            format!("the inventory unfolds to more than {NODE_LIMIT} values"),
            "here the limit is reached",
            "split the inventory; if aliases refer to aliases, write out what they stand for",
        );
        ControlFlow::Break(())
    }

    fn too_deep(&mut self, place: Span) -> ControlFlow<()> {
        self.error(
            Code::TooLarge,
            place,
            format!("mappings and lists stand in each other more than {DEPTH_LIMIT} levels deep"),
            "here the limit is reached",
            "check the brackets, or mention nested groups side by side instead of inside each other",
        );
        ControlFlow::Break(())
    }

    fn syntax(&mut self, error: &ScanError, text: &str) -> ControlFlow<()> {
        let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let place = Span::new(at, end);
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return self.too_deep(place);
        }
        self.error(
            Code::YamlSyntax,
            place,
            "the text is not YAML",
            &error.kind().to_string(),
            hint_for(error.kind(), text),
        );
        ControlFlow::Break(())
    }

    fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        label: &str,
        hint: impl Into<String>,
    ) {
        let place = self.findings.place(span);
        self.findings
            .push(Diagnostic::new(code, message, hint).at(place, label));
    }

    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.keys.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.keys.insert(Arc::clone(&text));
        text
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, verbatim: bool) -> Value {
    if is_tag(tag, "vault") || is_tag(tag, "vault-encrypted") {
        return Value::Vault;
    }
    let core = tag.and_then(Tag::core_suffix);
    let plain = style == ScalarStyle::Plain && tag.is_none();
    let is_null = plain && matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if is_null || core == Some("null") {
        return Value::Null;
    }
    let quoted = match core {
        Some("str") => true,
        Some(_) => false,
        None => style != ScalarStyle::Plain,
    };
    Value::Scalar {
        text: text.into(),
        quoted,
        verbatim: verbatim || is_tag(tag, "unsafe"),
    }
}

/// Says whether a tag is the local one of this name, such as `!vault`.
fn is_tag(tag: Option<&Tag>, name: &str) -> bool {
    tag.is_some_and(|tag| tag.parts() == ("!", name))
}

fn span_of(span: &granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span::new(range.start, range.end)
}
