use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::executor::{ConnectError, Executor as _, Session, Target};
use etcd_plan::op::{Batch, Op, OpResult, ReadOp, Reply, SystemFacts, WriteOp};
use etcd_plan_testkit::ssh_server::{KeyKind, SshServer, SshSetup, TestKey};
use etcd_plan_tests::permitted;
use tempfile::TempDir;

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
    session: &mut Box<dyn Session>,
    changes: impl IntoIterator<Item = WriteOp>,
) -> Vec<OpResult> {
    let batch = Batch {
        chains: vec![changes.into_iter().map(Op::Write).collect()],
    };
    let results = permitted::write(session, &batch);
    results.expect("an answer")
}

/// Makes a key pair; the public half is beside it.
pub(crate) fn make_key(file: &Path, key_type: &str, passphrase: &str, options: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", key_type, "-N", passphrase, "-C", "test"]);
    command.args(options).arg("-f");
    let status = command.arg(file).status().expect("ssh-keygen");
    assert!(status.success());
}

pub(crate) fn public(key: &Path) -> String {
    fs::read_to_string(key.with_added_extension("pub")).expect("a public key")
}

/// A server in this process that takes one key, with a folder that ends with it.
pub(crate) struct Host {
    pub(crate) server: SshServer,
    pub(crate) setup: SshSetup,
    dir: TempDir,
    kept: Vec<TempDir>,
}

impl Host {
    /// Starts it; where the setup names no key, one is made.
    pub(crate) fn start(mut setup: SshSetup) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let key = TestKey::new(KeyKind::Ed25519);
        key.write_private(&dir.path().join("key"));
        if setup.authorized.is_empty() {
            setup.authorized.push(key.public_line());
        }
        let server = SshServer::start(setup.clone());
        let known = server.known_hosts("127.0.0.1");
        fs::write(dir.path().join("known_hosts"), known).expect("a file");
        Self {
            server,
            setup,
            dir,
            kept: Vec::new(),
        }
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.place("key")
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.place("known_hosts")
    }

    /// Adds the keys of another to the known hosts.
    pub(crate) fn knows(&self, other: &Self) {
        let mut text = fs::read_to_string(self.known_hosts()).expect("a file");
        text.push_str(&other.server.known_hosts("127.0.0.1"));
        fs::write(self.known_hosts(), text).expect("a file");
    }

    /// Keeps a folder for as long as the host is there.
    pub(crate) fn keep(&mut self, dir: TempDir) {
        self.kept.push(dir);
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            private_key_file: Some(self.key().display().to_string()),
            ..target(self.server.port(), "admin")
        }
    }

    /// Gives an executor that knows the host.
    pub(crate) fn executor(&self) -> SshExecutor {
        executor(&self.known_hosts())
    }
}

/// Writes a script to a folder of programs.
pub(crate) fn program(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
}

pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The user who runs the tests.
pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
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
