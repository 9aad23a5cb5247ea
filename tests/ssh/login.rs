//! With what we log in, and what is said when that is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use etcd_plan::executor::Executor as _;
use etcd_plan::executor::ssh::{HostKeyChecking, Question};
use etcd_plan::secret::Secret;
use etcd_plan_testkit::ssh_server::{KeyKind, SshSetup, TestKey};

use crate::support::{Host, executor, make_key, public, refusal, system};

fn with_password(password: &str, is_interactive: bool) -> SshSetup {
    SshSetup {
        password: Some(password.to_owned()),
        is_interactive,
        ..SshSetup::default()
    }
}

#[test]
fn one_connection_and_one_command_serve_the_whole_session() {
    let host = Host::start(SshSetup::default());
    let mut session = host.executor().connect(&host.target()).expect("a session");
    for _ in 0..3 {
        system(&mut *session);
    }
    assert_eq!(host.server.count("connect"), 1);
    assert_eq!(host.server.count("exec"), 1);
    assert_eq!(host.server.count("key"), 1);
}

#[test]
fn a_refused_login_says_what_was_tried() {
    let host = Host::start(with_password("right", false));
    let wrong = host.place("wrong");
    TestKey::new(KeyKind::Ecdsa).write_private(&wrong);
    let mut target = host.target();
    target.private_key_file = Some(wrong.display().to_string());
    let executor = executor(&host.known_hosts())
        .identity_file(host.place("missing"))
        .secrets(|_: &_| Some(Secret::new(*b"left")));
    let refused = refusal(&executor, &target);
    let expected = format!(
        "it does not let admin in: tried {}, {} (No such file or directory (os error 2)), \
         the password; it takes publickey,password",
        wrong.display(),
        host.place("missing").display(),
    );
    assert_eq!(refused.message, expected);
    assert!(
        refused.hint.contains("ansible_ssh_private_key_file"),
        "{refused:?}"
    );
    let said = format!("{refused:?}");
    assert!(!said.contains("left"), "{said}");
}

#[test]
fn without_a_secret_no_password_is_tried() {
    let host = Host::start(with_password("right", false));
    let mut target = host.target();
    target.private_key_file = None;
    let refused = refusal(&host.executor(), &target);
    assert!(
        refused.message.contains("no password, since none is given"),
        "{refused}"
    );
    assert_eq!(host.server.count("password"), 0);
}

#[test]
fn a_password_is_given_either_way() {
    for is_interactive in [false, true] {
        let host = Host::start(with_password("right", is_interactive));
        let mut target = host.target();
        target.private_key_file = None;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let executor = host.executor().secrets(move |question: &Question| {
            count.fetch_add(1, Ordering::Relaxed);
            let expected = Question::Password {
                user: "admin".to_owned(),
                host: "127.0.0.1".to_owned(),
            };
            (*question == expected).then(|| Secret::new(*b"right"))
        });
        for _ in 0..2 {
            let mut session = executor.connect(&target).expect("a session");
            system(&mut *session);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_host_with_a_changed_key_gets_no_password() {
    let host = Host::start(with_password("right", false));
    let file = host.place("changed");
    let other = TestKey::new(KeyKind::Ed25519).public_line();
    std::fs::write(&file, format!("* {other}\n")).expect("a file");
    let mut target = host.target();
    target.private_key_file = None;
    let executor = executor(&file)
        .host_key_checking(HostKeyChecking::No)
        .secrets(|_: &_| Some(Secret::new(*b"right")));
    let refused = refusal(&executor, &target);
    assert!(
        refused.message.contains("its host key has changed"),
        "{refused}"
    );
    assert_eq!(host.server.count("password"), 0);
}

#[test]
fn no_more_than_five_keys_are_shown() {
    let host = Host::start(SshSetup::default());
    let mut executor = host.executor();
    for nth in 0..7 {
        let file = host.place(&format!("key-{nth}"));
        TestKey::new(KeyKind::Ed25519).write_private(&file);
        executor = executor.identity_file(file);
    }
    let mut target = host.target();
    target.private_key_file = None;
    refusal(&executor, &target);
    assert_eq!(host.server.count("key"), 5);
}

#[test]
fn keys_of_all_kinds_let_us_in_with_and_without_passphrase() {
    for (key_type, options) in [
        ("ed25519", &[][..]),
        ("ecdsa", &[][..]),
        ("rsa", &["-b", "2048"][..]),
        ("rsa", &["-b", "2048", "-m", "PEM"][..]),
        ("ecdsa", &["-m", "PKCS8"][..]),
    ] {
        for passphrase in ["", "open sesame"] {
            let what = format!("{key_type} {options:?} {passphrase:?}");
            let dir = tempfile::tempdir().expect("a temporary folder");
            let key = dir.path().join("key");
            make_key(&key, key_type, passphrase, options);
            let line = public(&key);
            let host = Host::start(SshSetup {
                authorized: vec![line.split(' ').take(2).collect::<Vec<_>>().join(" ")],
                ..SshSetup::default()
            });
            let mut target = host.target();
            target.private_key_file = Some(key.display().to_string());
            let executor = host.executor().secrets(move |question: &Question| {
                assert!(!passphrase.is_empty(), "there is nothing to ask");
                matches!(question, Question::Passphrase { .. }).then(|| Secret::new(passphrase))
            });
            if let Err(error) = executor.connect(&target) {
                panic!("{what}: {error}");
            }
            if !passphrase.is_empty() {
                let refused = refusal(&host.executor(), &target).message;
                assert!(
                    refused.contains("(needs a passphrase)"),
                    "{what}: {refused}"
                );
                let wrong = host.executor().secrets(|_: &_| Some(Secret::new(*b"shut")));
                let refused = refusal(&wrong, &target).message;
                assert!(refused.contains("wrong passphrase?"), "{what}: {refused}");
            }
        }
    }
}
