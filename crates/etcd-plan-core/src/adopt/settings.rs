//! What members are set to, as parameters; and what no parameter says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use super::member::Found;
use crate::etcd_settings::{DEFAULT_QUOTA, retention_seconds};
use crate::names::{Address, HostPath};
use crate::plan::MemberFile;
use crate::spec::params::Settings;
use crate::spec::{Bytes, ExtraConfig, KeyKind, key_kind};

/// Keys whose values are durations: a flag has `5s`, a configuration file a number of nanoseconds.
const DURATIONS: &[&str] = &[
    "backend-batch-interval",
    "compact-hash-check-time",
    "compaction-sleep-interval",
    "corrupt-check-time",
    "downgrade-check-time",
    "grpc-keepalive-interval",
    "grpc-keepalive-min-time",
    "grpc-keepalive-timeout",
    "warning-apply-duration",
    "warning-unary-request-duration",
    "watch-progress-notify-interval",
];

/// Keys whose values are lists: a flag joins them by commas.
const LISTS: &[&str] = &["cipher-suites", "log-outputs"];

/// Keys whose values are texts, whatever they look like.
const TEXTS: &[&str] = &[
    "feature-gates",
    "log-level",
    "metrics",
    "auth-token",
    "cors",
];

/// What a plan needs of the places of a member's TLS files.
const TLS_FILES: [(&str, MemberFile); 3] = [
    ("trusted-ca-file", MemberFile::CaCertificate),
    ("cert-file", MemberFile::Certificate),
    ("key-file", MemberFile::PrivateKey),
];

/// Where a member is reached, by the list of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) address: Address,
    pub(super) port: u16,
    pub(super) peer_port: u16,
}

/// The parameters of a cluster that are not as by default, and what none of them says.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// By name, as they would be written.
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) extra: ExtraConfig,
    pub(super) notes: Vec<Finding>,
}

/// Gathers what the members share: of a setting in which they differ, what most of them have.
pub(super) fn shared(members: &[(&Found<'_>, &Reached)]) -> Shared {
    let mut shared = Shared::default();
    let defaults = Settings::default();
    let defaults: BTreeMap<&str, String> = defaults
        .show()
        .into_iter()
        .map(|(name, text, _)| (name, text))
        .collect();
    for (name, read) in PARAMETERS {
        let values = members
            .iter()
            .map(|(found, reached)| (*found, read(found, reached)));
        let value = most_common(name, values.collect(), &mut shared.notes);
        let is_other = |text: &String| defaults.get(name) != Some(text);
        shared
            .parameters
            .extend(value.filter(is_other).map(|text| (*name, text)));
    }
    let mut keys: Vec<&str> = Vec::new();
    for (found, _) in members {
        keys.extend(found.effective.settings.iter().map(|(key, _)| key));
    }
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        extra(key, members, &mut shared);
    }
    for (found, reached) in members {
        notes(found, reached, &mut shared.notes);
    }
    shared
}

type Read = fn(&Found<'_>, &Reached) -> Result<String, String>;

/// How each parameter is read from a member; or a clause that says why there is none for what it has.
const PARAMETERS: &[(&str, Read)] = &[
    ("etcd_data", |found, _| {
        let path: Option<HostPath> = found.effective.path("data-dir");
        path.map(|path| path.to_string()).ok_or_else(|| {
            "its data directory is no absolute path, so that it depends on how etcd is started"
                .to_owned()
        })
    }),
    ("etcd_port", |_, reached| Ok(reached.port.to_string())),
    ("etcd_peer_port", |_, reached| {
        Ok(reached.peer_port.to_string())
    }),
    ("etcd_election_timeout", |found, _| {
        Ok(found.text_or("election-timeout", "1000"))
    }),
    ("etcd_heartbeat_interval", |found, _| {
        Ok(found.text_or("heartbeat-interval", "100"))
    }),
    ("etcd_quota_backend_bytes", |found, _| {
        let text = found.text_or("quota-backend-bytes", "0");
        match text.parse() {
            Ok(0) => Ok(Bytes(DEFAULT_QUOTA).to_string()),
            Ok(bytes) => Ok(Bytes(bytes).to_string()),
            Err(_) => Err(format!("`quota-backend-bytes` is `{text}`")),
        }
    }),
    ("etcd_auto_compaction_retention", |found, _| {
        let retention = found.text_or("auto-compaction-retention", "0");
        if found.text_or("auto-compaction-mode", "periodic") != "periodic" && retention != "0" {
            return Err(format!(
                "it keeps {retention} revisions (`auto-compaction-mode: revision`), and etcd-plan keeps history by time"
            ));
        }
        match retention_seconds(&retention) {
            Some(0) => Ok("0".to_owned()),
            Some(seconds) if seconds % 3600 == 0 => Ok(format!("{}h", seconds / 3600)),
            Some(seconds) => Ok(format!("{seconds}s")),
            None => Err(format!("`auto-compaction-retention` is `{retention}`")),
        }
    }),
    ("etcd_snapshot_count", |found, _| {
        Ok(found.text_or("snapshot-count", ""))
    }),
];

impl Found<'_> {
    fn text_or(&self, key: &str, default: &str) -> String {
        let text = self.effective.settings.text(key);
        text.unwrap_or_else(|| default.to_owned())
    }
}

/// Gives the value that most members have, and says who has another one.
fn most_common(
    name: &str,
    values: Vec<(&Found<'_>, Result<String, String>)>,
    notes: &mut Vec<Finding>,
) -> Option<String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for text in values.iter().filter_map(|(_, value)| value.as_ref().ok()) {
        *counts.entry(text).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let most = most.map(|(text, _)| text.clone());
    for (found, value) in values {
        let host = &found.reading.host.name;
        match (value, &most) {
            (Ok(text), Some(most)) if text != *most => {
                let what = format!(
                    "its `{name}` would be {}, and most have {most}",
                    or_none(&text)
                );
                notes.push(Finding::of_host(
                    host,
                    what,
                    "members share it: a plan makes it the same",
                ));
            }
            (Err(why), _) => {
                let hint = format!("no value of `{name}` says that: see what a plan would change");
                notes.push(Finding::of_host(host, why, hint));
            }
            _ => {}
        }
    }
    most
}

fn or_none(text: &str) -> &str {
    if text.is_empty() {
        "etcd's own default"
    } else {
        text
    }
}

/// Takes a key that no parameter of its own is for into `etcd_extra_config`, or says why not.
fn extra(key: &str, members: &[(&Found<'_>, &Reached)], shared: &mut Shared) {
    let kind = key_kind(key.split('/').next().unwrap_or(key));
    if kind == KeyKind::Reserved || key == "config-file" {
        return;
    }
    let of = |found: &Found<'_>| {
        let settings = &found.effective.settings;
        let value = settings.iter().find(|(name, _)| *name == key);
        value.map(|(_, value)| typed(key, value))
    };
    let (first, _) = members
        .iter()
        .find(|(found, _)| of(found).is_some())
        .expect("the key is of one of them");
    let value = of(first).unwrap_or_default();
    let host = &first.reading.host.name;
    match kind {
        KeyKind::Unknown => {
            let what = format!(
                "`{key}: {}` is set, which etcd-plan does not know",
                shown(&value)
            );
            let hint =
                "etcd passes over keys of its file that it does not know, too: it is left out";
            shared.notes.push(Finding::of_host(host, what, hint));
        }
        KeyKind::Harmful(_) if value == Value::Bool(false) => {}
        KeyKind::Harmful(why) => {
            let what = format!("`{key}: {}` is set, which {why}", shown(&value));
            shared
                .notes
                .push(Finding::of_host(host, what, "a plan takes it away"));
        }
        _ => {
            for (found, _) in members {
                let other = of(found);
                if other.as_ref() != Some(&value) {
                    let has = other.map_or_else(|| "not set".to_owned(), |other| shown(&other));
                    let what = format!("`{key}` is {has}, and {} on {host}", shown(&value));
                    let hint = "members share `etcd_extra_config`: a plan makes it the same";
                    shared
                        .notes
                        .push(Finding::of_host(&found.reading.host.name, what, hint));
                }
            }
            shared.extra.0.insert(key.to_owned(), value);
        }
    }
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Gives a value as a configuration file has it: what comes from a flag is a text.
fn typed(key: &str, value: &Value) -> Value {
    let Value::String(text) = value else {
        return value.clone();
    };
    let bare = key.strip_prefix("experimental-").unwrap_or(key);
    if TEXTS.contains(&bare) {
        return value.clone();
    }
    if LISTS.contains(&bare) {
        return text.split(',').map(str::trim).collect();
    }
    if DURATIONS.contains(&bare)
        && let Some(nanoseconds) = nanoseconds(text)
    {
        return nanoseconds.into();
    }
    match (text.parse::<bool>(), text.parse::<i64>()) {
        (Ok(flag), _) => flag.into(),
        (_, Ok(number)) => number.into(),
        _ => value.clone(),
    }
}

/// Reads a duration of Go's form.
fn nanoseconds(text: &str) -> Option<u64> {
    let mut sum: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let units = [
            ("ms", 1_000_000),
            ("us", 1000),
            ("ns", 1),
            ("h", 3_600_000_000_000),
            ("m", 60_000_000_000),
            ("s", 1_000_000_000),
        ];
        let (name, unit) = units
            .into_iter()
            .find(|(name, _)| rest[end..].starts_with(name))?;
        sum = sum.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[end + name.len()..];
    }
    Some(sum)
}

/// Says what of a member no parameter says.
fn notes(found: &Found<'_>, reached: &Reached, notes: &mut Vec<Finding>) {
    let host = &found.reading.host.name;
    let mut note = |what: String, hint: &str| notes.push(Finding::of_host(host, what, hint));
    let home = MemberFile::EtcdConf.wanted().path;
    match &found.effective.config {
        Some(path) if *path == home => {}
        Some(path) => note(
            format!("etcd is configured in {path}, and etcd-plan's place for that is {home}"),
            NOT_OURS,
        ),
        None => note(
            format!("etcd is set by flags and its environment, and not by {home}"),
            NOT_OURS,
        ),
    }
    match &found.effective.process {
        None => note(
            "its etcd stands still".to_owned(),
            "the goal `create` starts members that stand still",
        ),
        Some(process) if process.unit.as_deref() == Some("etcd") => {}
        Some(process) => {
            let what = match &process.unit {
                Some(unit) => format!("etcd runs as {unit}.service"),
                None => "etcd runs as no service of systemd, perhaps in a container".to_owned(),
            };
            note(format!("{what}, and etcd-plan's is etcd.service"), NOT_OURS);
        }
    }
    for section in ["client", "peer"] {
        let text = |key: &str| {
            let key = format!("{section}-transport-security/{key}");
            found.effective.settings.text(&key)
        };
        for (key, file) in TLS_FILES {
            let wanted = file.wanted().path;
            let path = found
                .effective
                .path(&format!("{section}-transport-security/{key}"));
            if path.as_ref() != Some(&wanted) {
                let is = path.map_or_else(|| "not set".to_owned(), |path| path.to_string());
                let what = format!("{section} `{key}` is {is}, and would be {wanted}");
                note(
                    what,
                    "a plan writes the file to its place, and the configuration with it",
                );
            }
        }
        if text("client-cert-auth").as_deref() != Some("true") {
            let what = format!("{section} certificates are not asked for by `client-cert-auth`");
            note(what, "a plan makes it true");
        }
        let prefix = format!("{section}-transport-security/");
        for (key, value) in found.effective.settings.iter() {
            let own = [
                "client-cert-auth",
                "trusted-ca-file",
                "cert-file",
                "key-file",
            ];
            let key = key.strip_prefix(&prefix).filter(|key| !own.contains(key));
            let is_off = matches!(value, Value::Bool(false)) || value.as_str() == Some("false");
            if let Some(key) = key.filter(|_| !is_off) {
                let what = format!(
                    "{section} `{key}` is {}, for which there is no parameter",
                    shown(value)
                );
                note(what, "a plan takes it away");
            }
        }
    }
    listening(found, reached, &mut note);
}

const NOT_OURS: &str = "no plan changes a cluster that it does not find in its own places: move it there, one member \
     after the other, or build a new one from a back-up (`etcd-plan restore`)";

/// Says where a member listens besides where it would.
fn listening(found: &Found<'_>, reached: &Reached, note: &mut impl FnMut(String, &str)) {
    let (address, port, peer) = (reached.address.in_url(), reached.port, reached.peer_port);
    let bare = reached.address.ip().is_some();
    let own = |port| {
        let address = if bare { &*address } else { "0.0.0.0" };
        format!("https://{address}:{port}")
    };
    let mut clients = vec![own(port)];
    if bare && !reached.address.is_loopback() {
        clients.push(format!("https://127.0.0.1:{port}"));
    }
    for (key, mut wanted) in [
        ("listen-client-urls", clients),
        ("listen-peer-urls", vec![own(peer)]),
    ] {
        let mut is = found.effective.settings.list(key);
        for url in &mut is {
            let bare = url.trim_end_matches('/').len();
            url.truncate(bare);
        }
        is.sort();
        wanted.sort();
        if is != wanted && !is.is_empty() {
            note(
                format!(
                    "`{key}` is {}, and would be {}",
                    is.join(","),
                    wanted.join(",")
                ),
                "there is no parameter for it: a plan makes it so",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::typed;

    #[test]
    fn values_of_flags_are_what_a_file_has() {
        for (key, text, value) in [
            ("max-txn-ops", "1024", json!(1024)),
            ("enable-pprof", "true", json!(true)),
            ("log-level", "info", json!("info")),
            (
                "log-outputs",
                "stderr,/var/log/etcd",
                json!(["stderr", "/var/log/etcd"]),
            ),
            (
                "experimental-watch-progress-notify-interval",
                "5s",
                json!(5_000_000_000_u64),
            ),
            (
                "grpc-keepalive-min-time",
                "1m500ms",
                json!(60_500_000_000_u64),
            ),
            (
                "listen-metrics-urls",
                "http://127.0.0.1:2381",
                json!("http://127.0.0.1:2381"),
            ),
            ("feature-gates", "1", json!("1")),
        ] {
            assert_eq!(typed(key, &json!(text)), value, "{key}");
        }
        assert_eq!(typed("max-txn-ops", &json!(7)), json!(7));
    }
}
