//! The keys of `etcd_extra_config`, as the version of a host's etcd calls them.
//!
//! etcd passes over keys of its file that it does not know, without a word, so that a check for
//! corruption would be off after an upgrade that renamed it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::names::Minor;

type Keys = BTreeMap<String, Value>;

/// Where options left the experiments for names of their own, and others for feature gates (etcd's
/// upgrade guide to 3.6). In 3.7 the old names are gone.
const RENAMED_IN: Minor = Minor { major: 3, minor: 6 };

/// What is called otherwise from 3.6 on: `experimental-` and this before.
const RENAMED: &[&str] = &[
    "bootstrap-defrag-threshold-megabytes",
    "compact-hash-check-time",
    "compaction-batch-limit",
    "compaction-sleep-interval",
    "corrupt-check-time",
    "distributed-tracing-address",
    "distributed-tracing-instance-id",
    "distributed-tracing-sampling-rate",
    "distributed-tracing-service-name",
    "downgrade-check-time",
    "enable-distributed-tracing",
    "max-learners",
    "memory-mlock",
    "peer-skip-client-san-verification",
    "snapshot-catchup-entries",
    "warning-apply-duration",
    "warning-unary-request-duration",
    "watch-progress-notify-interval",
];

/// What is a feature gate from 3.6 on: its key before, and the gate.
const GATES: &[(&str, &str)] = &[
    (
        "experimental-compact-hash-check-enabled",
        "CompactHashCheck",
    ),
    ("experimental-enable-lease-checkpoint", "LeaseCheckpoint"),
    (
        "experimental-enable-lease-checkpoint-persist",
        "LeaseCheckpointPersist",
    ),
    ("experimental-initial-corrupt-check", "InitialCorruptCheck"),
    (
        "experimental-stop-grpc-service-on-defrag",
        "StopGRPCServiceOnDefrag",
    ),
    (
        "experimental-txn-mode-write-with-shared-buffer",
        "TxnModeWriteWithSharedBuffer",
    ),
];

/// What has no successor: the key, and the first minor release of 3 without it.
const GONE: &[(&str, u64)] = &[
    ("enable-v2", 6),
    ("experimental-enable-v2v3", 6),
    ("log-package-levels", 5),
    ("v2-deprecation", 7),
];

const FEATURE_GATES: &str = "feature-gates";
const EXPERIMENTAL: &str = "experimental-";

/// Gives the keys as a minor release calls them; what it no longer has is left out.
pub(super) fn of_version(extra: &Keys, version: Minor) -> Keys {
    let is_gone = |key: &str| {
        let since = GONE.iter().find(|(gone, _)| *gone == key);
        since.is_some_and(|(_, minor)| (version.major, version.minor) >= (3, *minor))
    };
    let there = extra.iter().filter(|(key, _)| !is_gone(key));
    if version < RENAMED_IN {
        of_before(there)
    } else {
        of_after(there)
    }
}

fn of_before<'a>(extra: impl Iterator<Item = (&'a String, &'a Value)>) -> Keys {
    let mut keys = Keys::new();
    for (key, value) in extra {
        if RENAMED.contains(&key.as_str()) {
            keys.insert(format!("{EXPERIMENTAL}{key}"), value.clone());
        } else if let (FEATURE_GATES, Some(gates)) = (key.as_str(), value.as_str()) {
            let known = gates.split(',').filter_map(|gate| gate.split_once('='));
            keys.extend(known.filter_map(|(gate, on)| {
                let (key, _) = GATES.iter().find(|(_, name)| *name == gate.trim())?;
                let on = on.trim().parse().map_or(Value::Null, Value::Bool);
                Some(((*key).to_owned(), on))
            }));
        } else {
            keys.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    keys
}

fn of_after<'a>(extra: impl Iterator<Item = (&'a String, &'a Value)>) -> Keys {
    let (mut keys, mut gates) = (Keys::new(), Vec::new());
    for (key, value) in extra {
        let new = key.strip_prefix(EXPERIMENTAL).unwrap_or_default();
        if let Some((_, gate)) = GATES.iter().find(|(name, _)| name == key) {
            gates.push(format!("{gate}={value}"));
        } else if let (FEATURE_GATES, Some(given)) = (key.as_str(), value.as_str()) {
            // What is named as a gate counts, whatever the old key says: etcd takes the last.
            gates.extend(given.split(',').map(|gate| gate.trim().to_owned()));
        } else if RENAMED.contains(&new) {
            keys.entry(new.to_owned()).or_insert_with(|| value.clone());
        } else {
            keys.insert(key.clone(), value.clone());
        }
    }
    gates.retain(|gate| !gate.is_empty());
    if !gates.is_empty() {
        keys.insert(FEATURE_GATES.to_owned(), Value::String(gates.join(",")));
    }
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Keys, of_version};
    use crate::names::Minor;

    fn of(minor: u64, extra: &Value) -> Value {
        let extra: Keys = serde_json::from_value(extra.clone()).expect("a mapping");
        json!(of_version(&extra, Minor { major: 3, minor }))
    }

    #[test]
    fn experiments_and_their_successors_mean_the_same() {
        let old = json!({
            "experimental-corrupt-check-time": 3600,
            "experimental-initial-corrupt-check": true,
            "experimental-compact-hash-check-enabled": true,
            "max-request-bytes": 1,
        });
        let new = json!({
            "corrupt-check-time": 3600,
            "feature-gates": "CompactHashCheck=true,InitialCorruptCheck=true",
            "max-request-bytes": 1,
        });
        for minor in [4, 5] {
            assert_eq!(of(minor, &old), old);
            assert_eq!(of(minor, &new), old);
        }
        for minor in [6, 7] {
            assert_eq!(of(minor, &old), new);
            assert_eq!(of(minor, &new), new);
        }
    }

    #[test]
    fn what_a_version_no_longer_has_is_left_out() {
        let extra = json!({ "enable-v2": false, "log-package-levels": "a=b" });
        assert_eq!(of(4, &extra), extra);
        assert_eq!(of(5, &extra), json!({ "enable-v2": false }));
        assert_eq!(of(6, &extra), json!({}));
    }

    #[test]
    fn a_gate_that_is_named_itself_comes_last() {
        let both = json!({
            "experimental-initial-corrupt-check": true,
            "feature-gates": "InitialCorruptCheck=false",
        });
        let gates = "InitialCorruptCheck=true,InitialCorruptCheck=false";
        assert_eq!(of(6, &both), json!({ "feature-gates": gates }));
        let off = json!({ "experimental-initial-corrupt-check": false });
        assert_eq!(of(5, &both), off);
    }
}
