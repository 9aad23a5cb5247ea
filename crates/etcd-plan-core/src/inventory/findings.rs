use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity, Source, Span};

/// How many errors, and how many warnings, about one text are kept. The rest is counted: a file
/// with a million mistakes must not take gigabytes to say so, and nobody reads further than this.
const LIMIT: usize = 1000;

/// How many bytes of a user's text are shown in a message.
const SHOWN: usize = 80;

/// The findings about one text, while they are collected.
pub(super) struct Findings {
    source: Option<Arc<Source>>,
    errors: Kept,
    warnings: Kept,
}

/// The findings of one severity.
#[derive(Default)]
struct Kept {
    first: Vec<Diagnostic>,
    further: usize,
}

impl Findings {
    /// Begins a collection: about a text, or about what code has put together.
    pub(super) fn about(source: Option<Arc<Source>>) -> Self {
        Self {
            source,
            errors: Kept::default(),
            warnings: Kept::default(),
        }
    }

    /// Gives the place of a range in the text.
    pub(super) fn place(&self, span: Span) -> Option<Place> {
        place(self.source.as_ref(), span)
    }

    pub(super) fn push(&mut self, finding: Diagnostic) {
        let kept = match finding.severity() {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if kept.first.len() < LIMIT {
            kept.first.push(finding);
        } else {
            kept.further += 1;
        }
    }

    /// Adds an error about a part that has another shape than it should.
    pub(super) fn shape(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: &str,
        hint: impl Into<String>,
    ) {
        let place = self.place(span);
        self.push(Diagnostic::new(Code::InventoryShape, message, hint).at(place, label));
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Diagnostics {
        let mut all = Diagnostics::default();
        for mut kept in [self.errors, self.warnings] {
            if let (Some(last), 1..) = (kept.first.last_mut(), kept.further) {
                let further = format!(" (and {} further findings, not shown)", kept.further);
                last.message.push_str(&further);
            }
            for finding in kept.first {
                all.push(finding);
            }
        }
        all
    }
}

/// Gives a user's text as it can stand in a message: not too long, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let start = &text[..text.floor_char_boundary(SHOWN)];
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{}{more}", start.escape_debug())
}

/// Gives the place of a range, where there is a text.
pub(super) fn place(source: Option<&Arc<Source>>, span: Span) -> Option<Place> {
    source.map(|source| Place {
        source: Arc::clone(source),
        span,
    })
}
