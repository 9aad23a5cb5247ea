//! Three members of a real etcd, as processes of a sandbox.

use std::sync::Arc;

use etcd_plan_core::names::{Millis, Port};
use etcd_plan_core::op::{
    Awaited, Batch, EtcdAccess, FileContent, Op, OpResult, Ownership, ReadOp, Reply, ServiceState,
    WriteOp,
};

use super::support::{is_in_path, path, service, skipped};
use crate::executor::sandbox::SandboxExecutor;
use crate::executor::shell::{ShellProcess, ShellSession};
use crate::executor::{Executor as _, Session, Target};

/// Not those of the example, which can run at the same time.
const ADDRESSES: [&str; 3] = ["127.0.0.51", "127.0.0.52", "127.0.0.53"];

/// Not etcd's own, which somebody can have for all addresses of the machine.
const CLIENT: u16 = 23_790;
const PEER: u16 = 23_800;

/// A sandbox whose processes end with the test, however that ends.
struct Cluster {
    executor: Arc<SandboxExecutor>,
    _dir: tempfile::TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.executor.stop_all();
        assert!(std::thread::panicking() || stopped.is_ok(), "{stopped:?}");
    }
}

impl Cluster {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        Self {
            executor: Arc::new(SandboxExecutor::new(dir.path())),
            _dir: dir,
        }
    }

    fn connect(&self, address: &str) -> ShellSession<ShellProcess> {
        let host = address.parse().expect("a host name");
        let session = self.executor.open(&host, address.parse().ok());
        session.expect("a session")
    }

    fn connect_as_users_do(&self, address: &str) -> Box<dyn Session> {
        let target = Target {
            host: address.parse().expect("a host name"),
            address: address.to_owned(),
            port: None,
            user: None,
            private_key_file: None,
            ssh_common_args: None,
            become_user: None,
            local: false,
        };
        self.executor.connect(&target).expect("a session")
    }

    fn config(&self, address: &str) -> String {
        let host = address.parse().expect("a host name");
        let root = self.executor.root(&host).expect("a root folder");
        let peers = ADDRESSES.map(|peer| format!("{peer}=http://{peer}:{PEER}"));
        format!(
            "name: {address}\n\
             data-dir: {}/data/etcd\n\
             initial-cluster-token: a-test\n\
             initial-cluster-state: new\n\
             initial-cluster: {}\n\
             initial-advertise-peer-urls: http://{address}:{PEER}\n\
             listen-peer-urls: http://{address}:{PEER}\n\
             listen-client-urls: http://{address}:{CLIENT}\n\
             advertise-client-urls: http://{address}:{CLIENT}\n",
            root.display(),
            peers.join(",")
        )
    }
}

fn access(address: &str) -> EtcdAccess {
    EtcdAccess {
        endpoint: format!("http://{address}:{CLIENT}"),
        cacert: path("/etc/etcd/ca.crt"),
        cert: path("/etc/etcd/server.crt"),
        key: path("/etc/etcd/server.key"),
    }
}

/// Does everything that brings one member up, in two round trips.
fn launch(
    mut session: ShellSession<ShellProcess>,
    address: &str,
    config: String,
    delay: Millis,
) -> Awaited {
    let conf = path("/etc/etcd/etcd.conf");
    let owner = Ownership::both("etcd");
    let chain = [
        WriteOp::MakeDir {
            path: path("/data/etcd"),
            owner: owner.clone(),
            mode: 0o700,
        },
        WriteOp::StageFile {
            path: conf.clone(),
            content: FileContent::Shown(config),
            owner,
            mode: 0o644,
        },
        WriteOp::PromoteFile { path: conf },
        WriteOp::StartService {
            service: service("etcd"),
            delay,
        },
    ];
    let batch = Batch {
        chains: vec![chain.map(Op::Write).to_vec()],
    };
    let results = session.run(&batch).expect("an answer");
    assert_eq!(results, vec![Ok(Reply::Done); 4]);
    let question = ReadOp::AwaitHealthy {
        service: service("etcd"),
        as_learner: true,
        access: access(address),
        timeout: Millis(120_000),
    };
    match ask(&mut session, question) {
        Ok(Reply::Awaited(awaited)) => awaited,
        other => panic!("{other:?}"),
    }
}

fn ask(session: &mut dyn Session, question: ReadOp) -> OpResult {
    session.read(&[question]).expect("an answer").remove(0)
}

#[test]
fn three_members_come_up_tell_of_themselves_and_go_down() {
    if !is_in_path("etcd") || !is_in_path("etcdctl") {
        return skipped("a cluster of three, since etcd is not installed");
    }
    let cluster = Cluster::new();
    let launches: Vec<_> = (0..)
        .zip(ADDRESSES)
        .map(|(nth, address)| {
            let session = cluster.connect(address);
            let config = cluster.config(address);
            std::thread::spawn(move || launch(session, address, config, Millis(nth * 60)))
        })
        .collect();
    for launch in launches {
        let awaited = launch.join().expect("a launch");
        assert!(awaited.etcd.healthy, "{awaited:?}");
        assert_eq!(awaited.service.state, ServiceState::Running);
        assert_eq!(awaited.etcd.members.len(), 3);
        assert_eq!((awaited.etcd.said.as_str(), awaited.log.as_str()), ("", ""));
    }
    assert_eq!(cluster.executor.processes().expect("processes").len(), 3);

    let mut session = cluster.connect_as_users_do(ADDRESSES[0]);
    let Ok(Reply::Etcd(facts)) = ask(
        &mut *session,
        ReadOp::Etcd {
            access: access(ADDRESSES[0]),
        },
    ) else {
        panic!("no facts");
    };
    let status = facts.status.expect("a status");
    assert!(
        facts
            .members
            .iter()
            .any(|member| member.id == status.leader)
    );
    assert!(
        facts
            .members
            .iter()
            .any(|member| member.name == ADDRESSES[0])
    );
    assert_eq!(facts.alarms, []);
    let question = ReadOp::KeyCount {
        access: access(ADDRESSES[0]),
    };
    let counted = ask(&mut *session, question);
    assert_eq!(counted, Ok(Reply::KeyCount(Some(0))));
    let question = ReadOp::Holdings {
        access: access(ADDRESSES[0]),
    };
    let Ok(Reply::Holdings(Some(held))) = ask(&mut *session, question) else {
        panic!("no answer");
    };
    assert!(
        held.prefixes.is_empty() && held.leases == Some(0),
        "{held:?}"
    );
    // A machine that has neither curl nor wget cannot tell.
    assert!(
        held.watchers.is_none_or(|watchers| watchers == 0),
        "{held:?}"
    );
    let Ok(Reply::DataDir(data)) = ask(
        &mut *session,
        ReadOp::DataDir {
            path: path("/data/etcd"),
        },
    ) else {
        panic!("no facts");
    };
    assert!(data.exists && data.wal && !data.empty);

    // The members share the machine and the ports, but each host has its own listeners.
    let ports = vec![Port::new(CLIENT), Port::new(PEER)];
    let Ok(Reply::Listeners(listeners)) = ask(&mut *session, ReadOp::Listeners { ports }) else {
        panic!("no facts");
    };
    assert_eq!(listeners.len(), 2, "{listeners:?}");
    for listener in listeners {
        assert_eq!(listener.address.to_string(), ADDRESSES[0]);
        assert_eq!(listener.program.as_deref(), Some("etcd"));
    }

    // Two of three members are gone: what is left says that it is not healthy.
    for address in &ADDRESSES[1..] {
        let stop = Batch {
            chains: vec![vec![Op::Write(WriteOp::StopService {
                service: service("etcd"),
                timeout: Millis(60_000),
                kill_after: None,
            })]],
        };
        let stopped = cluster.connect(address).run(&stop);
        assert_eq!(stopped, Ok(vec![Ok(Reply::Done)]));
    }
    let Ok(Reply::Etcd(facts)) = ask(
        &mut *session,
        ReadOp::Etcd {
            access: access(ADDRESSES[0]),
        },
    ) else {
        panic!("no facts");
    };
    assert!(!facts.healthy && facts.status.is_some() && !facts.said.is_empty());
    let question = ReadOp::AwaitHealthy {
        service: service("etcd"),
        as_learner: true,
        access: access(ADDRESSES[0]),
        timeout: Millis(100),
    };
    let Ok(Reply::Awaited(awaited)) = ask(&mut *session, question) else {
        panic!("no facts");
    };
    assert!(!awaited.etcd.healthy && !awaited.log.is_empty());

    cluster.executor.stop_all().expect("all end");
    assert_eq!(cluster.executor.processes().expect("none"), []);
    // Nothing answers any more, and that is known soon.
    let Ok(Reply::Etcd(facts)) = ask(
        &mut *session,
        ReadOp::Etcd {
            access: access(ADDRESSES[0]),
        },
    ) else {
        panic!("no facts");
    };
    assert!(!facts.healthy && facts.status.is_none() && !facts.said.is_empty());
}
