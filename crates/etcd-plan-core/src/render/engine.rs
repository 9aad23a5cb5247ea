use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::action::Problem;

/// The templates, compiled once.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .expect("the delimiters are the usual ones"),
    );
    // None of the files is HTML.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("yaml", |value: Value| yaml_scalar(&value.to_string()));
    environment.add_filter("sh", |value: Value| shell_word(&value.to_string()));
    for (name, text) in [
        ("etcd.conf", include_str!("templates/etcd.conf.j2")),
        ("etcd.service", include_str!("templates/etcd.service.j2")),
        ("etcdctl.sh", include_str!("templates/etcdctl.sh.j2")),
        ("target.yml", include_str!("templates/target.yml.j2")),
        ("patroni.yml", include_str!("templates/patroni.yml.j2")),
        (
            "vip-manager.yml",
            include_str!("templates/vip-manager.yml.j2"),
        ),
        (
            "prometheus-rules.yml",
            include_str!("templates/prometheus-rules.yml.j2"),
        ),
        (
            "prometheus-scrape.yml",
            include_str!("templates/prometheus-scrape.yml.j2"),
        ),
        (
            "grafana-provider.yml",
            include_str!("templates/grafana-provider.yml.j2"),
        ),
        (
            "status.service",
            include_str!("templates/status.service.j2"),
        ),
        ("status.timer", include_str!("templates/status.timer.j2")),
        ("monitoring.md", include_str!("templates/monitoring.md.j2")),
    ] {
        environment
            .add_template(name, text)
            .expect("the templates are well-formed: a test renders them");
    }
    environment
});

/// Renders a template.
pub(crate) fn render(template: &str, context: &impl Serialize) -> Result<String, Problem> {
    let broken = |error: minijinja::Error| {
        Problem::new(
            format!("{template} could not be rendered: {error:#}"),
            "report this as a bug",
        )
    };
    let template = TEMPLATES.get_template(template).map_err(broken)?;
    template.render(Serde(context)).map_err(broken)
}

/// Gives a text as a YAML scalar: bare where that is safe, else quoted as JSON, which YAML takes.
pub(crate) fn yaml_scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(is_plain)
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if is_word {
        text.to_owned()
    } else {
        serde_json::to_string(text).expect("a text is JSON")
    }
}

/// Gives a text as one word of a POSIX shell: bare where that is safe, else in single quotes.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:,@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{shell_word, yaml_scalar};

    #[test]
    fn scalars_are_quoted_where_yaml_would_read_something_else() {
        for (text, scalar) in [
            ("etcd-1", "etcd-1"),
            ("/data/etcd", "/data/etcd"),
            ("24h", "\"24h\""),
            ("no", "\"no\""),
            ("/my data: #1", "\"/my data: #1\""),
            ("", "\"\""),
        ] {
            assert_eq!(yaml_scalar(text), scalar);
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_something_else() {
        assert_eq!(shell_word("/etc/etcd/ca.crt"), "/etc/etcd/ca.crt");
        assert_eq!(
            shell_word("https://[fd00::1]:2379"),
            "'https://[fd00::1]:2379'"
        );
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
