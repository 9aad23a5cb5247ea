//! What must hold against OpenSSH's own server.

use std::fs;
use std::time::Instant;

use etcd_plan::executor::Executor as _;
use etcd_plan::executor::ssh::HostKeyChecking;
use etcd_plan::names::HostPath;
use etcd_plan::op::{FileContent, Ownership, WriteOp};
use etcd_plan::secret::Secret;

use crate::sshd::Sshd;
use crate::support::{executor, make_key, measured, public, system, user, write};

#[test]
fn a_host_is_asked_and_changed_through_one_shell() {
    let Some(sshd) = Sshd::start("a shell over real sshd", "") else {
        return;
    };
    let executor = executor(&sshd.known_hosts("127.0.0.1", "ed25519"));
    let begun = Instant::now();
    let mut session = executor.connect(&sshd.target()).expect("a session");
    measured("sshd: connect to first answer", begun.elapsed());
    system(&mut *session);
    let begun = Instant::now();
    for _ in 0..100 {
        let stat = etcd_plan::op::ReadOp::Stat {
            path: HostPath::fixed("/"),
        };
        session.read(&[stat]).expect("an answer");
    }
    measured("sshd: one question", begun.elapsed() / 100);

    let content: Vec<u8> = (0..25_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let place = sshd.place("archive");
    let path: HostPath = place.display().to_string().parse().expect("a path");
    let begun = Instant::now();
    let results = write(
        &mut session,
        [
            WriteOp::StageFile {
                path: path.clone(),
                content: FileContent::Hidden(Secret::new(content.clone())),
                owner: Ownership::both(&user()),
                mode: 0o600,
            },
            WriteOp::PromoteFile { path },
        ],
    );
    measured("sshd: 25 MB into a file", begun.elapsed());
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(fs::read(&place).expect("a file") == content);
    let begun = Instant::now();
    system(&mut *session);
    measured("sshd: the system's facts, after that", begun.elapsed());
}

#[test]
fn the_known_type_is_asked_for() {
    let Some(sshd) = Sshd::start("host keys of real sshd", "") else {
        return;
    };
    for key_type in ["ed25519", "ecdsa", "rsa"] {
        let executor = executor(&sshd.known_hosts("127.0.0.1", key_type))
            .host_key_checking(HostKeyChecking::Yes);
        let session = executor.connect(&sshd.target());
        assert!(session.is_ok(), "{key_type}: {:?}", session.err());
    }
}

#[test]
fn an_rsa_key_is_taken_by_openssh() {
    let Some(sshd) = Sshd::start("an RSA key with real sshd", "") else {
        return;
    };
    let key = sshd.place("client_rsa");
    make_key(&key, "rsa", "", &[]);
    fs::write(sshd.place("authorized_keys"), public(&key)).expect("a file");
    let mut target = sshd.target();
    target.private_key_file = Some(key.display().to_string());
    let executor = executor(&sshd.known_hosts("127.0.0.1", "ed25519"));
    if let Err(error) = executor.connect(&target) {
        panic!("{error}\n{}", sshd.log());
    }
}

#[test]
fn openssh_is_a_jump_host_twice() {
    let Some(sshd) = Sshd::start("jump hosts with real sshd", "") else {
        return;
    };
    let mut target = sshd.target();
    let jump = format!("{}@127.0.0.1:{}", user(), sshd.port);
    target.ssh_common_args = Some(format!("-J {jump},{jump}"));
    let executor =
        executor(&sshd.known_hosts("127.0.0.1", "ed25519")).identity_file(sshd.place("client"));
    let begun = Instant::now();
    let mut session = executor.connect(&target).expect("a session");
    measured("sshd: connect through two jump hosts", begun.elapsed());
    system(&mut *session);
}
