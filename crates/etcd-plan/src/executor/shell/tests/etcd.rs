use etcd_plan_core::names::Millis;
use etcd_plan_core::op::{Awaited, EtcdAccess, EtcdFacts, ReadOp, Reply, ServiceState, WriteOp};

use super::support::{Host, path, service, with_each_shell};

/// Plays etcdctl with recorded answers; what `quorum` beside it says decides about its health.
const ETCDCTL: &str = r#"
dir=${0%/bin/*}
echo "$*" >>"$dir/calls"
case "$*" in
    *'endpoint status'*) cat "$dir/status" ;;
    *'endpoint health'*) [ -e "$dir/healthy" ] || { echo 'Error: unhealthy cluster' >&2; exit 1; } ;;
    *'member list'*) echo '{"members":[{"ID":7,"name":"etcd-1"}]}' ;;
    *'alarm list'*) echo '{}' ;;
esac
"#;
const LEADER: &str =
    r#"[{"Status":{"header":{"cluster_id":1,"member_id":7},"version":"3.5.16","leader":7}}]"#;
/// Without a port: whether anybody listens there cannot be told, so etcdctl is asked.
const HTTP: &str = "http://127.0.0.11";
const NO_LEADER: &str =
    r#"[{"Status":{"header":{"cluster_id":1,"member_id":7},"version":"3.5.16"}}]"#;
const LEARNER: &str = r#"[{"Status":{"header":{"cluster_id":1,"member_id":8},"version":"3.5.16","leader":7,"isLearner":true}}]"#;

fn access(endpoint: &str) -> EtcdAccess {
    EtcdAccess {
        endpoint: endpoint.to_owned(),
        cacert: path("/etc/etcd/ca.crt"),
        cert: path("/etc/etcd/server.crt"),
        key: path("/etc/etcd/server.key"),
    }
}

fn ask(host: &mut Host, endpoint: &str) -> EtcdFacts {
    let access = access(endpoint);
    match host.read(ReadOp::Etcd { access }) {
        Ok(Reply::Etcd(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

fn wait(host: &mut Host, endpoint: &str, timeout: u64) -> Awaited {
    match host.read(ReadOp::AwaitHealthy {
        service: service("etcd"),
        as_learner: true,
        access: access(endpoint),
        timeout: Millis(timeout),
    }) {
        Ok(Reply::Awaited(awaited)) => awaited,
        other => panic!("{other:?}"),
    }
}

fn put(host: &Host, name: &str, text: &str) {
    std::fs::write(host.place("..").join(name), text).expect("a file");
}

#[test]
fn nothing_is_asked_where_nothing_can_be_asked() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[("etcdctl", ETCDCTL)]);
        let facts = ask(&mut host, "https://127.0.0.11:2379");
        assert!(!facts.healthy && facts.status.is_none());
        assert!(facts.said.contains("/etc/etcd/ca.crt"), "{}", facts.said);
        // Port 9 is kept for throwing things away, and nothing listens there.
        let facts = ask(&mut host, "http://127.0.0.11:9");
        assert_eq!(facts.said, "nobody listens at http://127.0.0.11:9");
        assert!(!host.place("../calls").exists());
    });
}

#[test]
fn a_healthy_member_tells_everything() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[("etcdctl", ETCDCTL)]);
        put(&host, "status", LEADER);
        put(&host, "healthy", "");
        let facts = ask(&mut host, HTTP);
        assert!(facts.healthy && facts.said.is_empty(), "{facts:?}");
        assert_eq!(facts.status.expect("a status").version, "3.5.16");
        assert_eq!(facts.members[0].name, "etcd-1");
        assert_eq!(facts.alarms, []);
    });
}

#[test]
fn tls_files_are_those_of_the_host() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[("etcdctl", ETCDCTL)]);
        put(&host, "status", NO_LEADER);
        let folder = host.place("/etc/etcd");
        std::fs::create_dir_all(&folder).expect("a folder");
        for file in ["ca.crt", "server.crt", "server.key"] {
            std::fs::write(folder.join(file), "").expect("a file");
        }
        let facts = ask(&mut host, "https://127.0.0.11");
        assert_eq!(facts.status.expect("a status").leader.0, 0);
        assert!(!facts.healthy);
        assert_eq!(facts.said, "the member knows no leader");
        // Without a leader the other questions would only wait for their timeouts.
        let calls = std::fs::read_to_string(host.place("../calls")).expect("calls");
        let folder = folder.display();
        assert_eq!(
            calls,
            format!(
                "--endpoints https://127.0.0.11 --command-timeout 3s \
                 --cacert {folder}/ca.crt --cert {folder}/server.crt --key {folder}/server.key \
                 endpoint status -w json\n"
            )
        );
    });
}

#[test]
fn waiting_ends_with_health_failure_or_the_time() {
    with_each_shell(|shell| {
        let sleeps = ("etcd", "echo 'a word of etcd'; exec sleep 60");
        let mut host = Host::with_programs(shell, &[("etcdctl", ETCDCTL), sleeps]);
        put(&host, "status", NO_LEADER);
        let dead = wait(&mut host, HTTP, 60_000);
        assert_eq!(dead.service.state, ServiceState::Stopped);
        host.write(WriteOp::StartService {
            service: service("etcd"),
            delay: Millis(0),
        })
        .expect("a start");
        let late = wait(&mut host, HTTP, 200);
        assert_eq!(late.service.state, ServiceState::Running);
        assert!((200..5000).contains(&late.waited.0), "{}", late.waited);
        assert_eq!(late.log, "a word of etcd");
        assert!(!late.etcd.healthy && !late.etcd.said.is_empty());
        put(&host, "status", LEARNER);
        let learner = wait(&mut host, HTTP, 60_000);
        assert!(learner.etcd.status.expect("a status").is_learner && !learner.etcd.healthy);
        put(&host, "status", LEADER);
        put(&host, "healthy", "");
        let healthy = wait(&mut host, HTTP, 60_000);
        assert!(healthy.etcd.healthy && healthy.log.is_empty());
        assert!(healthy.waited.0 < 5000);
    });
}
