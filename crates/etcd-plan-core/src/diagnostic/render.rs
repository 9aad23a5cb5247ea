use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Place, Severity};

/// How findings are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// ASCII without colour.
    Plain,
    /// With the terminal's colours.
    Coloured,
}

pub(super) fn render(diagnostic: &Diagnostic, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.as_str());
    let hint = Level::HELP.with_name("hint").message(&diagnostic.hint);
    let mut elements: Vec<Element<'_>> = Vec::new();
    // Places in one text share a drawing, so that the reader sees them together.
    let mut places: Vec<(&Place, &str, AnnotationKind)> = Vec::new();
    places.extend(
        diagnostic
            .place
            .iter()
            .map(|p| (p, diagnostic.label.as_str(), AnnotationKind::Primary)),
    );
    places.extend(
        diagnostic
            .related
            .iter()
            .map(|r| (&r.place, r.label.as_str(), AnnotationKind::Context)),
    );
    while let Some((first, ..)) = places.first() {
        let source = first.source.clone();
        let (here, elsewhere): (Vec<_>, Vec<_>) = places
            .into_iter()
            .partition(|(place, ..)| place.source == source);
        let excerpt = Excerpt::around(&here);
        let mut snippet = Snippet::source(excerpt.text.clone())
            .line_start(excerpt.first_line)
            .path(here[0].0.source.name().to_owned());
        for (place, label, kind) in &here {
            snippet =
                snippet.annotation(kind.span(excerpt.range(place)).label((*label).to_owned()));
        }
        elements.push(snippet.into());
        places = elsewhere;
    }
    let group = Group::with_title(title).elements(elements).element(hint);
    renderer.render(&[group])
}

pub(super) fn render_all(diagnostics: &Diagnostics, style: Style) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render(diagnostic, style));
        text.push_str("\n\n");
    }
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity() == Severity::Error)
        .count();
    let warnings = diagnostics.len() - errors;
    text + &format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The lines of a source that the places of one finding span, copied out and cut: a place in a
/// large file must not cost the drawing of the whole file, nor a line of a megabyte a screen full.
struct Excerpt {
    text: String,
    first_line: usize,
    offset: usize,
}

impl Excerpt {
    /// The longest excerpt in bytes.
    const LIMIT: usize = 16 * 1024;

    fn around(places: &[(&Place, &str, AnnotationKind)]) -> Self {
        let source = &places[0].0.source;
        let text = source.text();
        let start = places.iter().map(|(p, ..)| p.span.start).min().unwrap_or(0);
        let end = places.iter().map(|(p, ..)| p.span.end).max().unwrap_or(0) as usize;
        let (first_line, column) = source.line_column(start);
        let start = floor(text, start as usize);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let offset = if column > 400 {
            floor(text, start.saturating_sub(80))
        } else {
            line_start
        };
        let end = floor(text, end.clamp(start, text.len()));
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        let cut = floor(text, line_end.min(offset + Self::LIMIT));
        Self {
            text: text[offset..cut.max(offset)].to_owned(),
            first_line,
            offset,
        }
    }

    fn range(&self, place: &Place) -> std::ops::Range<usize> {
        let within = |at: u32| {
            floor(
                &self.text,
                (at as usize)
                    .saturating_sub(self.offset)
                    .min(self.text.len()),
            )
        };
        let (start, end) = (within(place.span.start), within(place.span.end));
        // A range over several lines is drawn badly; the first line says enough.
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        start..end.clamp(start, line_end)
    }
}

/// The next character boundary at or below an offset.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}
