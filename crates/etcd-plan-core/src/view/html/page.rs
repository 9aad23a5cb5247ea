use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const TEMPLATE: &str = include_str!("assets/page.html");

/// The style that all pages share.
const STYLE: &str = include_str!("assets/page.css");

/// Which page it is: what of style and script it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Steps,
    Status,
}

impl Kind {
    fn style(self) -> String {
        let own = match self {
            Self::Steps => include_str!("assets/steps.css"),
            Self::Status => include_str!("assets/status.css"),
        };
        format!("{STYLE}\n{own}")
    }

    /// Gives the scripts in one, which sees nothing of the page's outside and is seen by nothing.
    fn script(self) -> String {
        let own: &[&str] = match self {
            Self::Steps => &[
                include_str!("assets/steps/model.js"),
                include_str!("assets/steps/graph.js"),
                include_str!("assets/steps/detail.js"),
                include_str!("assets/steps/changes.js"),
                include_str!("assets/steps/words.js"),
                include_str!("assets/steps/timeline.js"),
                include_str!("assets/steps/main.js"),
            ],
            Self::Status => &[include_str!("assets/status.js")],
        };
        let shared = include_str!("assets/shared.js");
        let own = own.concat();
        format!("\"use strict\";\n(() => {{\n{shared}\n{own}\n}})();\n")
    }
}

/// Writes a page: what it shows as data in it, and a text for those who have no scripts.
pub(super) fn page(kind: Kind, title: &str, data: &impl Serialize, text: &str) -> String {
    let (style, script) = (kind.style(), kind.script());
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let template = environment.template_from_named_str("page.html", TEMPLATE);
    let template = template.expect("the template is well-formed: a test renders it");
    let rendered = template.render(context! {
        title,
        text,
        policy => policy(&style, &script),
        // These are ours, or are escaped for where they stand.
        style => Value::from_safe_string(style),
        script => Value::from_safe_string(script),
        data => Value::from_safe_string(data_block(data)),
    });
    rendered.expect("the template names only what it is given")
}

/// Gives the Content-Security-Policy: nothing is fetched and nothing is sent, and of styles and
/// scripts only those are taken that are ours, by their digests. The image is the page's icon, which
/// is in the page.
fn policy(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// Writes data as JSON that can stand in a `script` element: no text in it ends the element or
/// begins a comment, and none holds a line break that scripts know and JSON does not.
fn data_block(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).expect("the document has only text keys");
    let mut block = String::with_capacity(json.len());
    // Outside of texts JSON has none of these.
    for character in json.chars() {
        match character {
            '<' => block.push_str("\\u003c"),
            '>' => block.push_str("\\u003e"),
            '&' => block.push_str("\\u0026"),
            '\u{2028}' => block.push_str("\\u2028"),
            '\u{2029}' => block.push_str("\\u2029"),
            other => block.push(other),
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::{Kind, data_block, page};

    const HOSTILE: &str =
        "</script><!--<script>alert(1)</script> & \u{2028}\u{2029} \"'\\ {{ title }}";

    #[test]
    fn data_stays_data() {
        let block = data_block(&HOSTILE);
        assert!(
            !block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{block}"
        );
        let read: String = serde_json::from_str(&block).expect("it is JSON still");
        assert_eq!(read, HOSTILE);
    }

    #[test]
    fn a_page_has_its_own_two_scripts_and_no_other() {
        for kind in [Kind::Steps, Kind::Status] {
            let page = page(kind, HOSTILE, &HOSTILE, HOSTILE);
            assert_eq!(page.matches("<script").count(), 2, "data and code");
            assert_eq!(page.matches("</script>").count(), 2);
            assert!(!page.contains("alert(1)</script>"));
            assert!(page.contains("Content-Security-Policy"));
        }
    }

    /// What is in the page's own files is not what a page could not hold.
    #[test]
    fn the_files_fetch_nothing_and_have_no_handlers_in_markup() {
        for kind in [Kind::Steps, Kind::Status] {
            let (style, script) = (kind.style(), kind.script());
            for word in ["http://", "https://", "url(", "@import", "</style"] {
                assert!(!style.contains(word), "{word}");
            }
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "eval(",
                "fetch(",
                "</script",
            ] {
                assert!(!script.contains(word), "{word}");
            }
        }
        assert!(!super::TEMPLATE.contains(" onclick") && !super::TEMPLATE.contains(" style="));
    }
}
