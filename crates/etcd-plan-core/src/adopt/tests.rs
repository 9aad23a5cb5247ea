//! Facts of many kinds of clusters, and the inventories that they make.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Reading, Unreached, adopt, questions};
use crate::facts::HostFacts;
use crate::names::{EtcdId, HostPath};
use crate::op::{EndpointStatus, EtcdFacts, MemberFacts, ProcessFacts, ReadOp, Reply};
use crate::spec::{Connection, HostSpec};

/// A host with an etcd, as it answers.
#[derive(Clone)]
struct Host {
    name: String,
    member: usize,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    unit: Option<String>,
    files: BTreeMap<String, String>,
    /// Whether its etcd runs.
    runs: bool,
    cluster_id: u64,
}

/// A cluster, as its members know it.
struct World {
    hosts: Vec<Host>,
    listed: Vec<MemberFacts>,
}

const UNIT: &str = "/usr/bin/etcd --config-file /etc/etcd/etcd.conf";

fn conf(seq: usize, count: usize) -> String {
    let members: Vec<String> = (1..=count)
        .map(|seq| format!("etcd-{seq}=https://10.10.10.{}:2380", seq + 9))
        .collect();
    let (ip, tls) = (
        format!("10.10.10.{}", seq + 9),
        "  cert-file: /etc/etcd/server.crt\n  key-file: /etc/etcd/server.key\n  \
         client-cert-auth: true\n  trusted-ca-file: /etc/etcd/ca.crt\n",
    );
    format!(
        "name: etcd-{seq}\ndata-dir: /data/etcd\ninitial-cluster-token: etcd-cluster\n\
         initial-cluster-state: new\ninitial-cluster: {}\n\
         initial-advertise-peer-urls: https://{ip}:2380\nlisten-peer-urls: https://{ip}:2380\n\
         listen-client-urls: https://{ip}:2379,https://127.0.0.1:2379\n\
         advertise-client-urls: https://{ip}:2379\nelection-timeout: 1000\nheartbeat-interval: 100\n\
         auto-compaction-mode: periodic\nauto-compaction-retention: '24h'\n\
         quota-backend-bytes: 8589934592\n\
         client-transport-security:\n{tls}peer-transport-security:\n{tls}",
        members.join(",")
    )
}

/// A cluster of the original module.
fn original(count: usize) -> World {
    let hosts = (1..=count).map(|seq| Host {
        name: format!("10.10.10.{}", seq + 9),
        member: seq - 1,
        arguments: UNIT.split(' ').map(str::to_owned).collect(),
        environment: BTreeMap::new(),
        unit: Some("etcd".to_owned()),
        files: BTreeMap::from([
            ("/etc/etcd/etcd.conf".to_owned(), conf(seq, count)),
            ("/etc/etcd/ca.crt".to_owned(), "the CA\n".to_owned()),
            (
                "/etc/etcd/server.crt".to_owned(),
                format!("certificate {seq}\n"),
            ),
        ]),
        runs: true,
        cluster_id: 0xc,
    });
    let listed = (1..=count).map(|seq| MemberFacts {
        id: EtcdId(seq as u64),
        name: format!("etcd-{seq}"),
        peer_urls: vec![format!("https://10.10.10.{}:2380", seq + 9)],
        client_urls: vec![format!("https://10.10.10.{}:2379", seq + 9)],
        is_learner: false,
    });
    World {
        hosts: hosts.collect(),
        listed: listed.collect(),
    }
}

/// A cluster that flags set, as kubeadm does it.
fn by_flags() -> World {
    let mut world = original(3);
    for (host, known) in world.hosts.iter_mut().zip(&mut world.listed) {
        known.name = format!("node{}", host.member);
        let ip = &host.name;
        let flags = format!(
            "etcd --advertise-client-urls=https://{ip}:2379 --cert-file=/etc/kubernetes/pki/etcd/server.crt \
             --client-cert-auth=true --data-dir=/var/lib/etcd \
             --experimental-initial-corrupt-check=true \
             --experimental-watch-progress-notify-interval=5s \
             --initial-advertise-peer-urls=https://{ip}:2380 --initial-cluster=x=https://{ip}:2380 \
             --key-file=/etc/kubernetes/pki/etcd/server.key \
             --listen-client-urls=https://127.0.0.1:2379,https://{ip}:2379 \
             --listen-metrics-urls=http://127.0.0.1:2381 --listen-peer-urls=https://{ip}:2380 \
             --name=node{} --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt \
             --peer-client-cert-auth=true --peer-key-file=/etc/kubernetes/pki/etcd/peer.key \
             --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt --snapshot-count=10000 \
             --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
            host.member
        );
        host.arguments = flags.split_whitespace().map(str::to_owned).collect();
        host.unit = None;
        let file = |name: &str| format!("/etc/kubernetes/pki/etcd/{name}");
        host.files = BTreeMap::from([
            (file("ca.crt"), "the CA\n".to_owned()),
            (file("server.crt"), format!("certificate {}\n", host.member)),
        ]);
    }
    world
}

impl World {
    fn edit(&mut self, nth: usize, from: &str, to: &str) {
        let conf = self.hosts[nth]
            .files
            .get_mut("/etc/etcd/etcd.conf")
            .expect("it has one");
        assert!(conf.contains(from), "{from}");
        *conf = conf.replace(from, to);
    }

    fn edit_all(&mut self, from: &str, to: &str) {
        (0..self.hosts.len()).for_each(|nth| self.edit(nth, from, to));
    }

    fn etcd(&self, host: &Host) -> EtcdFacts {
        EtcdFacts {
            healthy: true,
            status: Some(EndpointStatus {
                cluster_id: EtcdId(host.cluster_id),
                member_id: self.listed[host.member].id,
                leader: EtcdId(1),
                version: "3.5.16".to_owned(),
                db_size: 1,
                db_size_in_use: None,
                revision: 1,
                raft_term: 1,
                raft_index: 1,
                raft_applied_index: 1,
                is_learner: false,
            }),
            members: self.listed.clone(),
            alarms: Vec::new(),
            said: String::new(),
        }
    }

    fn answer(&self, host: &Host, question: &ReadOp) -> Result<Reply, String> {
        Ok(match question {
            ReadOp::Processes => {
                let process = ProcessFacts {
                    pid: 4711,
                    unit: host.unit.clone(),
                    arguments: host.arguments.clone(),
                    environment: host.environment.clone(),
                };
                Reply::Processes(if host.runs { vec![process] } else { Vec::new() })
            }
            ReadOp::ReadFile { path } => {
                let content = host.files.get(path.as_str());
                Reply::Bytes(content.map(|content| content.clone().into_bytes()))
            }
            ReadOp::Etcd { access } if host.runs => {
                let known = &self.listed[host.member];
                let is_it = known.client_urls.contains(&access.endpoint);
                Reply::Etcd(if is_it {
                    self.etcd(host)
                } else {
                    EtcdFacts::default()
                })
            }
            ReadOp::Etcd { .. } => Reply::Etcd(EtcdFacts {
                said: "connection refused".to_owned(),
                ..EtcdFacts::default()
            }),
            _ => return Err("not of interest".to_owned()),
        })
    }

    /// Asks as the driver does, and counts the rounds.
    fn read(&self, host: &Host) -> (Reading, usize) {
        let spec = HostSpec {
            name: host.name.parse().expect("a name"),
            connection: Connection {
                user: Some("admin".to_owned()),
                become_user: Some("root".to_owned()),
                ..Connection::default()
            },
        };
        let (mut facts, mut rounds) = (HostFacts::default(), 0);
        loop {
            let questions = questions(&spec, "", &facts);
            if questions.is_empty() {
                break;
            }
            rounds += 1;
            for question in questions {
                let answer = self.answer(host, &question);
                facts.insert(question, answer);
            }
        }
        let reading = Reading {
            host: spec,
            root: String::new(),
            facts: Ok(facts),
        };
        (reading, rounds)
    }

    fn readings(&self) -> Vec<Reading> {
        self.hosts.iter().map(|host| self.read(host).0).collect()
    }

    /// Gives all that comes of it as a text.
    fn adopted(&self) -> String {
        shown(&self.readings())
    }
}

fn shown(readings: &[Reading]) -> String {
    let mut text = String::new();
    match adopt(readings, &"etcd".parse().expect("a name")) {
        Ok(adoption) => {
            let inventory = crate::inventory::Inventory::parse(&adoption.inventory, "made");
            let inventory = inventory.expect("an inventory");
            let resolved =
                crate::spec::resolve(&inventory, &crate::inventory::ExtraVars::default());
            let resolved =
                resolved.unwrap_or_else(|findings| panic!("{findings}\n{}", adoption.inventory));
            let names: Vec<&str> = resolved.clusters[0]
                .members
                .iter()
                .map(|m| m.name.as_str())
                .collect();
            let adopted: Vec<&str> = adoption.members.iter().map(|m| m.name.as_str()).collect();
            assert_eq!(names, adopted);
            text.push_str(&adoption.inventory);
            for note in &adoption.notes {
                write!(text, "\nnote: {note}").expect("a String takes everything");
            }
        }
        Err(problems) => {
            for problem in problems {
                writeln!(text, "{problem}").expect("a String takes everything");
            }
        }
    }
    text
}

#[test]
fn a_cluster_of_the_original_module_is_read_at_once_and_says_little() {
    let world = original(3);
    assert_eq!(world.read(&world.hosts[0]).1, 1, "rounds");
    insta::assert_snapshot!(world.adopted());
}

#[test]
fn settings_that_are_not_by_default_become_parameters() {
    let mut world = original(1);
    for (from, to) in [
        ("data-dir: /data/etcd", "data-dir: /var/lib/etcd"),
        ("election-timeout: 1000", "election-timeout: 5000"),
        (
            "heartbeat-interval: 100\n",
            "heartbeat-interval: 250\nmax-txn-ops: 1024\nenable-pprof: true\nsnapshot-count: 5000\nmade-up: 1\nforce-new-cluster: false\nunsafe-no-fsync: true\nlog-outputs: [stderr]\n",
        ),
        ("auto-compaction-retention: '24h'\n", ""),
        ("quota-backend-bytes: 8589934592\n", ""),
        (":2379", ":3379"),
        (":2380", ":3380"),
    ] {
        world.edit_all(from, to);
    }
    world.listed[0].peer_urls = vec!["https://10.10.10.10:3380".to_owned()];
    world.listed[0].client_urls = vec!["https://10.10.10.10:3379".to_owned()];
    assert_eq!(world.read(&world.hosts[0]).1, 2, "rounds");
    insta::assert_snapshot!(world.adopted());
}

#[test]
fn a_cluster_of_flags_comes_as_near_as_parameters_go() {
    insta::assert_snapshot!(by_flags().adopted());
}

#[test]
fn a_cluster_of_debian_is_set_by_its_environment() {
    let mut world = original(1);
    let host = &mut world.hosts[0];
    host.name = "db-1".to_owned();
    host.arguments = vec!["/usr/bin/etcd".to_owned()];
    let variables = [
        ("ETCD_NAME", "db-1"),
        ("ETCD_DATA_DIR", "/var/lib/etcd/default"),
        ("ETCD_LISTEN_PEER_URLS", "https://0.0.0.0:2380"),
        ("ETCD_LISTEN_CLIENT_URLS", "https://0.0.0.0:2379"),
        (
            "ETCD_INITIAL_ADVERTISE_PEER_URLS",
            "https://10.10.10.10:2380",
        ),
        ("ETCD_ADVERTISE_CLIENT_URLS", "https://10.10.10.10:2379"),
        ("ETCD_CERT_FILE", "/etc/ssl/etcd.crt"),
        ("ETCD_KEY_FILE", "/etc/ssl/etcd.key"),
        ("ETCD_TRUSTED_CA_FILE", "/etc/ssl/ca.crt"),
        ("ETCD_PEER_AUTO_TLS", "true"),
        ("ETCD_AUTO_COMPACTION_MODE", "revision"),
        ("ETCD_AUTO_COMPACTION_RETENTION", "1000"),
    ];
    host.environment = variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    world.listed[0].name = "db-1".to_owned();
    insta::assert_snapshot!(world.adopted());
}

#[test]
fn members_that_differ_are_said() {
    let mut world = original(3);
    world.edit(
        1,
        "heartbeat-interval: 100",
        "heartbeat-interval: 150\nmax-txn-ops: 7",
    );
    world.hosts[2].runs = false;
    world.listed[2].is_learner = true;
    insta::assert_snapshot!(world.adopted());
}

#[test]
fn what_is_in_the_way_is_said_all_at_once() {
    let mut world = original(3);
    world.edit(
        0,
        "advertise-client-urls: https://",
        "advertise-client-urls: http://",
    );
    world.hosts[1].runs = false;
    world.hosts[1].files.clear();
    let mut readings = world.readings();
    readings[2].facts = Err(Unreached {
        why: "connection timed out".to_owned(),
        hint: "see that it runs".to_owned(),
    });
    insta::assert_snapshot!(shown(&readings));
}

#[test]
fn members_that_were_not_named_and_hosts_of_other_clusters_are_said() {
    let mut world = original(3);
    world.hosts.pop();
    insta::assert_snapshot!("not named", world.adopted());
    let mut world = original(3);
    world.hosts[2].cluster_id = 0xd;
    insta::assert_snapshot!("other clusters", world.adopted());
    let mut world = original(2);
    world.hosts[1].member = 0;
    world.hosts[1].files = world.hosts[0].files.clone();
    insta::assert_snapshot!("twice", world.adopted());
}

#[test]
fn keys_are_not_among_the_questions() {
    for world in [original(1), by_flags()] {
        let (reading, _) = world.read(&world.hosts[0]);
        let facts = reading.facts.expect("it was read");
        let is_key = |path: &HostPath| {
            path.file_name()
                .rsplit_once('.')
                .is_some_and(|(_, end)| end == "key")
        };
        let mut asked = facts.iter();
        assert!(
            !asked.any(|(asked, _)| matches!(asked, ReadOp::ReadFile { path } if is_key(path)))
        );
        assert!(super::key_file(&facts, "").is_some_and(|path| is_key(&path)));
    }
}
