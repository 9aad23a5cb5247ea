use serde::Deserialize;

use super::number::number;
use super::{Unreadable, json};

/// Reads from what `etcdctl get "" --prefix --keys-only --limit 1 -w json` prints how many keys there
/// are in all.
///
/// # Errors
///
/// When it is not such an answer.
pub fn key_count(printed: &[u8]) -> Result<u64, Unreadable> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "number")]
        count: u64,
    }
    let answer: Answer = json("get", printed)?;
    Ok(answer.count)
}

#[cfg(test)]
mod tests {
    use super::key_count;

    #[test]
    fn no_keys_are_left_out_by_etcd() {
        let some = br#"{"header":{"revision":4},"kvs":[{"key":"YQ=="}],"more":true,"count":2}"#;
        assert_eq!(key_count(some), Ok(2));
        assert_eq!(key_count(br#"{"header":{"cluster_id":1}}"#), Ok(0));
        assert!(key_count(b"Error: context deadline exceeded").is_err());
    }
}
