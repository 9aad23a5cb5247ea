use std::collections::BTreeSet;

use etcd_plan::core::names::{EtcdId, HostName, HostPath};

use super::config::{Endpoint, TlsFiles};
use super::member::{MemberState, wal_file};
use super::tls::Side;
use super::{EtcdConfig, Instance};
use crate::host::{Host, program_version};
use crate::services::{Ended, UnitFile};
use crate::world::State;

/// The longest election timeout that etcd takes, in milliseconds (etcd `embed/config.go`).
const LONGEST_ELECTION_MS: u64 = 50_000;

/// What a start finds on the host itself.
struct Found {
    version: String,
    config: EtcdConfig,
    user: String,
    client_ca: Vec<u8>,
    peer_ca: Vec<u8>,
}

impl State {
    /// Starts the process of a unit that systemd knows; does nothing when it runs.
    ///
    /// A process that refuses leaves the unit failed, with the reason in its log.
    pub(crate) fn launch(&mut self, host: &HostName, unit: &str) {
        let key = (host.clone(), unit.to_owned());
        let Some(file) = self.host(host).units.loaded.get(unit).cloned() else {
            return;
        };
        if self.etcds.contains_key(&key) {
            return;
        }
        let started = look_around(self.host(host), &file).and_then(|found| {
            self.check_ports(host, &found.config)?;
            let data_dir = &found.config.data_dir;
            let member = match self.host(host).files.bytes(&wal_file(data_dir)) {
                Some(wal) => serde_json::from_slice(wal)
                    .map_err(|_| "failed to open WAL: wal: crc mismatch".to_owned())?,
                None => self.first_state(host, &found)?,
            };
            Ok((found, member))
        });
        match started {
            Ok((found, member)) => {
                let instance = Instance {
                    pid: self.new_pid(),
                    started_ms: self.now_ms,
                    version: found.version,
                    config: found.config,
                    user: found.user,
                    client_ca: found.client_ca,
                    peer_ca: found.peer_ca,
                    member,
                    ready: false,
                    leader: None,
                    log: vec!["starting etcd server".to_owned()],
                };
                instance.persist(self.host_mut(host), true);
                self.etcds.insert(key, instance);
            }
            Err(words) => {
                let units = &mut self.host_mut(host).units;
                units.ended.insert(unit.to_owned(), Ended::failed(words));
            }
        }
    }

    fn check_ports(&self, host: &HostName, config: &EtcdConfig) -> Result<(), String> {
        let here = self.host(host);
        for Endpoint { address, port, .. } in config.listens() {
            let shown = format!("listen tcp {}:{port}: bind", address.in_url());
            if !address.is_unspecified() && !here.has(&address) {
                return Err(format!("{shown}: cannot assign requested address"));
            }
            let foreign = here.foreign.iter().any(|held| held.port == port);
            let etcds = self.etcds.iter().filter(|((of, _), _)| of == host);
            let mut held = etcds
                .flat_map(|(_, etcd)| etcd.config.listens())
                .filter(|held| held.port == port);
            let overlaps = |held: Endpoint| {
                held.address == address || held.address.is_unspecified() || address.is_unspecified()
            };
            if foreign || held.any(overlaps) {
                return Err(format!("{shown}: address already in use"));
            }
        }
        Ok(())
    }

    /// Makes the state of a member without data, or says why etcd does not let it begin.
    fn first_state(&self, host: &HostName, found: &Found) -> Result<MemberState, String> {
        let config = &found.config;
        let own = config.urls_of(&config.name);
        if own.is_empty() {
            return Err(format!(
                "couldn't find local name \"{}\" in the initial cluster configuration",
                config.name
            ));
        }
        let mut advertised = config.peer_urls.clone();
        advertised.sort_unstable();
        if own != advertised {
            return Err(format!(
                "--initial-cluster has {}={} but missing from --initial-advertise-peer-urls={}",
                config.name,
                own.join(","),
                advertised.join(",")
            ));
        }
        let peers: Vec<&MemberState> = config
            .initial_cluster
            .iter()
            .filter(|(name, _)| *name != config.name)
            .filter_map(|(_, url)| self.peer_at(host, url, found))
            .collect();
        if config.existing {
            let peer = peers.first().ok_or(
                "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs",
            )?;
            return joining(config, peer);
        }
        let state = MemberState::bootstrap(config);
        let is_bootstrapped = |peer: &&MemberState| {
            peer.members
                .get(&state.id)
                .is_some_and(|known| !known.client_urls.is_empty())
        };
        if peers.iter().any(is_bootstrapped) {
            return Err(format!("member {} has already been bootstrapped", state.id));
        }
        Ok(state)
    }

    /// Asks the etcd at a peer URL for its members: it answers once it has served at all.
    fn peer_at(&self, from: &HostName, url: &str, found: &Found) -> Option<&MemberState> {
        let endpoint = Endpoint::parse(url)?;
        let host = self.route(from, &endpoint.address)?;
        let files = &self.host(from).files;
        let own = Side::of(files, &found.config.peer_tls, &found.peer_ca);
        self.etcds
            .iter()
            .filter(|((of, _), _)| *of == host.name)
            .filter(|(_, etcd)| etcd.ready && etcd.serves_peers_on(&endpoint))
            .find(|(_, etcd)| {
                own.meets(&Side::of(&host.files, &etcd.config.peer_tls, &etcd.peer_ca))
            })
            .map(|(_, etcd)| &etcd.member)
    }
}

/// Checks what the process needs on its own host, in the order in which it fails.
fn look_around(host: &Host, unit: &UnitFile) -> Result<Found, String> {
    let files = &host.files;
    let user = unit.user.clone();
    if !host.users.contains(&user) {
        return Err(format!(
            "Failed to determine user credentials: No such process ({user})"
        ));
    }
    let program = unit.program().ok_or("the unit has no ExecStart")?;
    let version = program_version(files, &program).ok_or_else(|| {
        format!("Failed to locate executable {program}: No such file or directory")
    })?;
    let path = unit.config().ok_or("the unit passes no --config-file")?;
    let text = String::from_utf8_lossy(files.read_as(&user, &path)?).into_owned();
    let config = EtcdConfig::parse(&text)?;
    check_timers(&config)?;
    let client_ca = check_tls(host, &user, &config.client_tls, &config.listen_client_urls)?;
    let peer_ca = check_tls(host, &user, &config.peer_tls, &config.listen_peer_urls)?;
    check_data_dir(host, &user, &config.data_dir)?;
    Ok(Found {
        version: version.to_string(),
        config,
        user,
        client_ca,
        peer_ca,
    })
}

fn check_timers(config: &EtcdConfig) -> Result<(), String> {
    let (election, heartbeat) = (config.election_ms, config.heartbeat_ms);
    if election < 5 * heartbeat {
        return Err(format!(
            "--election-timeout[{election}ms] should be at least as 5 times as --heartbeat-interval[{heartbeat}ms]"
        ));
    }
    if election > LONGEST_ELECTION_MS {
        return Err(format!(
            "--election-timeout[{election}ms] is too long, and should be set less than {LONGEST_ELECTION_MS}ms"
        ));
    }
    Ok(())
}

/// Reads the files of a TLS section and gives the content of the authority's certificate.
fn check_tls(host: &Host, user: &str, tls: &TlsFiles, urls: &[String]) -> Result<Vec<u8>, String> {
    let wants_tls = urls.iter().any(|url| url.starts_with("https://"));
    if wants_tls && (tls.cert.is_none() || tls.key.is_none()) {
        return Err("cannot listen on TLS: KeyFile and CertFile are not presented".to_owned());
    }
    for file in tls.all() {
        let path: HostPath = file.parse().map_err(|_| format!("open {file}: bad path"))?;
        host.files.read_as(user, &path)?;
    }
    if let Some(key) = &tls.key {
        let path = HostPath::fixed(key);
        let mode = host.files.get(&path).map_or(0, |node| node.mode);
        // The real etcd does not look; whoever deploys it must (facts.md S21).
        if mode & 0o077 != 0 {
            return Err(format!(
                "open {key}: others can read the key (mode {mode:04o})"
            ));
        }
    }
    let ca = tls.ca.as_ref().map(|ca| HostPath::fixed(ca));
    let ca = ca.and_then(|ca| host.files.bytes(&ca)).unwrap_or_default();
    Ok(ca.to_vec())
}

fn check_data_dir(host: &Host, user: &str, data_dir: &HostPath) -> Result<(), String> {
    let (folder, what) = match host.files.get(data_dir) {
        Some(_) => (data_dir.clone(), "open"),
        None => (data_dir.parent(), "mkdir"),
    };
    host.files
        .write_in_as(user, &folder)
        .map_err(|why| format!("cannot access data directory: {what} {data_dir}: {why}"))
}

/// Compares `initial-cluster` with the live members, as a joining member does (facts.md S16).
fn joining(config: &EtcdConfig, peer: &MemberState) -> Result<MemberState, String> {
    let invalid = |why: &str| format!("error validating peerURLs: {why}");
    let names: BTreeSet<&String> = config.initial_cluster.iter().map(|(n, _)| n).collect();
    if names.len() != peer.members.len() {
        return Err(invalid("member count is unequal"));
    }
    let id_with = |urls: &[String]| -> Option<EtcdId> {
        let same = |known: &[String]| {
            let mut known = known.to_vec();
            known.sort_unstable();
            known == urls
        };
        let members = peer.members.values();
        let mut found = members.filter(|member| same(&member.peer_urls));
        found.next().map(|member| member.id)
    };
    for name in names {
        if id_with(&config.urls_of(name)).is_none() {
            return Err(invalid("unmatched member while checking PeerURLs"));
        }
    }
    let id = id_with(&config.urls_of(&config.name))
        .ok_or_else(|| invalid("unmatched member while checking PeerURLs"))?;
    if !peer.members[&id].client_urls.is_empty() {
        return Err(format!(
            "panic: tocommit({}) is out of range [lastIndex(0)]. Was the raft log corrupted, truncated, or lost?",
            peer.index()
        ));
    }
    Ok(MemberState::joining(peer, id))
}
