use etcd_plan::core::op::{Ownership, ServiceState};

use super::fixture::{HOSTS, awaited, conf, etcd, prepared, reconfigure, running};
use crate::{Node, SimWorld};

/// Spoils a host that is ready to start, starts it, and gives what its log says then.
fn log_after(spoil: impl FnOnce(&SimWorld)) -> String {
    let world = prepared(&HOSTS[..1], "t");
    spoil(&world);
    world.start_service(HOSTS[0], "etcd").expect("a known unit");
    let awaited = awaited(&world, HOSTS[0]);
    assert_eq!(awaited.service.state, ServiceState::Failed, "{awaited:?}");
    awaited.log
}

/// Spoils one line of the configuration.
fn log_with(from: &str, to: &str) -> String {
    log_after(|world| {
        let text = conf(HOSTS[0], &HOSTS[..1], "t", "new");
        assert!(text.contains(from), "{from}");
        reconfigure(world, HOSTS[0], &text.replace(from, to));
    })
}

#[test]
fn what_is_wrong_in_the_configuration_is_refused_in_etcd_s_words() {
    for (from, to, words) in [
        (
            "name: etcd-1",
            "name: etcd-9",
            "couldn't find local name \"etcd-9\"",
        ),
        (
            "peer-urls: https://10.10.10.11:2380",
            "peer-urls: https://10.10.10.11:2381",
            "missing from --initial-advertise-peer-urls",
        ),
        (
            "timeout: 1000",
            "timeout: 400",
            "should be at least as 5 times",
        ),
        ("timeout: 1000", "timeout: 50001", "is too long"),
        ("name: etcd-1", "name etcd-1", "could not find expected ':'"),
        (
            "https://127.0.0.1:2379",
            "https://10.9.9.9:2379",
            "cannot assign requested address",
        ),
        (
            "data-dir: /data/etcd",
            "data-dir: /nowhere/etcd",
            "no such file or directory",
        ),
        (
            "data-dir: /data/etcd",
            "data-dir: /root/etcd",
            "permission denied",
        ),
        (
            "key-file",
            "other-file",
            "KeyFile and CertFile are not presented",
        ),
    ] {
        let log = log_with(from, to);
        assert!(log.contains(words), "{from} -> {to}: {log}");
    }
}

#[test]
fn files_must_be_there_and_readable_for_the_user_of_the_unit() {
    for file in ["etcd.conf", "ca.crt", "server.crt", "server.key"] {
        let path = format!("/etc/etcd/{file}");
        let log = log_after(|world| world.wipe(HOSTS[0], &path));
        assert!(log.contains("no such file or directory"), "{file}: {log}");
        let log = log_after(|world| {
            let content = world.read_file(HOSTS[0], &path).expect("it is there");
            let node = Node::file(content, Ownership::both("root"), 0o600);
            world.put_file(HOSTS[0], &path, node);
        });
        assert!(log.contains("permission denied"), "{file}: {log}");
    }
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let log = log_after(|world| {
        let node = Node::file("key", etcd(), 0o644);
        world.put_file(HOSTS[0], "/etc/etcd/server.key", node);
    });
    assert!(log.contains("others can read the key"), "{log}");
}

#[test]
fn a_program_that_is_not_there_is_refused() {
    let log = log_after(|world| world.wipe(HOSTS[0], "/usr/bin/etcd"));
    assert!(
        log.contains("Failed to locate executable /usr/bin/etcd"),
        "{log}"
    );
}

#[test]
fn a_taken_port_is_refused() {
    for port in [2379, 2380] {
        let log = log_after(|world| world.install_foreign(HOSTS[0], "nginx", port));
        assert!(log.contains("address already in use"), "{log}");
    }
}

#[test]
fn a_second_etcd_on_the_ports_of_the_first_is_refused() {
    let world = running(&HOSTS[..1], "t");
    let unit = world.read_file(HOSTS[0], "/etc/systemd/system/etcd.service");
    let unit = Node::file(unit.expect("it is there"), etcd(), 0o644);
    world.put_file(HOSTS[0], "/etc/systemd/system/second.service", unit);
    assert!(
        world.start_service(HOSTS[0], "second").is_err(),
        "units were not read again"
    );
    world.power_off(HOSTS[0]);
    world.power_on(HOSTS[0]);
    world
        .start_service(HOSTS[0], "second")
        .expect("a known unit");
    let log = world.service_log(HOSTS[0], "second");
    assert!(log.contains("address already in use"), "{log}");
}

#[test]
fn a_log_that_is_no_log_is_refused() {
    let log = log_after(|world| {
        let node = Node::file("junk", etcd(), 0o600);
        world.put_file(HOSTS[0], "/data/etcd/member/wal/0.wal", node);
    });
    assert!(log.contains("failed to open WAL"), "{log}");
}
