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
            text: without_secrets(&text[offset..cut.max(offset)]),
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

/// Gives a text with stars for the values of variables that are called like secrets, so that a
/// finding about a line does not tell the password beside it. Lengths in bytes stay as they were.
fn without_secrets(text: &str) -> String {
    const WORDS: [&str; 4] = ["password", "passwd", "_pass", "secret"];
    let lower = text.to_ascii_lowercase();
    let mut bytes = text.as_bytes().to_vec();
    for (at, word) in WORDS.iter().flat_map(|word| lower.match_indices(*word)) {
        let after = at + word.len();
        // The name goes on to its end, and the value begins behind the colon or equals sign.
        let name_end = end_of(text, after, |c| c.is_alphanumeric() || c == '_');
        let colon = end_of(text, name_end, |c| "\"' ".contains(c));
        if !text[colon..].starts_with([':', '=']) {
            continue;
        }
        let start = end_of(text, colon + 1, |c| c == ' ');
        let quote = text[start..].chars().next().filter(|c| "\"'".contains(*c));
        let end = match quote {
            Some(quote) => end_of(text, start + 1, |c| c != quote && c != '\n'),
            None => end_of(text, start, |c| !",}\n".contains(c)),
        };
        bytes[start + usize::from(quote.is_some())..end].fill(b'*');
    }
    String::from_utf8(bytes).expect("whole characters are replaced by ASCII")
}

/// Gives where a run of characters that begins at an offset ends.
fn end_of(text: &str, start: usize, is_in: impl Fn(char) -> bool) -> usize {
    text[start..]
        .find(|c| !is_in(c))
        .map_or(text.len(), |at| start + at)
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn secrets_beside_a_finding_are_not_told() {
        for (text, shown) in [
            (
                "etcd_root_password: Etcd.Root",
                "etcd_root_password: *********",
            ),
            (
                "{ ansible_become_pass: 'x y', b: 1 }",
                "{ ansible_become_pass: '***', b: 1 }",
            ),
            (
                "{ pg_admin_password: a, b: 1 }",
                "{ pg_admin_password: *, b: 1 }",
            ),
            ("{\"DB_SECRET\": \"é\"}", "{\"DB_SECRET\": \"**\"}"),
            ("-e my_password=x", "-e my_password=*"),
            ("# the password is elsewhere", "# the password is elsewhere"),
            ("password:", "password:"),
            ("etcd_data: /data/etcd", "etcd_data: /data/etcd"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }
}
