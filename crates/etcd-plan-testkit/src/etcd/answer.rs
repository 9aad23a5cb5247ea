use std::collections::BTreeMap;

use etcd_plan::core::cert::CertificateFacts;
use etcd_plan::core::names::{EtcdId, HostName, HostPath, Port};
use etcd_plan::core::op::{Alarm, EndpointStatus, EtcdAccess, EtcdFacts, Holdings, Listener};

use super::Instance;
use super::client::serving;
use super::config::Endpoint;
use super::tls::Side;
use crate::files::FileTree;
use crate::world::{ProcessKey, State};

impl State {
    /// Says what `etcdctl` on a host learns from an endpoint.
    pub(crate) fn etcd_facts(&self, from: &HostName, access: &EtcdAccess) -> EtcdFacts {
        let silent = |said: String| EtcdFacts {
            said,
            ..EtcdFacts::default()
        };
        let etcd = match self.dial(from, access) {
            Ok(key) => &self.etcds[key],
            Err(said) => return silent(said),
        };
        // The port is open before there is a quorum, but nobody answers (facts.md S1).
        if !etcd.ready {
            return silent("context deadline exceeded".to_owned());
        }
        let served = serving(etcd);
        let members = match served {
            Ok(()) => etcd.member.members.values().cloned().collect(),
            Err(_) => Vec::new(),
        };
        EtcdFacts {
            // `etcdctl` of 3.5 and later counts an alarm as well.
            healthy: served.is_ok() && etcd.member.full.is_empty(),
            status: Some(status(etcd)),
            members,
            alarms: match served {
                Ok(()) => {
                    let raised = self.alarms.get(&etcd.member.cluster_id);
                    let full = etcd.member.full.iter().copied().map(nospace);
                    raised.into_iter().flatten().cloned().chain(full).collect()
                }
                Err(_) => Vec::new(),
            },
            said: served.err().unwrap_or_default(),
        }
    }

    /// Counts the keys of the cluster at an endpoint, if it serves.
    pub(crate) fn key_count(&self, from: &HostName, access: &EtcdAccess) -> Option<u64> {
        let etcd = &self.etcds[self.dial(from, access).ok()?];
        let serves = etcd.ready && serving(etcd).is_ok();
        serves.then_some(etcd.member.kv.len() as u64)
    }

    /// Says what depends on the cluster at an endpoint, if it serves. Simulated clients hold no leases,
    /// and watch nothing.
    pub(crate) fn holdings(&self, from: &HostName, access: &EtcdAccess) -> Option<Holdings> {
        self.key_count(from, access)?;
        let etcd = &self.etcds[self.dial(from, access).ok()?];
        let mut prefixes = BTreeMap::new();
        for key in etcd.member.kv.keys() {
            let mut parts = key.splitn(3, '/');
            let prefix = match (parts.next(), parts.next(), parts.next()) {
                (Some(""), Some(name), Some(_)) => format!("/{name}/"),
                _ => "*".to_owned(),
            };
            *prefixes.entry(prefix).or_default() += 1;
        }
        Some(Holdings {
            prefixes,
            leases: Some(0),
            watchers: Some(0),
        })
    }

    /// Says whether the cluster at an endpoint has users, if it serves.
    pub(crate) fn auth(&self, from: &HostName, access: &EtcdAccess) -> Option<bool> {
        let etcd = &self.etcds[self.dial(from, access).ok()?];
        let serves = etcd.ready && serving(etcd).is_ok();
        serves.then(|| self.with_users.contains(&etcd.member.cluster_id))
    }

    /// Says who listens on ports of a host.
    pub(crate) fn listeners(&self, host: &HostName, ports: &[Port]) -> Vec<Listener> {
        let etcds = self.etcds.iter().filter(|((of, _), _)| of == host);
        let etcds = etcds.flat_map(|(_, etcd)| {
            etcd.config.listens().map(|endpoint| Listener {
                address: endpoint.address,
                port: endpoint.port,
                pid: Some(etcd.pid),
                program: Some("etcd".to_owned()),
            })
        });
        let foreign = self.host(host).foreign.iter().cloned();
        foreign
            .chain(etcds)
            .filter(|listener| ports.contains(&listener.port))
            .collect()
    }

    /// Gives the digest of the certificate that an etcd shows at an endpoint.
    pub(crate) fn presented(&self, from: &HostName, access: &EtcdAccess) -> Option<String> {
        let key = self.dial(from, access).ok()?;
        let path = self.etcds[key].config.client_tls.cert.as_ref()?;
        let shown = self.host(&key.0).files.bytes(&path.parse().ok()?)?;
        Some(CertificateFacts::parse(shown).ok()?.sha256())
    }

    /// Finds the etcd that answers at an endpoint.
    pub(crate) fn dial(&self, from: &HostName, access: &EtcdAccess) -> Result<&ProcessKey, String> {
        let files = &self.host(from).files;
        let endpoint = Endpoint::parse(&access.endpoint)
            .ok_or_else(|| format!("parse \"{}\": invalid URL", access.endpoint))?;
        let ca = read(files, &access.cacert)?;
        let certificate = read(files, &access.cert)?;
        read(files, &access.key)?;
        let refused = || {
            format!(
                "dial tcp {}:{}: connect: connection refused",
                endpoint.address.in_url(),
                endpoint.port
            )
        };
        let host = self.route(from, &endpoint.address).ok_or_else(refused)?;
        let (key, etcd) = self
            .etcds
            .iter()
            .filter(|((of, _), _)| *of == host.name)
            .find(|(_, etcd)| etcd.serves_clients_on(&endpoint))
            .ok_or_else(refused)?;
        let client = Side {
            ca,
            certificate: Some(certificate),
        };
        let server = Side::of(&host.files, &etcd.config.client_tls, &etcd.client_ca);
        if endpoint.tls && !client.meets(&server) {
            let words = "transport: authentication handshake failed: x509: certificate signed by unknown authority";
            return Err(words.to_owned());
        }
        Ok(key)
    }
}

fn nospace(id: EtcdId) -> Alarm {
    Alarm {
        member_id: id,
        kind: "NOSPACE".to_owned(),
    }
}

fn status(etcd: &Instance) -> EndpointStatus {
    let member = &etcd.member;
    EndpointStatus {
        cluster_id: member.cluster_id,
        member_id: member.id,
        leader: etcd.leader.unwrap_or(EtcdId(0)),
        version: etcd.version.clone(),
        db_size: member.db_size(),
        db_size_in_use: Some(member.db_size_in_use()),
        revision: member.revision,
        raft_term: member.term,
        raft_index: member.index(),
        raft_applied_index: member.index(),
        is_learner: !member.votes(),
    }
}

fn read<'a>(files: &'a FileTree, path: &HostPath) -> Result<&'a [u8], String> {
    files
        .bytes(path)
        .ok_or_else(|| format!("open {path}: no such file or directory"))
}
