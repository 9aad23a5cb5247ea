//! The command line, as an operator runs it in place of `./etcd.yml`.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use etcd_plan_tests::skipped;
use tempfile::TempDir;

use crate::create::say;
use crate::fixture::{Hosts, THREE};

#[test]
fn what_was_planned_is_applied_and_then_there_is_nothing_to_do() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let Some(shell) = Shell::new(&hosts) else {
        return;
    };
    shell.ends_with(10, "plan");
    let built = shell.ends_with(0, "apply");
    say(built.lines().last().unwrap_or_default());
    let again = shell.ends_with(0, "plan");
    assert!(again.contains("Nothing to do"), "{again}");
    let status = shell.ends_with(0, "status");
    assert!(
        status.contains("Cluster etcd: healthy; 3 of 3 voters answer"),
        "{status}"
    );

    // The seeds' ways to say which part: `-l`, `-t` and `-e`.
    let environment = "/etc/profile.d/etcdctl.sh";
    for host in [1, 2] {
        hosts.sh(host, &format!("echo '# by hand' >{environment}"));
    }
    let drift = shell.ends_with(11, "status");
    assert!(
        drift.contains("~ 10.10.10.11: /etc/profile.d/etcdctl.sh"),
        "{drift}"
    );
    shell.ends_with(0, "apply -l 10.10.10.10 -t etcd_config");
    assert!(
        hosts
            .sh(1, &format!("cat {environment}"))
            .contains("ETCDCTL_ENDPOINTS")
    );
    assert_eq!(hosts.sh(2, &format!("cat {environment}")), "# by hand");
    let refused = shell.ends_with(
        4,
        "apply --goal rebuild -e etcd_safeguard=true --destroy etcd",
    );
    assert!(refused.contains("[safeguard]"), "{refused}");
    let unnamed = shell.ends_with(4, "apply --goal rebuild");
    assert!(
        unnamed.contains("nobody confirmed that etcd may lose that"),
        "{unnamed}"
    );
    assert_eq!(hosts.etcdctl(3, "put a 10"), "OK");

    // The environment is that of the members' hosts.
    let printed = shell.ends_with(0, "env");
    let used = hosts.sh(3, &format!("{printed}\netcdctl get a"));
    assert_eq!(used, "a\n10");
}

#[test]
fn a_saved_plan_is_refused_with_the_difference_once_somebody_changed_a_host() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let Some(shell) = Shell::new(&hosts) else {
        return;
    };
    shell.ends_with(10, "plan -o plan.json");
    hosts.sh(
        2,
        "mkdir -p /etc/etcd && echo 'name: by-hand' >/etc/etcd/etcd.conf",
    );
    let before = hosts.states(3);
    let moved = shell.ends_with_of(4, "apply plan.json");
    let line = "  10.10.10.11: content of /etc/etcd/etcd.conf\n    was: none\n    is:  sha256 ";
    assert!(moved.contains(line), "{moved}");
    hosts.assert_unchanged(&before, "after a plan was refused");

    hosts.sh(2, "rm -r /etc/etcd/etcd.conf && rmdir /etc/etcd");
    shell.ends_with_of(0, "apply plan.json");
    shell.ends_with(0, "plan");
}

/// The program, a folder with the seeds' inventory, and a home with the lab's keys.
pub(crate) struct Shell {
    program: PathBuf,
    folder: TempDir,
}

impl Shell {
    /// Takes the program where it was built: beside this one.
    pub(crate) fn new(hosts: &Hosts) -> Option<Self> {
        let here = env::current_exe().expect("a program knows where it is");
        let program = here.ancestors().nth(2)?.join("etcd-plan");
        if !program.is_file() {
            skipped("`cargo build --package etcd-plan-cli` was not run before");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = format!(
            "IdentityFile {}\nUserKnownHostsFile {}\n",
            hosts.lab.key_file().display(),
            hosts.lab.known_hosts_file().display()
        );
        fs::write(folder.path().join("ssh_config"), config).expect("a file");
        fs::write(folder.path().join("pigsty.yml"), THREE).expect("a file");
        Some(Self { program, folder })
    }

    /// Gives the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on the inventory, asserts how it ends, and gives what it wrote.
    #[track_caller]
    fn ends_with(&self, code: i32, words: &str) -> String {
        let (command, rest) = words.split_once(' ').unwrap_or((words, ""));
        let connect = match command {
            "env" => "",
            _ => "--ssh-config ssh_config",
        };
        self.ends_with_of(code, &format!("{command} -i pigsty.yml {connect} {rest}"))
    }

    /// Runs a command, asserts how it ends, and gives what it wrote.
    #[track_caller]
    pub(crate) fn ends_with_of(&self, code: i32, words: &str) -> String {
        let mut command = Command::new(&self.program);
        command.args(words.split_whitespace());
        if words.starts_with("apply") && words.contains(".json") {
            command.args(["--ssh-config", "ssh_config"]);
        }
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env_remove("XDG_STATE_HOME")
            .env_remove("SSH_AUTH_SOCK");
        let output = command.output().expect("the program starts");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words}: {text}");
        text
    }
}
