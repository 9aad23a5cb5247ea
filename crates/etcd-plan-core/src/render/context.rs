//! What the templates are given: a struct a template.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct EtcdConf<'a> {
    pub(super) name: &'a str,
    pub(super) data_dir: String,
    pub(super) token: String,
    pub(super) init: String,
    pub(super) initial_cluster: String,
    pub(super) peer_url: String,
    pub(super) client_url: String,
    pub(super) listen_peer_url: String,
    pub(super) listen_client_urls: String,
    pub(super) election_timeout: u64,
    pub(super) heartbeat_interval: u64,
    pub(super) quota: u64,
    pub(super) auto_compaction_retention: String,
    pub(super) snapshot_count: Option<u64>,
    pub(super) extra: Vec<Entry<'a>>,
    pub(super) ca_file: String,
    pub(super) cert_file: String,
    pub(super) key_file: String,
}

/// One key of `etcd_extra_config`, with its value as JSON, which YAML takes.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) value: String,
}

#[derive(Serialize)]
pub(super) struct Unit<'a> {
    pub(super) name: &'a str,
    pub(super) config_file: String,
}

#[derive(Serialize)]
pub(super) struct Environment<'a> {
    pub(super) cluster: &'a str,
    pub(super) endpoints: String,
    pub(super) ca_file: String,
    pub(super) cert_file: String,
    pub(super) key_file: String,
}

#[derive(Serialize)]
pub(super) struct Target<'a> {
    pub(super) member: &'a str,
    pub(super) cluster: &'a str,
    pub(super) ip: String,
    pub(super) endpoint: String,
}
