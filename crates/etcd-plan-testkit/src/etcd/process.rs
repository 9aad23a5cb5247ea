use etcd_plan::core::names::EtcdId;
use etcd_plan::core::op::Ownership;

use super::EtcdConfig;
use super::config::Endpoint;
use super::member::{MemberState, db_file, wal_file};
use super::store;
use crate::files::Node;
use crate::host::Host;

/// A running etcd.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) pid: u32,
    /// When it began, by the world's clock.
    pub(crate) started_ms: u64,
    /// The version of its program at start; another may have been installed since.
    pub(crate) version: String,
    /// As it was read at start.
    pub(crate) config: EtcdConfig,
    /// The user that it runs as.
    pub(crate) user: String,
    /// What signs its clients and its peers, as it was read at start; empty without TLS.
    pub(crate) client_ca: Vec<u8>,
    pub(crate) peer_ca: Vec<u8>,
    pub(crate) member: MemberState,
    /// Whether it has told systemd that it is ready: it has seen a quorum once (facts.md S1).
    pub(crate) ready: bool,
    /// None while there is no quorum.
    pub(crate) leader: Option<EtcdId>,
    pub(crate) log: Vec<String>,
}

impl Instance {
    /// Logs a line, once in a row.
    pub(crate) fn say(&mut self, line: impl Into<String>) {
        let line = line.into();
        if self.log.last() != Some(&line) {
            self.log.push(line);
        }
    }

    /// Says whether it listens for clients on a port.
    pub(crate) fn serves_clients_on(&self, endpoint: &Endpoint) -> bool {
        listens(&self.config.listen_client_urls, endpoint)
    }

    /// Says whether it listens for peers on a port.
    pub(crate) fn serves_peers_on(&self, endpoint: &Endpoint) -> bool {
        listens(&self.config.listen_peer_urls, endpoint)
    }

    /// Writes what the member knows into its data directory. Where that was moved away under the
    /// running process, the write goes to files that have no name any more.
    pub(crate) fn persist(&self, host: &mut Host, first: bool) {
        let owner = Ownership::both(&self.user);
        let data_dir = &self.config.data_dir;
        let (wal, db) = (wal_file(data_dir), db_file(data_dir));
        if first {
            for folder in [
                data_dir,
                &wal.parent().parent(),
                &wal.parent(),
                &db.parent(),
            ] {
                if host.files.get(folder).is_none() {
                    let made = host.files.make_dir(folder, &owner, 0o700);
                    made.expect("the launch has looked at the way");
                }
            }
        } else if host.files.bytes(&wal).is_none() {
            return;
        }
        let content = serde_json::to_vec(&self.member).expect("a member's state is plain data");
        let files = [(wal, content), (db, store::database(&self.member))];
        for (path, content) in files {
            if host.files.bytes(&path) != Some(&content) {
                let written = host
                    .files
                    .put(&path, Node::file(content, owner.clone(), 0o600));
                written.expect("nothing but etcd's own files lies there");
            }
        }
    }
}

fn listens(urls: &[String], endpoint: &Endpoint) -> bool {
    urls.iter()
        .filter_map(|url| Endpoint::parse(url))
        .any(|own| {
            own.port == endpoint.port
                && own.tls == endpoint.tls
                && (own.address == endpoint.address || own.address.is_unspecified())
        })
}
