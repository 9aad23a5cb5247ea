use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Source, Span};

/// The most bytes that a text may have. 10,000 clusters of three, as `ansible-inventory --list`
/// prints them, take about a tenth of it.
pub(super) const TEXT_LIMIT: usize = 64 * 1024 * 1024;

/// How much of a text that is refused is kept, to show where it was refused.
const EXCERPT: usize = 200;

/// Takes bytes as a text.
///
/// # Errors
///
/// When they are too many, or no text.
pub(super) fn from_bytes(bytes: &[u8], name: &str) -> Result<Arc<Source>, Diagnostics> {
    // Before anything goes over the bytes.
    if bytes.len() > TEXT_LIMIT {
        let head = String::from_utf8_lossy(&bytes[..EXCERPT]);
        return Err(too_large(bytes.len(), &head, name));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => from_text(text, name),
        Err(error) => {
            let (good, bad) = bytes.split_at(error.valid_up_to());
            let good = std::str::from_utf8(good).expect("valid up to here");
            let before = &good[good.floor_char_boundary(good.len().saturating_sub(EXCERPT))..];
            let hint = if bad.starts_with(&[0xff, 0xfe]) || bad.starts_with(&[0xfe, 0xff]) {
                "this looks like UTF-16: save the file as UTF-8"
            } else {
                "save the file as UTF-8, and check that it is the file that you mean"
            };
            let offset = good.len();
            let shown = format!("{before}{}", char::REPLACEMENT_CHARACTER);
            let what = format!("byte {offset} is no UTF-8");
            let span = Span::new(before.len(), shown.len());
            Err(not_text(&shown, span, &what, hint, name))
        }
    }
}

/// Takes a text: without the byte order mark that it may begin with.
///
/// # Errors
///
/// When it is too large, or holds zero bytes.
pub(super) fn from_text(text: &str, name: &str) -> Result<Arc<Source>, Diagnostics> {
    if text.len() > TEXT_LIMIT {
        return Err(too_large(text.len(), text, name));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.bytes().position(|b| b == 0) {
        let start = text.floor_char_boundary(at.saturating_sub(EXCERPT));
        let shown = &text[start..at];
        let what = format!("byte {at} is zero");
        let hint = "check that it is the file that you mean, and that it is saved as UTF-8";
        let span = Span::new(shown.len(), shown.len());
        return Err(not_text(shown, span, &what, hint, name));
    }
    Ok(Source::new(name, text))
}

fn too_large(size: usize, text: &str, name: &str) -> Diagnostics {
    let head = &text[..text.floor_char_boundary(EXCERPT)];
    let head = head.split('\n').next().unwrap_or_default();
    let message =
        format!("the inventory has {size} bytes, more than the {TEXT_LIMIT} that are read");
    let hint = "check that it is the file that you mean, or split the inventory";
    let place = Place {
        source: Source::new(name, head),
        span: Span::default(),
    };
    only(Diagnostic::new(Code::TooLarge, message, hint).at(place, ""))
}

fn not_text(shown: &str, span: Span, what: &str, hint: &str, name: &str) -> Diagnostics {
    let place = Place {
        source: Source::new(name, shown),
        span,
    };
    only(Diagnostic::new(Code::NotText, "the inventory is not a text file", hint).at(place, what))
}

fn only(finding: Diagnostic) -> Diagnostics {
    let mut all = Diagnostics::default();
    all.push(finding);
    all
}

#[cfg(test)]
mod tests {
    use super::{TEXT_LIMIT, from_bytes, from_text};
    use crate::diagnostic::{Code, Style};

    fn refusal(bytes: &[u8]) -> (Code, String) {
        let findings = from_bytes(bytes, "hosts.yml").expect_err("refused");
        let code = findings.iter().next().expect("one finding").code;
        (code, findings.render(Style::Plain))
    }

    #[test]
    fn drops_the_byte_order_mark_only() {
        let source = from_bytes(b"\xef\xbb\xbfall: {}", "hosts.yml").expect("a text");
        assert_eq!(source.text(), "all: {}");
        assert!(from_text("", "hosts.yml").is_ok());
    }

    #[test]
    fn refuses_what_is_no_text() {
        for bytes in [
            &b"a: b\0c"[..],
            b"\0",
            b"a: \xff\xfe\x80",
            b"\xff\xfea\0",
            b"\x7fELF\x02\0\0",
        ] {
            assert_eq!(refusal(bytes).0, Code::NotText, "{bytes:?}");
        }
        insta::assert_snapshot!("zero_byte", refusal(b"etcd:\n  hosts: \0\0").1);
        insta::assert_snapshot!("not_utf8", refusal(b"etcd:\n  hosts: \xe9t\xe9").1);
        insta::assert_snapshot!("utf16", refusal(b"\xff\xfea\0l\0l\0").1);
    }

    #[test]
    fn refuses_a_hundred_megabytes_without_reading_them() {
        let bytes = vec![b'a'; 100_000_000];
        let (code, text) = refusal(&bytes);
        assert_eq!(code, Code::TooLarge);
        insta::assert_snapshot!("too_large", text);
        assert!(from_bytes(&vec![b'#'; TEXT_LIMIT], "hosts.yml").is_ok());
    }
}
