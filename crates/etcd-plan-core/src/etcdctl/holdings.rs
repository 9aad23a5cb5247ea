use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Unreadable, json};

/// Reads from what `etcdctl get "" --prefix --keys-only -w json` prints what the keys begin with: up to
/// their second `/`, or their first where they do not begin with one. The others count under `*`.
///
/// # Errors
///
/// When it is not such an answer.
pub fn key_prefixes(printed: &[u8]) -> Result<BTreeMap<String, u64>, Unreadable> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        kvs: Vec<Key>,
    }
    #[derive(Deserialize)]
    struct Key {
        #[serde(default)]
        key: String,
    }
    let answer: Answer = json("get", printed)?;
    let mut prefixes = BTreeMap::new();
    for Key { key } in answer.kvs {
        let key = base64::engine::general_purpose::STANDARD.decode(&key);
        let key = key.map_err(|error| Unreadable {
            command: "get",
            reason: error.to_string(),
        })?;
        *prefixes.entry(prefix(&key)).or_default() += 1;
    }
    Ok(prefixes)
}

/// Reads from what `etcdctl lease list -w json` prints how many leases there are.
///
/// # Errors
///
/// When it is not such an answer.
pub fn lease_count(printed: &[u8]) -> Result<u64, Unreadable> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        leases: Option<Vec<IgnoredAny>>,
    }
    let answer: Answer = json("lease list", printed)?;
    Ok(answer.leases.map_or(0, |leases| leases.len() as u64))
}

fn prefix(key: &[u8]) -> String {
    let text = String::from_utf8_lossy(key);
    let (first, rest) = match text.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", &*text),
    };
    match rest.split_once('/') {
        Some((name, _)) if !name.chars().any(char::is_control) => format!("{first}{name}/"),
        _ => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{key_prefixes, lease_count};

    #[test]
    fn keys_are_told_by_what_they_begin_with() {
        let keys = key_prefixes(include_bytes!("fixtures/3.4.23/keys.json"));
        let keys = keys.expect("it was printed");
        let keys: Vec<(&str, u64)> = keys.iter().map(|(prefix, n)| (&**prefix, *n)).collect();
        assert_eq!(keys, [("*", 1), ("/pg/", 2), ("registry/", 1)]);
        let leases = include_bytes!("fixtures/3.4.23/leases.json");
        assert_eq!(lease_count(leases), Ok(1));
        assert_eq!(lease_count(br#"{"cluster_id":1}"#), Ok(0));
        assert!(key_prefixes(b"Error: context deadline exceeded").is_err());
    }
}
