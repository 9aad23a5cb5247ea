//! Which host keys are taken, and what is said of the others.

use std::fs;
use std::path::PathBuf;

use etcd_plan::executor::Executor as _;
use etcd_plan::executor::ssh::HostKeyChecking;
use etcd_plan_testkit::ssh_server::{KeyKind, SshSetup, TestKey};

use crate::support::{Host, executor, refusal, system};

/// A host with two keys, and an empty file for known hosts.
fn host() -> (Host, PathBuf) {
    let setup = SshSetup {
        host_keys: [KeyKind::Ed25519, KeyKind::Ecdsa].map(TestKey::new).into(),
        ..SshSetup::default()
    };
    let host = Host::start(setup);
    let file = host.place("known");
    (host, file)
}

#[test]
fn an_unknown_host_is_refused_with_its_fingerprint() {
    let (host, file) = host();
    let refused = refusal(&executor(&file), &host.target());
    let fingerprint = host.setup.host_keys[0].fingerprint();
    assert_eq!(
        refused.message,
        format!("its host key is not known: ED25519 {fingerprint}")
    );
    let port = host.server.port();
    let scan = format!("ssh-keyscan -p {port} 127.0.0.1 >> '{}'", file.display());
    assert!(refused.hint.contains(&scan), "{}", refused.hint);
    assert!(refused.hint.contains("`accept-new`"), "{}", refused.hint);
    assert!(!file.exists());
    assert_eq!(
        host.server.count("key"),
        0,
        "no login before the key is known"
    );
}

#[test]
fn a_new_host_is_recorded_once_and_known_from_then_on() {
    let (host, file) = host();
    for _ in 0..2 {
        let executor = executor(&file).host_key_checking(HostKeyChecking::AcceptNew);
        executor.connect(&host.target()).expect("a session");
    }
    let text = fs::read_to_string(&file).expect("a file");
    assert!(text.starts_with(&format!("[127.0.0.1]:{} ssh-ed25519 ", host.server.port())));
    assert_eq!(text.lines().count(), 1, "{text}");
    executor(&file).connect(&host.target()).expect("a session");
}

#[test]
fn a_changed_key_is_refused_with_both_fingerprints_and_the_line() {
    let (host, file) = host();
    let other = TestKey::new(KeyKind::Ed25519);
    let port = host.server.port();
    let text = format!("# mine\n[127.0.0.1]:{port} {}\n", other.public_line());
    fs::write(&file, &text).expect("a file");
    for checking in [HostKeyChecking::Yes, HostKeyChecking::AcceptNew] {
        let refused = refusal(&executor(&file).host_key_checking(checking), &host.target());
        let expected = format!(
            "its host key has changed: it shows ED25519 {}, but {}:2 has ED25519 {}",
            host.setup.host_keys[0].fingerprint(),
            file.display(),
            other.fingerprint()
        );
        assert_eq!(refused.message, expected);
        let remedy = format!("ssh-keygen -f '{}' -R '[127.0.0.1]:{port}'", file.display());
        assert!(refused.hint.contains(&remedy), "{}", refused.hint);
    }
    assert_eq!(fs::read_to_string(&file).expect("a file"), text);
    let careless = executor(&file).host_key_checking(HostKeyChecking::No);
    careless.connect(&host.target()).expect("a session");
}

#[test]
fn the_type_that_is_known_is_asked_for() {
    let (host, file) = host();
    for (key, other) in [(0, 1), (1, 0)] {
        // Under the name without the port it counts, too, as it does for OpenSSH.
        for name in [
            format!("[127.0.0.1]:{}", host.server.port()),
            "127.0.0.1".to_owned(),
        ] {
            let known = host.setup.host_keys[key].public_line();
            fs::write(&file, format!("{name} {known}\n")).expect("a file");
            let mut session = executor(&file).connect(&host.target()).expect("a session");
            system(&mut *session);
        }
        let revoked = host.setup.host_keys[other].public_line();
        let known = host.setup.host_keys[key].public_line();
        let text = format!("@revoked * {revoked}\n* {known}\n");
        fs::write(&file, text).expect("a file");
        executor(&file).connect(&host.target()).expect("a session");
    }
}

#[test]
fn a_host_without_any_of_its_known_keys_is_no_new_host() {
    let (host, file) = host();
    let other = TestKey::new(KeyKind::Ecdsa).public_line();
    let only_ed25519 = Host::start(SshSetup {
        host_keys: vec![host.setup.host_keys[0].clone()],
        ..SshSetup::default()
    });
    let port = only_ed25519.server.port();
    fs::write(&file, format!("[127.0.0.1]:{port} {other}\n")).expect("a file");
    let executor = executor(&file).host_key_checking(HostKeyChecking::AcceptNew);
    let refused = refusal(&executor, &only_ed25519.target());
    assert!(refused.message.contains("has changed"), "{refused}");
}

#[test]
fn a_revoked_key_is_refused_whatever_is_set() {
    let (host, file) = host();
    let [first, second] = [0, 1].map(|nth| host.setup.host_keys[nth].public_line());
    fs::write(&file, format!("@revoked * {first}\n@revoked * {second}\n")).expect("a file");
    for checking in [
        HostKeyChecking::Yes,
        HostKeyChecking::AcceptNew,
        HostKeyChecking::No,
    ] {
        let refused = refusal(&executor(&file).host_key_checking(checking), &host.target());
        assert!(refused.message.contains("is revoked by"), "{refused}");
    }
}

#[test]
fn the_arguments_of_the_inventory_count() {
    let (host, file) = host();
    let mut target = host.target();
    let args = "-o IdentitiesOnly=yes -o StrictHostKeyChecking=no";
    target.ssh_common_args = Some(args.to_owned());
    executor(&file).connect(&target).expect("a session");
    assert!(!file.exists());
    let strict = executor(&file).host_key_checking(HostKeyChecking::Yes);
    assert!(refusal(&strict, &target).message.contains("is not known"));
}
