use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use super::findings::{Findings, place, shown};
use super::value::{Map, Node, Value};
use super::vars::{Level, Var};
use super::{text, yaml};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span};

/// How findings call the text of an argument.
const ARGUMENT: &str = "-e";

/// Variables that go above all others, as Ansible's `-e` sets them. Empty by default.
///
/// Of several values of one name the last one set stays. Cloning is cheap.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExtraVars(Arc<BTreeMap<Arc<str>, Extra>>);

#[derive(Clone, PartialEq, Eq)]
struct Extra {
    node: Node,
    source: Option<Arc<Source>>,
    is_argument: bool,
}

impl ExtraVars {
    /// Makes an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable in code. Its origin is called an argument, as it stands in the place of one.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let extra = Extra {
            node: value.into().into(),
            source: None,
            is_argument: true,
        };
        Arc::make_mut(&mut self.0).insert(name.into(), extra);
        self
    }

    /// Takes the text of one `-e`: `name=value other="a b"`, or a mapping as YAML or JSON
    /// (`{"name": "value"}`). Values of the first form are texts.
    ///
    /// # Errors
    ///
    /// When it is neither; `@file` is an error here, since core reads no files: see
    /// [`ExtraVars::add_file`].
    pub fn add_argument(&mut self, argument: &str) -> Result<(), Diagnostics> {
        let source = text::from_text(argument, ARGUMENT)?;
        if argument.trim_start().starts_with(['{', '[']) {
            return self.add_mapping(&source, true);
        }
        let mut findings = Findings::about(Some(Arc::clone(&source)));
        let found = assignments(&source, &mut findings);
        findings.finish().into_result()?;
        let vars = Arc::make_mut(&mut self.0);
        for (name, node) in found {
            let extra = Extra {
                node,
                source: Some(Arc::clone(&source)),
                is_argument: true,
            };
            vars.insert(name, extra);
        }
        Ok(())
    }

    /// Takes the text of a file of variables, as `-e @file` names one: a mapping as YAML or JSON.
    /// The values come from places in that file.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn add_file(&mut self, text: &str, name: &str) -> Result<(), Diagnostics> {
        self.add_mapping(&text::from_text(text, name)?, false)
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Finds a variable.
    pub fn get(&self, name: &str) -> Option<Var<'_>> {
        let (name, extra) = self.0.get_key_value(name)?;
        Some(extra.var(name))
    }

    /// Goes through the variables whose names begin with a text, in the order of their names.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = Var<'_>> {
        self.0
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, extra)| extra.var(name))
    }

    fn add_mapping(&mut self, source: &Arc<Source>, is_argument: bool) -> Result<(), Diagnostics> {
        let mut findings = Findings::about(Some(Arc::clone(source)));
        let tree = yaml::read(source, &mut findings);
        let map = match tree.as_ref().map(|node| (&node.value, node.span)) {
            Some((Value::Map(map), _)) => map.clone(),
            Some((Value::Null, _)) | None => Map::default(),
            Some((other, span)) => {
                findings.shape(
                    span,
                    format!("the extra variables are {}, not a mapping", other.kind()),
                    "",
                    "write variables by name: `{ etcd_init: existing }`",
                );
                Map::default()
            }
        };
        findings.finish().into_result()?;
        let vars = Arc::make_mut(&mut self.0);
        for entry in &map {
            let extra = Extra {
                node: entry.node.clone(),
                source: Some(Arc::clone(source)),
                is_argument,
            };
            vars.insert(Arc::clone(&entry.key), extra);
        }
        Ok(())
    }
}

impl fmt::Debug for ExtraVars {
    /// Shows the names only: values may be passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Extra {
    fn var<'a>(&'a self, name: &'a str) -> Var<'a> {
        Var {
            name,
            value: &self.node.value,
            level: Level::Extra,
            span: self.node.span,
            key_span: Span::default(),
            source: self.source.as_ref(),
            is_argument: self.is_argument,
        }
    }
}

/// Reads `name=value other="a b"`: words as a shell has them, without what a shell does to them.
fn assignments(source: &Arc<Source>, findings: &mut Findings) -> Vec<(Arc<str>, Node)> {
    let mut found = Vec::new();
    for (word, span) in words(source, findings) {
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                let start = span.start as usize + name.len() + 1;
                let node = Node {
                    value: value.into(),
                    span: Span::new(start, span.end as usize),
                };
                found.push((name.into(), node));
            }
            _ if word.starts_with('@') => refuse(
                source,
                span,
                &format!("the file of `{}` is not read here", shown(&word)),
                "read the file and hand over its text",
                findings,
            ),
            _ => refuse(
                source,
                span,
                &format!("`{}` sets no variable", shown(&word)),
                "write `name=value`, with quotes around a value with spaces, or a mapping such as `{\"name\": \"value\"}`",
                findings,
            ),
        }
    }
    found
}

/// Splits at white space outside of quotes, and takes the quotes off.
fn words(source: &Arc<Source>, findings: &mut Findings) -> Vec<(String, Span)> {
    let mut words = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut quote: Option<(char, usize)> = None;
    for (at, c) in source.text().char_indices() {
        match quote {
            Some((open, _)) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some((c, at));
                word.get_or_insert_with(|| (String::new(), at));
            }
            None if c.is_whitespace() => {
                if let Some((text, start)) = word.take() {
                    words.push((text, Span::new(start, at)));
                }
            }
            _ => word.get_or_insert_with(|| (String::new(), at)).0.push(c),
        }
    }
    let end = source.text().len();
    if let Some((open, at)) = quote {
        let what = format!("a quote is open at the end: {open}");
        refuse(
            source,
            Span::new(at, end),
            &what,
            "close the quote",
            findings,
        );
    }
    words.extend(word.map(|(text, start)| (text, Span::new(start, end))));
    words
}

fn refuse(source: &Arc<Source>, span: Span, what: &str, hint: &str, findings: &mut Findings) {
    let place = place(Some(source), span);
    findings.push(Diagnostic::new(Code::InventoryShape, what, hint).at(place, ""));
}

#[cfg(test)]
mod tests {
    use super::ExtraVars;
    use crate::diagnostic::Style;
    use crate::inventory::{Origin, Value};

    fn value(text: &str, name: &str) -> Option<Value> {
        let mut extra = ExtraVars::new();
        extra.add_argument(text).expect(text);
        extra.get(name).map(|var| var.value.clone())
    }

    #[test]
    fn takes_both_forms_of_an_argument() {
        assert_eq!(value("a=1 b=2", "b"), Some("2".into()));
        assert_eq!(value("a='x y' b=\"p=q\"", "a"), Some("x y".into()));
        assert_eq!(value("a='x y' b=\"p=q\"", "b"), Some("p=q".into()));
        assert_eq!(value("a=", "a"), Some("".into()));
        assert_eq!(value(r#"{"a": 1, "b": [true]}"#, "a"), Some(1.into()));
        assert_eq!(value("{a: null}", "a"), Some(Value::Null));
        assert_eq!(value("", "a"), None);
    }

    #[test]
    fn the_last_value_stays_and_knows_where_it_comes_from() {
        let mut extra = ExtraVars::new();
        extra.set("a", true).set("b", 1);
        extra.add_argument("a=no").expect("an assignment");
        extra
            .add_file("c: 1\nb: 2\n", "vars.yml")
            .expect("a mapping");
        let origin = |name| extra.get(name).expect(name).origin();
        assert!(matches!(origin("a"), Origin::Argument(Some(_))));
        assert_eq!(origin("b").to_string(), "vars.yml:2:4");
        assert_eq!(extra.get("a").expect("set").value.as_bool(), Some(false));
        assert_eq!(
            extra
                .get("a")
                .and_then(|v| v.place())
                .expect("a place")
                .to_string(),
            "-e:1:3"
        );
        let names: Vec<_> = extra.with_prefix("").map(|var| var.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn refuses_what_sets_nothing_all_at_once() {
        let mut extra = ExtraVars::new();
        let text = "etcd_init existing =x @vars.yml a='b";
        let findings = extra.add_argument(text).expect_err("refused");
        insta::assert_snapshot!("extra_assignments", findings.render(Style::Plain));
        assert!(extra.is_empty());
        let findings = extra.add_argument("[1, 2]").expect_err("refused");
        insta::assert_snapshot!("extra_list", findings.render(Style::Plain));
    }
}
