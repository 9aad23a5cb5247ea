use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::inventory;
use crate::spec::params::to_json;

/// The sections of a configuration file. Their keys are kept as `section/key`.
const SECTIONS: [&str; 2] = ["client-transport-security", "peer-transport-security"];

/// The flags that stand in a section of the configuration file, each with its place there.
const IN_SECTIONS: &[(&str, &str)] = &[
    ("auto-tls", "client-transport-security/auto-tls"),
    ("cert-file", "client-transport-security/cert-file"),
    (
        "client-cert-allowed-hostname",
        "client-transport-security/allowed-hostname",
    ),
    (
        "client-cert-auth",
        "client-transport-security/client-cert-auth",
    ),
    (
        "client-cert-file",
        "client-transport-security/client-cert-file",
    ),
    ("client-crl-file", "client-transport-security/crl-file"),
    (
        "client-key-file",
        "client-transport-security/client-key-file",
    ),
    ("key-file", "client-transport-security/key-file"),
    (
        "trusted-ca-file",
        "client-transport-security/trusted-ca-file",
    ),
    ("peer-auto-tls", "peer-transport-security/auto-tls"),
    ("peer-cert-allowed-cn", "peer-transport-security/allowed-cn"),
    (
        "peer-cert-allowed-hostname",
        "peer-transport-security/allowed-hostname",
    ),
    ("peer-cert-file", "peer-transport-security/cert-file"),
    (
        "peer-client-cert-auth",
        "peer-transport-security/client-cert-auth",
    ),
    (
        "peer-client-cert-file",
        "peer-transport-security/client-cert-file",
    ),
    (
        "peer-client-key-file",
        "peer-transport-security/client-key-file",
    ),
    ("peer-crl-file", "peer-transport-security/crl-file"),
    ("peer-key-file", "peer-transport-security/key-file"),
    (
        "peer-trusted-ca-file",
        "peer-transport-security/trusted-ca-file",
    ),
];

/// The settings of an etcd by the keys of its configuration file, those of a section as
/// `client-transport-security/cert-file`. What is set to nothing is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtcdSettings(BTreeMap<String, Value>);

impl EtcdSettings {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// When it is no mapping in YAML or JSON.
    pub fn of_file(content: &[u8]) -> Result<Self, Diagnostics> {
        let mut settings = Self::default();
        for entry in &inventory::mapping(content, "the configuration file")? {
            match &entry.node.value {
                inventory::Value::Map(section) if SECTIONS.contains(&&*entry.key) => {
                    for inner in section {
                        let key = format!("{}/{}", entry.key, inner.key);
                        settings.set(key, to_json(&inner.node.value));
                    }
                }
                value => settings.set(entry.key.to_string(), to_json(value)),
            }
        }
        Ok(settings)
    }

    /// Takes the arguments of a process and the variables `ETCD_…` of its environment. A flag stands
    /// above a variable (etcd's configuration guide).
    pub fn of_process(arguments: &[String], environment: &BTreeMap<String, String>) -> Self {
        let mut settings = Self::default();
        let variables = environment.iter().filter_map(|(name, value)| {
            let flag = name.strip_prefix("ETCD_")?.to_ascii_lowercase();
            Some((flag.replace('_', "-"), value.clone()))
        });
        for (flag, value) in variables.chain(flags(arguments)) {
            let key = IN_SECTIONS.iter().find(|(name, _)| *name == flag);
            let key = key.map_or(flag, |(_, key)| (*key).to_owned());
            settings.set(key, Value::String(value));
        }
        settings
    }

    /// Gives a value as text: lists joined by commas. None where it is not set.
    pub fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).map(as_text)
    }

    /// Gives the URLs, or other elements, of a list.
    pub fn list(&self, key: &str) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        let elements = text.split(',').map(str::trim);
        let elements = elements.filter(|element| !element.is_empty());
        elements.map(str::to_owned).collect()
    }

    /// Goes through the settings, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    fn set(&mut self, key: String, value: Value) {
        let is_nothing = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            _ => false,
        };
        if is_nothing {
            self.0.remove(&key);
        } else {
            self.0.insert(key, value);
        }
    }
}

/// Gives a value as text: lists joined by commas.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let texts: Vec<String> = elements.iter().map(as_text).collect();
            texts.join(",")
        }
        other => other.to_string(),
    }
}

/// Reads flags as Go does: `--name value`, `-name=value`, and `--name` alone, which is true.
fn flags(arguments: &[String]) -> Vec<(String, String)> {
    let mut flags = Vec::new();
    let mut words = arguments.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            continue;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => {
                let value = words.next_if(|next| !next.starts_with('-'));
                (flag, value.map_or_else(|| "true".to_owned(), Clone::clone))
            }
        };
        flags.push((name.to_owned(), value));
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::EtcdSettings;

    #[test]
    fn a_file_and_flags_say_the_same() {
        let file = b"name: 'etcd-1' # here\ndata-dir: /data/etcd\nquota-backend-bytes: 8\ncors:\n\
            log-outputs: [stderr]\nclient-transport-security:\n  cert-file: /a.crt\n  auto-tls: false\n\
            peer-transport-security: { trusted-ca-file: /ca.crt, client-cert-auth: yes }\n";
        let arguments = [
            "/usr/bin/etcd",
            "--name",
            "etcd-1",
            "-quota-backend-bytes=8",
            "--peer-client-cert-auth",
            "--peer-trusted-ca-file=/ca.crt",
        ];
        let environment = [
            ("ETCD_DATA_DIR", "/data/etcd"),
            ("ETCD_NAME", "another"),
            ("ETCD_CERT_FILE", "/a.crt"),
            ("ETCD_AUTO_TLS", "false"),
            ("ETCD_LOG_OUTPUTS", "stderr"),
            ("ETCD_CORS", ""),
        ];
        let of_file = EtcdSettings::of_file(file).expect("a mapping");
        let of_process = EtcdSettings::of_process(
            &arguments.map(str::to_owned),
            &environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        );
        let keys: Vec<&str> = of_file.iter().map(|(key, _)| key).collect();
        assert_eq!(
            keys,
            of_process.iter().map(|(key, _)| key).collect::<Vec<_>>()
        );
        assert_eq!(keys.len(), 8);
        for key in keys {
            assert_eq!(of_file.text(key), of_process.text(key), "{key}");
        }
    }

    #[test]
    fn what_is_no_mapping_is_said() {
        for bad in [&b"- a\n"[..], b"\xff", b"a: [", b"just a text"] {
            assert!(EtcdSettings::of_file(bad).is_err());
        }
        let empty = EtcdSettings::of_file(b"# nothing\n").expect("nothing is set");
        assert_eq!(empty, EtcdSettings::default());
    }
}
