//! What depends on the home folder and the agent of the user, which a process has one of: these
//! tests run in a process of their own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use etcd_plan::executor::Executor as _;
use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::secret::Secret;
use etcd_plan_testkit::ssh_server::{KeyKind, SshSetup, TestKey};

use crate::support::{Host, make_key, public, skipped, target};

/// The port of the server, for the process that is started.
const PORT: &str = "ETCD_PLAN_TEST_PORT";

/// Connects as the user would who has this home folder; gives what it said.
fn connect_at_home(host: &Host, home: &Path, agent: Option<&Path>) -> Result<(), String> {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "--ignored", "--nocapture", "own_home::connects"])
        .env("HOME", home)
        .env(PORT, host.server.port().to_string())
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::null());
    if let Some(agent) = agent {
        command.env("SSH_AUTH_SOCK", agent);
    }
    let output = command.output().expect("this program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(()).ok_or(said)
}

#[test]
#[ignore = "run by the other tests of this file, in a process of its own"]
fn connects() {
    let Ok(port) = std::env::var(PORT) else {
        return;
    };
    let mut target = target(port.parse().expect("a port"), "admin");
    target.address = "the-host".to_owned();
    target.port = None;
    target.ssh_common_args = None;
    let executor = SshExecutor::new().secrets(|_: &_| None::<Secret>);
    if let Err(error) = executor.connect(&target) {
        panic!("{error}");
    }
}

/// Makes a home folder whose configuration leads to the host, and which knows its key.
fn home(host: &Host) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let ssh = home.path().join(".ssh");
    fs::create_dir(&ssh).expect("a folder");
    let config = format!(
        "Include conf.d/*\nHost the-host\n  HostName 127.0.0.1\n  Port {}\n",
        host.server.port()
    );
    fs::write(ssh.join("config"), config).expect("a file");
    fs::write(
        ssh.join("known_hosts"),
        host.server.known_hosts("127.0.0.1"),
    )
    .expect("a file");
    home
}

#[test]
fn the_default_identities_are_tried_and_a_missing_agent_is_no_error() {
    let key = TestKey::new(KeyKind::Ecdsa);
    let host = Host::start(SshSetup {
        authorized: vec![key.public_line()],
        ..SshSetup::default()
    });
    let home = home(&host);
    let refused = connect_at_home(&host, home.path(), None).expect_err("there is no key");
    assert!(refused.contains("there was nothing to try"), "{refused}");
    key.write_private(&home.path().join(".ssh/id_ecdsa"));
    let no_agent = home.path().join("no-agent");
    connect_at_home(&host, home.path(), Some(&no_agent)).expect("a session");
}

#[test]
fn the_configuration_of_the_user_names_the_key() {
    let host = Host::start(SshSetup::default());
    let home = home(&host);
    let included = home.path().join(".ssh/conf.d");
    fs::create_dir(&included).expect("a folder");
    let text = format!("Host the-*\n IdentityFile {}\n", host.key().display());
    fs::write(included.join("keys"), text).expect("a file");
    connect_at_home(&host, home.path(), None).expect("a session");
}

#[test]
fn the_agent_is_asked_also_for_a_key_that_needs_a_passphrase() {
    let host = Host::start(SshSetup::default());
    let home = home(&host);
    let encrypted = home.path().join("key");
    make_key(&encrypted, "rsa", "open sesame", &["-b", "2048"]);
    let line = public(&encrypted);
    let host = Host::start(SshSetup {
        authorized: vec![line.split(' ').take(2).collect::<Vec<_>>().join(" ")],
        ..SshSetup::default()
    });
    let home_of_agent = self::home(&host);
    let socket = home.path().join("agent");
    let Ok(mut agent) = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
    else {
        skipped("keys of an agent: ssh-agent is not installed");
        return;
    };
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let askpass = home.path().join("askpass");
    fs::write(&askpass, "#!/bin/sh\necho open sesame\n").expect("a file");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&askpass, executable).expect("a mode");
    let added = Command::new("ssh-add")
        .arg(&encrypted)
        .env("SSH_AUTH_SOCK", &socket)
        .env("SSH_ASKPASS", &askpass)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .stderr(Stdio::null())
        .status();
    let outcome = added.map(|status| {
        assert!(status.success(), "ssh-add");
        let by_agent = connect_at_home(&host, home_of_agent.path(), Some(&socket));
        let config = home_of_agent.path().join(".ssh/config");
        let mut text = fs::read_to_string(&config).expect("a file");
        let file = encrypted.display();
        writeln!(text, "  IdentityFile {file}\n  IdentitiesOnly yes")
            .expect("a String takes everything");
        fs::write(&config, text).expect("a file");
        let by_file = connect_at_home(&host, home_of_agent.path(), Some(&socket));
        (by_agent, by_file)
    });
    agent.kill().expect("a child of ours");
    agent.wait().expect("a child of ours");
    let (by_agent, by_file) = outcome.expect("ssh-add");
    by_agent.expect("a session with a key that only the agent has");
    by_file.expect("a session without the passphrase");
}
