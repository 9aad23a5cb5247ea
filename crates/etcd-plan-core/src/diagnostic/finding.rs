use std::fmt::{self, Write as _};

use super::{Code, Place, Style};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; nothing stops.
    Warning,
    /// No plan is made.
    Error,
}

/// One finding about a user's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is; `etcd-plan explain CODE` says more.
    pub code: Code,
    /// One sentence without a full stop that says what is wrong, with names and values.
    pub message: String,
    /// Where; none for what was built in code.
    pub place: Option<Place>,
    /// What is written beside the marked text; may be empty.
    pub label: String,
    /// Other places that belong to it, each with what it is.
    pub related: Vec<Related>,
    /// The next action, as an imperative; never empty.
    pub hint: String,
}

/// A place that belongs to a finding besides the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there.
    pub label: String,
}

impl Diagnostic {
    /// Begins a finding.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
            label: String::new(),
            related: Vec::new(),
            hint: hint.into(),
        }
    }

    /// Marks the place, if one is known.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        self.place = place.into();
        self.label = label.into();
        self
    }

    /// Adds another place, if one is known and it is not marked already.
    #[must_use]
    pub fn see(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        let is_marked = |place: &Place| {
            let mut related = self.related.iter().map(|related| &related.place);
            self.place.as_ref() == Some(place) || related.any(|other| other == place)
        };
        if let Some(place) = place.into().filter(|place| !is_marked(place)) {
            self.related.push(Related {
                place,
                label: label.into(),
            });
        }
        self
    }

    /// Gives the severity, which the code decides.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Draws the finding over its source text.
    pub fn render(&self, style: Style) -> String {
        super::render::render(self, style)
    }
}

/// All findings about a text, errors and warnings, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all findings of another collection.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Says whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity() == Severity::Error)
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts them.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Goes through them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Puts them in the order of source, place and code, and drops repetitions: of findings with
    /// one code at one place with one hint the first stays, since they go back to one mistake, and
    /// counts those that name something else.
    pub fn sort(&mut self) {
        let key = |d: &Diagnostic| {
            (
                d.place
                    .as_ref()
                    .map(|p| (p.source.name().to_owned(), p.span)),
                d.code,
            )
        };
        self.0.sort_by_cached_key(key);
        let mut kept: Vec<(Diagnostic, usize)> = Vec::new();
        for finding in std::mem::take(&mut self.0) {
            let same = kept
                .iter_mut()
                .rev()
                .take_while(|(other, _)| other.code == finding.code && other.place == finding.place)
                .find(|(other, _)| other.hint == finding.hint && other.label == finding.label);
            match same {
                Some((other, _)) if other.message == finding.message => {}
                Some((_, more)) if finding.place.is_some() => *more += 1,
                _ => kept.push((finding, 0)),
            }
        }
        let counted = kept.into_iter().map(|(mut finding, more)| {
            if more > 0 {
                let _ = write!(finding.message, " (and {more} more like it)");
            }
            finding
        });
        self.0.extend(counted);
    }

    /// Gives the collection itself when nothing in it is an error, or as an error when something is.
    ///
    /// # Errors
    ///
    /// When at least one finding is an error: all of them, warnings too.
    pub fn into_result(mut self) -> Result<Self, Self> {
        self.sort();
        if self.has_errors() {
            Err(self)
        } else {
            Ok(self)
        }
    }

    /// Draws all of them over their source texts, with a line that counts them.
    pub fn render(&self, style: Style) -> String {
        super::render::render_all(self, style)
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for Diagnostics {}
