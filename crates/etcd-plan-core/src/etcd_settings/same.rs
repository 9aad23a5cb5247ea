//! Whether a file of another tool says the same as ours would.
//!
//! What etcd-plan wrote is compared byte by byte, since a change by hand is to be seen. What another
//! tool wrote is compared by what it means: a cluster that is as the inventory has it need not get new
//! files, nor restart for them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::EtcdSettings;
use super::settings::as_text;
use crate::plan::MemberFile;
use crate::spec::{KeyKind, key_kind};

/// What etcd does not read again once it has data, and what is only about the form of its log.
const OF_NO_MATTER: [&str; 4] = [
    "initial-cluster",
    "initial-cluster-state",
    "initial-cluster-token",
    "logger",
];

/// What etcd takes where a key that we write is not there (its configuration guide).
const DEFAULTS: [(&str, &str); 5] = [
    ("auto-compaction-mode", "periodic"),
    ("auto-compaction-retention", "0"),
    ("election-timeout", "1000"),
    ("heartbeat-interval", "100"),
    ("quota-backend-bytes", "0"),
];

/// The quota that `0` stands for, in bytes (etcd's maintenance guide).
pub(crate) const DEFAULT_QUOTA: u64 = 2 << 30;

/// Says whether a file that etcd-plan did not write says the same as the one that it would write.
pub(crate) fn says_the_same(file: MemberFile, found: &[u8], wanted: &[u8]) -> bool {
    if is_ours(found) {
        return false;
    }
    match file {
        MemberFile::EtcdConf => match (EtcdSettings::of_file(found), EtcdSettings::of_file(wanted))
        {
            (Ok(found), Ok(wanted)) => meaning(&found) == meaning(&wanted),
            _ => false,
        },
        MemberFile::Unit => {
            let found = Unit::read(&String::from_utf8_lossy(found));
            found.restarts && found == Unit::read(&String::from_utf8_lossy(wanted))
        }
        MemberFile::Environment => {
            let found = exports(&String::from_utf8_lossy(found));
            !found.is_empty() && found == exports(&String::from_utf8_lossy(wanted))
        }
        MemberFile::TrustedCa
        | MemberFile::CaCertificate
        | MemberFile::Certificate
        | MemberFile::PrivateKey => false,
    }
}

fn is_ours(found: &[u8]) -> bool {
    let text = String::from_utf8_lossy(found);
    let first = text.lines().next().unwrap_or_default();
    first.starts_with('#') && first.contains("ritten by etcd-plan")
}

/// Gives what etcd makes of settings: with defaults in their places, lists sorted, and without what it
/// does not know.
fn meaning(settings: &EtcdSettings) -> BTreeMap<String, String> {
    let defaults = DEFAULTS.iter();
    let mut meaning: BTreeMap<String, String> = defaults
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    for (key, value) in settings.iter() {
        let is_off = *value == Value::Bool(false) || value.as_str() == Some("false");
        let is_known = match key_kind(key.split('/').next().unwrap_or(key)) {
            KeyKind::Unknown => false,
            KeyKind::Harmful(_) => !is_off,
            KeyKind::Reserved => !(is_off && key.contains('/')),
            KeyKind::Free => true,
        };
        if is_known && !OF_NO_MATTER.contains(&key) {
            meaning.insert(key.to_owned(), as_text(value));
        }
    }
    for (key, value) in &mut meaning {
        *value = normal(key, value);
    }
    meaning
}

fn normal(key: &str, value: &str) -> String {
    match key {
        "quota-backend-bytes" if value == "0" => DEFAULT_QUOTA.to_string(),
        "auto-compaction-retention" => {
            retention_seconds(value).map_or_else(|| value.to_owned(), |seconds| seconds.to_string())
        }
        "data-dir" => value.trim_end_matches('/').to_owned(),
        _ if key.ends_with("-urls") => {
            let urls = value.split(',').map(|url| url.trim().trim_end_matches('/'));
            let urls: BTreeSet<&str> = urls.filter(|url| !url.is_empty()).collect();
            urls.into_iter().collect::<Vec<_>>().join(",")
        }
        _ => value.to_owned(),
    }
}

/// Reads a retention of periodic compaction: a duration of Go's form, or a number of hours.
pub(crate) fn retention_seconds(text: &str) -> Option<u64> {
    if let Ok(hours) = text.parse::<u64>() {
        return hours.checked_mul(3600);
    }
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let unit = match rest[end..].chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[end + 1..];
    }
    Some(seconds)
}

/// What a systemd unit says of how etcd runs. The rest (limits, order, words) is its maker's choice.
#[derive(Debug, PartialEq, Eq)]
struct Unit {
    kind: String,
    user: String,
    command: Vec<String>,
    /// Whether etcd is started again after a failure.
    restarts: bool,
}

impl Unit {
    fn read(text: &str) -> Self {
        let joined = text.replace("\\\n", " ");
        let value = |key: &str| {
            let values = joined.lines().filter_map(|line| {
                line.trim()
                    .strip_prefix(key)?
                    .trim_start()
                    .strip_prefix('=')
            });
            let last = values.map(str::trim).next_back();
            last.unwrap_or_default().to_owned()
        };
        let command = value("ExecStart").replace("--config-file=", "--config-file ");
        let restart = value("Restart");
        Self {
            kind: value("Type"),
            user: value("User"),
            command: command.split_whitespace().map(str::to_owned).collect(),
            restarts: !restart.is_empty() && restart != "no",
        }
    }
}

/// Gives the variables of `etcdctl` that a shell exports, without the version of its interface, which
/// has one value since 3.4. The authority's certificate lies in two places, and either is good.
fn exports(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim();
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')?;
        let value = value.trim().trim_matches(|c| c == '"' || c == '\'');
        let value = match name {
            "ETCDCTL_ENDPOINTS" => {
                let endpoints: BTreeSet<&str> = value.split(',').map(str::trim).collect();
                endpoints.into_iter().collect::<Vec<_>>().join(",")
            }
            "ETCDCTL_CACERT" if value == MemberFile::CaCertificate.wanted().path.as_str() => {
                MemberFile::TrustedCa.wanted().path.to_string()
            }
            _ => value.to_owned(),
        };
        (name.starts_with("ETCDCTL_") && name != "ETCDCTL_API").then(|| (name.to_owned(), value))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{retention_seconds, says_the_same};
    use crate::plan::MemberFile;

    const OURS: &str = "# etcd.conf of etcd-1, written by etcd-plan: what is changed\nname: etcd-1\n\
        data-dir: /data/etcd\nlogger: zap\ninitial-cluster-token: x\n\
        listen-client-urls: \"https://10.10.10.10:2379,https://127.0.0.1:2379\"\n\
        election-timeout: 1000\nheartbeat-interval: 100\nquota-backend-bytes: 2147483648\n\
        auto-compaction-mode: periodic\nauto-compaction-retention: \"24h\"\n\n\
        client-transport-security:\n  client-cert-auth: true\n  cert-file: /etc/etcd/server.crt\n";

    const THEIRS: &str = "name: \"etcd-1\"\ndata-dir: '/data/etcd/'\nmax-snapshot: 4\nforce-new-cluster: false\n\
        initial-cluster-token: another\nwal-dir:\n\
        listen-client-urls: https://127.0.0.1:2379, https://10.10.10.10:2379/\n\
        auto-compaction-retention: 24\n\
        client-transport-security: { cert-file: /etc/etcd/server.crt, client-cert-auth: yes, auto-tls: false }\n";

    fn same(file: MemberFile, found: &str, wanted: &str) -> bool {
        says_the_same(file, found.as_bytes(), wanted.as_bytes())
    }

    #[test]
    fn a_configuration_is_what_etcd_makes_of_it() {
        let conf = MemberFile::EtcdConf;
        assert!(same(conf, THEIRS, OURS));
        for (from, to) in [
            ("24\n", "23\n"),
            ("/data/etcd/", "/data/etcd2"),
            ("auto-tls: false", "auto-tls: true"),
            ("wal-dir:\n", "wal-dir: /wal\n"),
            ("max-snapshot: 4", "max-snapshots: 4"),
            ("https://127.0.0.1:2379,", "http://127.0.0.1:2379,"),
            ("client-cert-auth: yes, ", ""),
            ("force-new-cluster: false", "quota-backend-bytes: 1"),
            ("name: \"etcd-1\"", "- name"),
        ] {
            let other = THEIRS.replace(from, to);
            assert_ne!(other, THEIRS, "{from}");
            assert!(!same(conf, &other, OURS), "{to}");
        }
    }

    #[test]
    fn what_we_wrote_is_compared_byte_by_byte() {
        assert!(!same(MemberFile::EtcdConf, OURS, OURS));
        assert!(!same(MemberFile::PrivateKey, "a", "a"));
    }

    #[test]
    fn a_unit_is_how_it_runs_etcd() {
        let ours = "# Written by etcd-plan\n[Service]\nType=notify\nUser=etcd\n\
            ExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf\nRestart=on-failure\n";
        let theirs = "[Unit]\nDescription=etcd\n[Service]\nUser = etcd\nType=notify\nRestart=always\n\
            ExecStart=/usr/bin/etcd \\\n  --config-file=/etc/etcd/etcd.conf\nOOMScoreAdjust=-1000\n";
        assert!(same(MemberFile::Unit, theirs, ours));
        for (from, to) in [
            ("Restart=always", "Restart=no"),
            ("Type=notify", "Type=simple"),
            ("etcd.conf\n", "etcd.conf --name x\n"),
            ("User = etcd", "User=root"),
        ] {
            assert!(
                !same(MemberFile::Unit, &theirs.replace(from, to), ours),
                "{to}"
            );
        }
    }

    #[test]
    fn an_environment_is_what_it_exports() {
        let ours = "# The environment, written by etcd-plan.\nexport ETCDCTL_API=3\n\
            export ETCDCTL_ENDPOINTS=https://a:1,https://b:1\nexport ETCDCTL_CACERT=/etc/pki/ca.crt\n";
        let theirs = "alias e=\"etcdctl\"\nexport ETCDCTL_ENDPOINTS=\"https://b:1,https://a:1\"\n\
            export ETCDCTL_CACERT=/etc/etcd/ca.crt\n";
        assert!(same(MemberFile::Environment, theirs, ours));
        assert!(!same(
            MemberFile::Environment,
            &theirs.replace("b:1", "c:1"),
            ours
        ));
        assert!(!same(MemberFile::Environment, "# by hand\n", ours));
    }

    #[test]
    fn a_number_without_a_unit_is_hours() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("1", Some(3600)),
            ("1h30m", Some(5400)),
            ("x", None),
            ("5", Some(18_000)),
            ("1d", None),
        ] {
            assert_eq!(retention_seconds(text), seconds, "{text}");
        }
    }
}
