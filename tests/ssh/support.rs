use std::path::Path;
use std::process::Command;

use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::executor::{ConnectError, Executor as _, Session, Target};
use etcd_plan::op::{Batch, Op, OpResult, ReadOp, Reply, SystemFacts, WriteOp};
use etcd_plan::permit::Permit;

/// A host of the inventory, which is a port of this machine.
pub(crate) fn target(port: u16, user: &str) -> Target {
    Target {
        host: "db-1".parse().expect("a host name"),
        address: "127.0.0.1".to_owned(),
        port: Some(port),
        user: Some(user.to_owned()),
        private_key_file: None,
        // The keys and the agent of whoever runs the tests have no part in them.
        ssh_common_args: Some("-o IdentitiesOnly=yes".to_owned()),
        become_user: None,
        local: false,
    }
}

/// An executor that knows nothing of the user who runs the tests.
pub(crate) fn executor(known_hosts: &Path) -> SshExecutor {
    SshExecutor::new()
        .without_ssh_config()
        .known_hosts([known_hosts.to_owned()])
        .secrets(|_: &_| None)
}

/// Gives why a host is not reached.
pub(crate) fn refusal(executor: &SshExecutor, target: &Target) -> ConnectError {
    match executor.connect(target) {
        Ok(_) => panic!("{} was reached", target.host),
        Err(error) => error,
    }
}

pub(crate) fn system(session: &mut dyn Session) -> SystemFacts {
    match session.read(&[ReadOp::System]).as_deref() {
        Ok([Ok(Reply::System(facts))]) => facts.clone(),
        other => panic!("{other:?}"),
    }
}

/// Carries out one chain of changes.
pub(crate) fn write(
    session: &mut dyn Session,
    changes: impl IntoIterator<Item = WriteOp>,
) -> Vec<OpResult> {
    let batch = Batch {
        chains: vec![changes.into_iter().map(Op::Write).collect()],
    };
    let results = session.write(&batch, &Permit::for_tests());
    results.expect("an answer")
}

/// Makes a key pair; the public half is beside it.
pub(crate) fn make_key(file: &Path, key_type: &str, passphrase: &str) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", key_type, "-N", passphrase, "-C", "test", "-f"]);
    let status = command.arg(file).status().expect("ssh-keygen");
    assert!(status.success());
}

pub(crate) fn public(key: &Path) -> String {
    std::fs::read_to_string(key.with_added_extension("pub")).expect("a public key")
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
pub(crate) fn skipped(what: &str) {
    eprintln!("SKIPPED: {what}");
}

#[expect(
    clippy::print_stderr,
    reason = "figures are for whoever runs the tests"
)]
pub(crate) fn measured(what: &str, figure: std::time::Duration) {
    eprintln!("measured: {what}: {figure:.1?}");
}
