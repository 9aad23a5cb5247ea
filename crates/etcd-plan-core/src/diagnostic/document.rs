use serde::Serialize;

use super::{Code, Diagnostic, Diagnostics, Place, Severity};

/// Findings as a document, for editors and CI.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: Code,
    severity: Severity,
    message: &'a str,
    hint: &'a str,
    place: Option<Location<'a>>,
    related: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    place: Location<'a>,
    label: &'a str,
}

/// A range of a text: lines and columns from 1, columns in characters; the end is behind the last.
#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Diagnostics {
    /// Writes the findings as a JSON document: `format` is `etcd-plan-findings/1`, `errors` and
    /// `warnings` count them, and each of `findings` has `code`, `severity`, `message`, `hint`,
    /// `place` (`file`, `line`, `column`, `end_line`, `end_column`; null for what was built in code)
    /// and `related`, other places that belong to it, each with a `label`.
    pub fn to_json(&self) -> String {
        let count = |severity| self.iter().filter(|d| d.severity() == severity).count();
        let document = Document {
            format: "etcd-plan-findings/1",
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            findings: self.iter().map(finding).collect(),
        };
        serde_json::to_string_pretty(&document).expect("the document has only text keys")
    }
}

fn finding(diagnostic: &Diagnostic) -> Finding<'_> {
    let related = diagnostic.related.iter().map(|related| Related {
        place: location(&related.place),
        label: &related.label,
    });
    Finding {
        code: diagnostic.code,
        severity: diagnostic.severity(),
        message: &diagnostic.message,
        hint: &diagnostic.hint,
        place: diagnostic.place.as_ref().map(location),
        related: related.collect(),
    }
}

fn location(place: &Place) -> Location<'_> {
    let (line, column) = place.line_column();
    let (end_line, end_column) = place.source.line_column(place.span.end);
    Location {
        file: place.source.name(),
        line,
        column,
        end_line,
        end_column,
    }
}
