use std::process::Command;
use std::time::{Duration, Instant};

use etcd_plan_core::names::HostName;
use etcd_plan_core::op::{Batch, ReadOp};

use super::support::{Host, path, with_each_shell};
use crate::executor::shell::channel::Channel as _;
use crate::executor::shell::{Settings, ShellProcess, ShellSession};

fn host() -> HostName {
    "127.0.0.11".parse().expect("a host name")
}

fn start(script: &str) -> ShellProcess {
    ShellProcess::start(Command::new("sh").args(["-c", script])).expect("a shell")
}

#[test]
fn a_shell_that_dies_ends_the_session_for_good() {
    with_each_shell(|shell| {
        // A program that the operation runs kills the shell, with words on its stderr.
        let killer = "echo 'date: killed by a test' >/proc/$PPID/fd/2; kill -KILL \
            $(cut -d ' ' -f 4 /proc/$PPID/stat)";
        let mut host = Host::with_programs(shell, &[("date", killer)]);
        let ended = host.session.run(&Batch::of_reads([ReadOp::System]));
        let error = ended.expect_err("the shell was killed");
        assert!(error.message.contains("shell"), "{error}");
        assert_eq!(error.host.as_str(), "127.0.0.11");
        let stat = ReadOp::Stat { path: path("/") };
        let still = host.session.run(&Batch::of_reads([stat]));
        assert_eq!(still, Err(error));
    });
}

#[test]
fn the_last_words_of_a_shell_are_told() {
    let refused = ShellSession::open(
        host(),
        Settings::machine(),
        start("echo 'sudo: a password is required' >&2; exit 1"),
    );
    let error = refused.expect_err("there is no shell");
    assert_eq!(
        error.message,
        "the shell said: sudo: a password is required"
    );
    assert!(error.hint.contains("sudo"));
    let refused = ShellSession::open(host(), Settings::machine(), start("exit 0"));
    let error = refused.expect_err("there is no shell");
    assert_eq!(error.message, "the shell ended and said nothing");
}

#[test]
fn what_is_printed_before_the_greeting_is_passed_over() {
    let motd = start("echo Welcome; echo to db-1; exec sh");
    let mut session = ShellSession::open(host(), Settings::machine(), motd).expect("a greeting");
    let results = session.run(&Batch::of_reads([ReadOp::System]));
    assert!(results.expect("an answer")[0].is_ok());
}

#[test]
fn a_host_without_the_tools_is_refused() {
    let settings = Settings {
        path: "/nonexistent".to_owned(),
        ..Settings::machine()
    };
    let error = ShellSession::open(host(), settings, start("exec sh")).expect_err("no tools");
    assert!(error.message.contains("missing: base64, cat"), "{error}");
}

#[test]
fn silence_ends_at_the_deadline() {
    let mut shell = start("sleep 5");
    let begun = Instant::now();
    let error = shell
        .receive(&mut Vec::new(), begun + Duration::from_millis(50))
        .expect_err("nothing comes");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn the_shell_is_in_a_process_group_of_its_own() {
    let shell = start("exec sleep 5");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", shell.id())).expect("a process");
    let group = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.split(' ').nth(2));
    assert_eq!(group, Some(shell.id().to_string().as_str()));
}

#[test]
fn a_login_that_is_refused_in_words_on_stdout_is_told() {
    let nologin = start("echo 'This account is currently not available.'; exit 1");
    let refusal = ShellSession::begin(host(), Settings::machine(), nologin);
    let refusal = refusal.expect_err("there is no shell");
    assert!(refusal.shell_ended);
    assert_eq!(
        refusal.error.message,
        "the shell said: This account is currently not available."
    );
}
