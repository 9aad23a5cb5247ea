use etcd_plan::core::names::{HostPath, Millis};
use etcd_plan::core::op::{
    Awaited, Batch, EtcdAccess, FileContent, Op, OpResult, Ownership, ReadOp, Reply, Service,
    WriteOp,
};
use etcd_plan::executor::{Session as _, SessionError};

use crate::session::SimSession;
use crate::{Node, SimExecutor, SimWorld};

pub(super) const HOSTS: [&str; 3] = ["10.10.10.11", "10.10.10.12", "10.10.10.13"];

/// A configuration whose every line a test can replace.
pub(super) fn conf(host: &str, cluster: &[&str], token: &str, state: &str) -> String {
    let members: Vec<String> = cluster
        .iter()
        .map(|host| format!("{}=https://{host}:2380", member(host)))
        .collect();
    format!(
        "name: {name}\n\
         data-dir: /data/etcd\n\
         initial-cluster: {members}\n\
         initial-cluster-token: {token}\n\
         initial-cluster-state: {state}\n\
         initial-advertise-peer-urls: https://{host}:2380\n\
         listen-peer-urls: https://{host}:2380\n\
         advertise-client-urls: https://{host}:2379\n\
         listen-client-urls: https://{host}:2379,https://127.0.0.1:2379\n\
         election-timeout: 1000\n\
         heartbeat-interval: 100\n\
         client-transport-security:\n\
         \x20 cert-file: /etc/etcd/server.crt\n\
         \x20 key-file: /etc/etcd/server.key\n\
         \x20 trusted-ca-file: /etc/etcd/ca.crt\n\
         \x20 client-cert-auth: true\n\
         peer-transport-security:\n\
         \x20 cert-file: /etc/etcd/server.crt\n\
         \x20 key-file: /etc/etcd/server.key\n\
         \x20 trusted-ca-file: /etc/etcd/ca.crt\n\
         \x20 client-cert-auth: true\n",
        name = member(host),
        members = members.join(","),
    )
}

/// Gives the member name of a host: `etcd-1` of `10.10.10.11`.
pub(super) fn member(host: &str) -> String {
    format!("etcd-{}", host.chars().next_back().expect("a host name"))
}

pub(super) fn service() -> Service {
    Service {
        name: "etcd".to_owned(),
        program: HostPath::fixed("/usr/bin/etcd"),
        config: HostPath::fixed("/etc/etcd/etcd.conf"),
    }
}

pub(super) fn access(host: &str) -> EtcdAccess {
    EtcdAccess {
        endpoint: format!("https://{host}:2379"),
        cacert: HostPath::fixed("/etc/etcd/ca.crt"),
        cert: HostPath::fixed("/etc/etcd/server.crt"),
        key: HostPath::fixed("/etc/etcd/server.key"),
    }
}

pub(super) fn etcd() -> Ownership {
    Ownership::both("etcd")
}

fn stage(path: &str, content: &str, mode: u32) -> [WriteOp; 2] {
    let path = HostPath::fixed(path);
    [
        WriteOp::StageFile {
            path: path.clone(),
            content: FileContent::Shown(content.to_owned()),
            owner: etcd(),
            mode,
        },
        WriteOp::PromoteFile { path },
    ]
}

/// Everything that a host needs before etcd can start.
pub(super) fn prepare(conf: &str) -> Vec<WriteOp> {
    let make_dir = |path: &str, mode| WriteOp::MakeDir {
        path: HostPath::fixed(path),
        owner: etcd(),
        mode,
    };
    let unit = "[Service]\nUser=etcd\nExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf\n";
    let mut writes = vec![
        WriteOp::InstallPackage { version: None },
        make_dir("/etc/etcd", 0o750),
        make_dir("/data/etcd", 0o700),
    ];
    writes.extend(stage("/etc/etcd/etcd.conf", conf, 0o644));
    writes.extend(stage("/etc/etcd/ca.crt", "ca", 0o644));
    writes.extend(stage("/etc/etcd/server.crt", "crt", 0o644));
    writes.extend(stage("/etc/etcd/server.key", "key", 0o600));
    writes.extend(stage("/etc/systemd/system/etcd.service", unit, 0o644));
    writes.push(WriteOp::ReloadUnits { service: service() });
    writes.push(WriteOp::EnableService { service: service() });
    writes
}

pub(super) fn start() -> WriteOp {
    WriteOp::StartService {
        service: service(),
        delay: Millis(0),
    }
}

pub(super) fn chain(writes: impl IntoIterator<Item = WriteOp>) -> Batch {
    Batch {
        chains: vec![writes.into_iter().map(Op::Write).collect()],
    }
}

pub(super) fn write(
    session: &mut SimSession,
    writes: impl IntoIterator<Item = WriteOp>,
) -> Result<Vec<OpResult>, SessionError> {
    session.carry_out(&chain(writes))
}

/// Carries out writes on a host in a session of their own; all must succeed.
pub(super) fn must_write(world: &SimWorld, host: &str, writes: impl IntoIterator<Item = WriteOp>) {
    let executor = SimExecutor::new(world);
    let mut session = executor
        .open(&SimExecutor::target(host))
        .expect("the host is there");
    let results = write(&mut session, writes).expect("the session lives");
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// Asks one question in a session of its own.
pub(super) fn ask(world: &SimWorld, host: &str, question: ReadOp) -> Reply {
    let executor = SimExecutor::new(world);
    let mut session = executor
        .open(&SimExecutor::target(host))
        .expect("the host is there");
    let mut answers = session.read(&[question]).expect("the session lives");
    answers.remove(0).expect("the question can be answered")
}

pub(super) fn await_healthy(host: &str) -> ReadOp {
    ReadOp::AwaitHealthy {
        service: service(),
        as_learner: true,
        access: access(host),
        timeout: Millis(10_000),
    }
}

pub(super) fn awaited(world: &SimWorld, host: &str) -> Awaited {
    match ask(world, host, await_healthy(host)) {
        Reply::Awaited(awaited) => awaited,
        other => panic!("another kind of answer: {other:?}"),
    }
}

/// Prepares hosts as new members of one cluster, and starts none.
pub(super) fn prepared(hosts: &[&str], token: &str) -> SimWorld {
    let world = SimWorld::of(&HOSTS);
    for host in hosts {
        must_write(&world, host, prepare(&conf(host, hosts, token, "new")));
    }
    world
}

/// Makes a running cluster of these hosts.
pub(super) fn running(hosts: &[&str], token: &str) -> SimWorld {
    let world = prepared(hosts, token);
    for host in hosts {
        world.start_service(host, "etcd").expect("a known unit");
    }
    world
}

/// Gives a host another configuration.
pub(super) fn reconfigure(world: &SimWorld, host: &str, conf: &str) {
    let file = Node::file(conf, etcd(), 0o644);
    world.put_file(host, "/etc/etcd/etcd.conf", file);
}
