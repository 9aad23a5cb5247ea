use std::collections::BTreeMap;

use crate::names::MemberName;
use crate::spec::InitialState;

/// What an `etcd.conf` on a host says of the member it is for.
///
/// Any tool may have written it, so only the flat keys that tell one cluster from another are
/// taken, and a key that cannot be made out is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundConf {
    /// `name`.
    pub name: Option<MemberName>,
    /// `initial-cluster-token`.
    pub token: Option<String>,
    /// `initial-cluster-state`.
    pub state: Option<InitialState>,
    /// `initial-cluster`: members with their peer URLs.
    pub initial_cluster: BTreeMap<String, String>,
    /// `advertise-client-urls`.
    pub client_url: Option<String>,
    /// `initial-advertise-peer-urls`.
    pub peer_url: Option<String>,
    /// `data-dir`.
    pub data_dir: Option<String>,
    /// `heartbeat-interval`, in milliseconds.
    pub heartbeat_interval: Option<String>,
    /// `election-timeout`, in milliseconds.
    pub election_timeout: Option<String>,
}

impl FoundConf {
    /// Reads the content of an `etcd.conf`.
    pub fn read(content: &[u8]) -> Self {
        let text = String::from_utf8_lossy(content);
        let value = |key: &str| {
            text.lines().find_map(|line| {
                let rest = line.strip_prefix(key)?.strip_prefix(':')?;
                let bare = rest.split(" #").next().unwrap_or(rest).trim();
                let unquoted = bare.trim_matches(|c| c == '"' || c == '\'');
                (!unquoted.is_empty()).then(|| unquoted.to_owned())
            })
        };
        let initial_cluster = value("initial-cluster").unwrap_or_default();
        Self {
            name: value("name").and_then(|name| name.parse().ok()),
            token: value("initial-cluster-token"),
            state: value("initial-cluster-state").and_then(|state| state.parse().ok()),
            initial_cluster: initial_cluster
                .split(',')
                .filter_map(|entry| entry.split_once('='))
                .map(|(name, url)| (name.trim().to_owned(), url.trim().to_owned()))
                .collect(),
            client_url: value("advertise-client-urls"),
            peer_url: value("initial-advertise-peer-urls"),
            data_dir: value("data-dir"),
            heartbeat_interval: value("heartbeat-interval"),
            election_timeout: value("election-timeout"),
        }
    }

    /// Says whether two configurations differ in more than comments and what etcd ignores once it
    /// has data: `initial-cluster`, its token and its state (etcd's clustering guide).
    pub fn differs_for_good(one: &[u8], other: &[u8]) -> bool {
        let lasting = |content: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(content);
            text.lines()
                .filter(|line| !line.starts_with('#') && !line.starts_with("initial-cluster"))
                .map(str::to_owned)
                .collect()
        };
        lasting(one) != lasting(other)
    }
}

#[cfg(test)]
mod tests {
    use super::FoundConf;

    #[test]
    fn reads_what_tells_one_cluster_from_another() {
        let conf = FoundConf::read(
            b"# a comment\nname: 'etcd-1'\ndata-dir: /data/etcd # here\ninitial-cluster-token: etcd-x\n\
              initial-cluster: etcd-1=https://10.10.10.10:2380,etcd-2=https://[fd00::2]:2380\n\
              advertise-client-urls: \"https://10.10.10.10:2379\"\n",
        );
        assert_eq!(
            conf.name.map(|name| name.to_string()).as_deref(),
            Some("etcd-1")
        );
        assert_eq!(conf.token.as_deref(), Some("etcd-x"));
        assert_eq!(conf.data_dir.as_deref(), Some("/data/etcd"));
        let client_url = Some("https://10.10.10.10:2379");
        assert_eq!(conf.client_url.as_deref(), client_url);
        assert_eq!(
            conf.initial_cluster.into_iter().collect::<Vec<_>>(),
            [
                ("etcd-1", "https://10.10.10.10:2380"),
                ("etcd-2", "https://[fd00::2]:2380")
            ]
            .map(|(name, url)| (name.to_owned(), url.to_owned()))
        );
    }

    #[test]
    fn what_etcd_ignores_later_makes_no_difference() {
        let one = b"# of now\nname: a\ninitial-cluster: a=b\ninitial-cluster-state: new\n";
        let other = b"name: a\ninitial-cluster: a=b,c=d\ninitial-cluster-token: x\n";
        assert!(!FoundConf::differs_for_good(one, other));
        assert!(FoundConf::differs_for_good(
            one,
            b"name: b\ninitial-cluster: a=b\n"
        ));
    }

    #[test]
    fn takes_junk_for_nothing() {
        assert_eq!(
            FoundConf::read(b"\xff\xfe\0\n:::\nname:\n"),
            FoundConf::default()
        );
    }
}
