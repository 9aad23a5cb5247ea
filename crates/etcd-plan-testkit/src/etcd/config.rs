use std::collections::BTreeMap;

use etcd_plan::core::names::{Address, HostPath, Port};

/// Where an URL of etcd leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) tls: bool,
    pub(crate) address: Address,
    pub(crate) port: Port,
}

impl Endpoint {
    /// Reads `https://10.10.10.10:2379` or `https://[fd00::1]:2379`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (address, port) = rest.rsplit_once(':')?;
        if address.contains(':') && !address.starts_with('[') {
            return None;
        }
        Some(Self {
            tls,
            address: address.parse().ok()?,
            port: port.parse().ok()?,
        })
    }
}

/// The files of one of etcd's two `transport-security` sections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// `cert-file`.
    pub cert: Option<String>,
    /// `key-file`.
    pub key: Option<String>,
    /// `trusted-ca-file`.
    pub ca: Option<String>,
    /// `client-cert-auth`.
    pub client_cert_auth: bool,
}

impl TlsFiles {
    fn read(settings: &BTreeMap<String, String>, section: &str) -> Self {
        let value = |key: &str| settings.get(&format!("{section}/{key}")).cloned();
        Self {
            cert: value("cert-file"),
            key: value("key-file"),
            ca: value("trusted-ca-file"),
            client_cert_auth: value("client-cert-auth").as_deref() == Some("true"),
        }
    }

    /// Gives the names of all files that are set.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        [&self.cert, &self.key, &self.ca].into_iter().flatten()
    }
}

/// What a simulated etcd takes from its configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdConfig {
    /// `name`; etcd's default is `default`.
    pub name: String,
    /// `data-dir`.
    pub data_dir: HostPath,
    /// `initial-cluster`: names with peer URLs, in the order of the file.
    pub initial_cluster: Vec<(String, String)>,
    /// `initial-cluster-token`; etcd's default is `etcd-cluster`.
    pub token: String,
    /// Whether `initial-cluster-state` is `existing`; etcd's default is `new`.
    pub existing: bool,
    /// `initial-advertise-peer-urls`.
    pub peer_urls: Vec<String>,
    /// `listen-peer-urls`.
    pub listen_peer_urls: Vec<String>,
    /// `advertise-client-urls`.
    pub client_urls: Vec<String>,
    /// `listen-client-urls`.
    pub listen_client_urls: Vec<String>,
    /// `election-timeout` in milliseconds; etcd's default is 1000.
    pub election_ms: u64,
    /// `heartbeat-interval` in milliseconds; etcd's default is 100.
    pub heartbeat_ms: u64,
    /// `client-transport-security`.
    pub client_tls: TlsFiles,
    /// `peer-transport-security`.
    pub peer_tls: TlsFiles,
}

impl EtcdConfig {
    /// Reads the part of YAML that etcd's configuration files need: `key: value` lines, and
    /// sections of indented ones. Keys that etcd does not know are passed over, as etcd does.
    ///
    /// # Errors
    ///
    /// With one line in etcd's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings = settings(text)?;
        let value = |key: &str| settings.get(key).map(String::as_str);
        let urls = |key: &str, default: &str| -> Result<Vec<String>, String> {
            let list = value(key).unwrap_or(default).split(',').map(str::trim);
            list.filter(|url| !url.is_empty())
                .map(|url| match Endpoint::parse(url) {
                    Some(_) => Ok(url.to_owned()),
                    None => Err(format!("error setting up {key}: invalid URL \"{url}\"")),
                })
                .collect()
        };
        let millis = |key: &str, default: u64| {
            match value(key) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                format!("error unmarshaling JSON: cannot unmarshal string \"{text}\" into {key} of type uint")
            }),
        }
        };
        let name = value("name").unwrap_or("default").to_owned();
        let data_dir = value("data-dir")
            .and_then(|text| text.parse().ok())
            .ok_or("data-dir is not an absolute path")?;
        let existing = match value("initial-cluster-state").unwrap_or("new") {
            "new" => false,
            "existing" => true,
            other => return Err(format!("unexpected clusterState \"{other}\"")),
        };
        if value("listen-client-urls").is_some() && value("advertise-client-urls").is_none() {
            let words =
                "--advertise-client-urls is required when --listen-client-urls is set explicitly";
            return Err(words.to_owned());
        }
        let peer_urls = urls("initial-advertise-peer-urls", "http://localhost:2380")?;
        let itself = peer_urls.iter().map(|url| format!("{name}={url}"));
        let itself = itself.collect::<Vec<_>>().join(",");
        Ok(Self {
            initial_cluster: initial_cluster(value("initial-cluster").unwrap_or(&itself))?,
            token: value("initial-cluster-token")
                .unwrap_or("etcd-cluster")
                .to_owned(),
            existing,
            listen_peer_urls: urls("listen-peer-urls", "http://127.0.0.1:2380")?,
            client_urls: urls("advertise-client-urls", "http://localhost:2379")?,
            listen_client_urls: urls("listen-client-urls", "http://127.0.0.1:2379")?,
            election_ms: millis("election-timeout", 1000)?,
            heartbeat_ms: millis("heartbeat-interval", 100)?,
            client_tls: TlsFiles::read(&settings, "client-transport-security"),
            peer_tls: TlsFiles::read(&settings, "peer-transport-security"),
            name,
            data_dir,
            peer_urls,
        })
    }

    /// Goes through all URLs that are listened on.
    pub(crate) fn listens(&self) -> impl Iterator<Item = Endpoint> {
        self.listen_client_urls
            .iter()
            .chain(&self.listen_peer_urls)
            .filter_map(|url| Endpoint::parse(url))
    }

    /// Gives the peer URLs that `initial-cluster` has for a name, sorted.
    pub(crate) fn urls_of(&self, name: &str) -> Vec<String> {
        let entries = self.initial_cluster.iter();
        let mut urls: Vec<String> = entries
            .filter(|(of, _)| of == name)
            .map(|(_, url)| url.clone())
            .collect();
        urls.sort_unstable();
        urls
    }
}

fn initial_cluster(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for entry in text.split(',').map(str::trim).filter(|e| !e.is_empty()) {
        let (name, url) = entry
            .split_once('=')
            .filter(|(_, url)| Endpoint::parse(url).is_some())
            .ok_or_else(|| {
                format!("error setting up initial cluster: invalid entry \"{entry}\"")
            })?;
        if entries.iter().any(|(_, other)| other == url) {
            return Err(format!("initial cluster has duplicate url \"{url}\""));
        }
        entries.push((name.to_owned(), url.to_owned()));
    }
    Ok(entries)
}

/// Flattens the text into settings; those of a section are `section/key`.
fn settings(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut settings = BTreeMap::new();
    let mut section = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') || bare == "---" || bare.starts_with("- ") {
            continue;
        }
        let bad = |what: &str| {
            Err(format!(
                "error converting YAML to JSON: yaml: line {number}: {what}"
            ))
        };
        if line.starts_with('\t') {
            return bad("found character that cannot start any token");
        }
        let Some((key, value)) = bare
            .split_once(": ")
            .or_else(|| bare.strip_suffix(':').map(|key| (key, "")))
        else {
            return bad("could not find expected ':'");
        };
        let value = unquoted(value);
        let full = if line.starts_with(' ') {
            format!("{section}/{}", unquoted(key))
        } else {
            section = unquoted(key);
            section.clone()
        };
        if settings.insert(full, value).is_some() {
            return bad(&format!("key {key} already set in map"));
        }
    }
    Ok(settings)
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_owned();
        }
    }
    let end = text.find(" #").unwrap_or(text.len());
    text[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EtcdConfig};

    const TEXT: &str = "\
# etcd-1
name: etcd-1
data-dir: '/data/etcd'
initial-cluster: \"etcd-1=https://[fd00::1]:2380,etcd-2=https://[fd00::2]:2380\"
initial-cluster-token: t # fresh
initial-cluster-state: new
initial-advertise-peer-urls: https://[fd00::1]:2380
listen-peer-urls: https://[fd00::1]:2380
advertise-client-urls: https://[fd00::1]:2379
listen-client-urls: https://[fd00::1]:2379,https://127.0.0.1:2379
election-timeout: 2000
unknown-key: true
client-transport-security:
  cert-file: /etc/etcd/server.crt
  client-cert-auth: true
";

    #[test]
    fn reads_what_etcd_reads() {
        let config = EtcdConfig::parse(TEXT).expect("a good configuration");
        assert_eq!(config.name, "etcd-1");
        assert_eq!(config.data_dir.as_str(), "/data/etcd");
        assert_eq!(config.token, "t");
        assert_eq!(config.urls_of("etcd-2"), ["https://[fd00::2]:2380"]);
        assert_eq!(config.listens().count(), 3);
        assert_eq!((config.election_ms, config.heartbeat_ms), (2000, 100));
        assert!(config.client_tls.client_cert_auth);
        assert_eq!(
            config.client_tls.cert.as_deref(),
            Some("/etc/etcd/server.crt")
        );
    }

    #[test]
    fn refuses_what_etcd_refuses() {
        for (from, to, words) in [
            ("name: etcd-1", "name etcd-1", "could not find expected ':'"),
            ("state: new", "state: old", "unexpected clusterState"),
            ("timeout: 2000", "timeout: soon", "cannot unmarshal"),
            ("[fd00::2]", "[fd00::1]", "duplicate url"),
            (
                "advertise-client-urls: ",
                "x: ",
                "advertise-client-urls is required",
            ),
            ("data-dir: '/data", "data-dir: 'data", "data-dir"),
            ("unknown-key", "name", "already set"),
        ] {
            let said = EtcdConfig::parse(&TEXT.replace(from, to)).expect_err(words);
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn an_endpoint_needs_scheme_address_and_port() {
        for bad in [
            "10.0.0.1:2379",
            "https://10.0.0.1",
            "ftp://a:1",
            "https://fd00::1:2379",
        ] {
            assert_eq!(Endpoint::parse(bad), None, "{bad}");
        }
    }
}
