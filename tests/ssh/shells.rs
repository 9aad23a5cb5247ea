//! Hosts with other shells, with something to say before, and without a shell.

use std::fs;

use etcd_plan::executor::Executor as _;
use etcd_plan_testkit::ssh_server::{SshSetup, Trouble};

use crate::support::{Host, find_program, refusal, skipped, system};

fn with_login_shell(words: &[&str]) -> SshSetup {
    SshSetup {
        login_shell: words.iter().map(|&word| word.to_owned()).collect(),
        ..SshSetup::default()
    }
}

#[test]
fn any_login_shell_leads_to_sh() {
    for shell in ["dash", "bash", "fish", "zsh", "csh", "tcsh", "busybox"] {
        let Some(program) = find_program(shell) else {
            skipped(&format!("the login shell {shell}, which is not installed"));
            continue;
        };
        let program = program.display().to_string();
        let words = match shell {
            "busybox" => vec![program.as_str(), "sh", "-c"],
            _ => vec![program.as_str(), "-c"],
        };
        let host = Host::start(with_login_shell(&words));
        // Both command lines: without and with another user.
        for become_user in [None, Some("root".to_owned())] {
            if become_user.is_some() && !rustix::process::geteuid().is_root() {
                continue;
            }
            let mut target = host.target();
            target.become_user = become_user;
            match host.executor().connect(&target) {
                Ok(mut session) => drop(system(&mut *session)),
                Err(error) => panic!("{shell}: {error}"),
            }
        }
    }
}

#[test]
fn sh_may_be_dash_or_busybox() {
    for shell in ["dash", "bash", "busybox"] {
        let Some(program) = find_program(shell) else {
            skipped(&format!("{shell} as sh, which is not installed"));
            continue;
        };
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(program, dir.path().join("sh")).expect("a link");
        let host = Host::start(SshSetup {
            path: Some(dir.path().display().to_string()),
            ..with_login_shell(&["/bin/sh", "-c"])
        });
        let mut session = host.executor().connect(&host.target()).expect("a session");
        system(&mut *session);
    }
}

#[test]
fn what_is_said_before_the_shell_is_passed_over() {
    let noise = "echo Welcome to db-1; echo >&2 last login: never; yes | head -n 5000; \
        printf 'no line feed'; exec sh -c \"$1\"";
    let host = Host::start(with_login_shell(&["sh", "-c", noise, "login"]));
    let mut session = host.executor().connect(&host.target()).expect("a session");
    system(&mut *session);
}

#[test]
fn a_user_without_a_shell_is_told_in_the_hosts_words() {
    let nologin = "echo This account is currently not available.; exit 1";
    let host = Host::start(with_login_shell(&["sh", "-c", nologin, "nologin"]));
    let refused = refusal(&host.executor(), &host.target());
    assert_eq!(
        refused.message,
        "the shell said: This account is currently not available."
    );
    let silent = Host::start(with_login_shell(&["sh", "-c", "exit 1", "nologin"]));
    let refused = refusal(&silent.executor(), &silent.target());
    assert_eq!(refused.message, "the shell ended and said nothing");
}

#[test]
fn a_host_without_sh_is_refused() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let host = Host::start(SshSetup {
        path: Some(empty.path().display().to_string()),
        ..with_login_shell(&["/bin/sh", "-c"])
    });
    let refused = refusal(&host.executor(), &host.target());
    assert!(refused.message.contains("sh: not found"), "{refused}");
    assert!(refused.hint.contains("`sh`"), "{refused:?}");
    fs::read_dir(empty.path()).expect("a folder");

    let host = Host::start(SshSetup {
        trouble: Some(Trouble::NoCommands),
        ..SshSetup::default()
    });
    let refused = refusal(&host.executor(), &host.target());
    assert!(
        refused
            .message
            .starts_with("it starts no command for admin"),
        "{refused}"
    );
}
