use serde::Deserialize;

use super::number::number;
use super::{Unreadable, json};

/// Reads what `etcdctl get "" --prefix --count-only -w json` prints.
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
    let answer: Answer = json("get --count-only", printed)?;
    Ok(answer.count)
}

#[cfg(test)]
mod tests {
    use super::key_count;

    #[test]
    fn no_keys_are_left_out_by_etcd() {
        let some = br#"{"header":{"cluster_id":1,"revision":4},"count":2}"#;
        assert_eq!(key_count(some), Ok(2));
        assert_eq!(key_count(br#"{"header":{"cluster_id":1}}"#), Ok(0));
        assert!(key_count(b"Error: context deadline exceeded").is_err());
    }
}
