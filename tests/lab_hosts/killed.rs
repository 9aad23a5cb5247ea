//! The controller is killed at random moments, and the same command run again ends well.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use etcd_plan_tests::skipped;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use crate::create::say;
use crate::fixture::{Hosts, inventory_of};

/// How often each goal is cut off; more with `ETCD_PLAN_TEST_KILLS`.
const KILLS: u64 = 2;

/// How long a killed run may hold its locks: the operation that is under way on a host ends first.
const UNLOCK_BUDGET: Duration = Duration::from_mins(2);

/// How many lines the example prints while it works on three hosts, about: a kill comes before.
const LINES_OF_CREATE: usize = 45;
const LINES_OF_REBUILD: usize = 26;

#[test]
fn what_a_killed_run_has_left_the_next_one_finishes() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let Some(controller) = Controller::new(&hosts) else {
        return;
    };
    let variable = |name: &str| env::var(name).ok().and_then(|value| value.parse().ok());
    let seed: u64 = variable("ETCD_PLAN_TEST_SEED").unwrap_or_else(rand::random);
    say(&format!("ETCD_PLAN_TEST_SEED={seed}"));
    let mut random = StdRng::seed_from_u64(seed);
    let kills = variable("ETCD_PLAN_TEST_KILLS").unwrap_or(KILLS);

    for nth in 0..kills {
        let lines = random.random_range(0..LINES_OF_CREATE);
        controller.kill("create", lines, &mut random);
        controller.finish("create");
        assert_serves(&hosts);
        if nth + 1 < kills {
            hosts.clear();
        }
    }
    for _ in 0..kills {
        hosts.etcdctl(1, "put kept yes");
        let old: Vec<String> = (1..=3).map(|host| hosts.sh(host, INODE)).collect();
        let lines = random.random_range(0..LINES_OF_REBUILD);
        controller.kill("rebuild", lines, &mut random);
        controller.finish("rebuild");
        assert_serves(&hosts);
        assert_eq!(hosts.etcdctl(2, "get kept"), "");
        for (host, inode) in (1..=3).zip(old) {
            let aside = hosts.sh(host, &format!("find /data -inum {inode}"));
            assert!(
                aside.contains("/etcd.purged-"),
                "what was on {host} is lost: {aside:?}"
            );
        }
    }
}

/// The database itself, wherever its folder is moved to.
const INODE: &str = "stat -c %i /data/etcd/member/snap/db";

fn assert_serves(hosts: &Hosts) {
    let health = hosts.etcdctl(1, "endpoint health --cluster 2>&1");
    assert_eq!(health.matches("is healthy").count(), 3, "{health}");
    let members = hosts.etcdctl(2, "member list");
    assert_eq!(members.matches("started").count(), 3, "{members}");
}

/// The example `ssh`, as an operator would run it.
struct Controller {
    program: PathBuf,
    home: TempDir,
}

impl Controller {
    /// Gives it where the example was built: beside this program.
    fn new(hosts: &Hosts) -> Option<Self> {
        let here = env::current_exe().expect("a program knows where it is");
        let program = here.ancestors().nth(2)?.join("examples/ssh");
        if !program.is_file() {
            skipped("`cargo build --package etcd-plan-examples --example ssh` was not run before");
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(home.path().join(".ssh")).expect("a folder");
        let config = format!(
            "IdentityFile {}\nUserKnownHostsFile {}\n",
            hosts.lab.key_file().display(),
            hosts.lab.known_hosts_file().display()
        );
        fs::write(home.path().join(".ssh/config"), config).expect("a file");
        // Nothing is deleted, so that what was there can be looked for.
        let text = inventory_of(&[("etcd", &[1, 2, 3])], ", etcd_purge_retention: 30d");
        fs::write(home.path().join("etcd.yml"), text).expect("a file");
        Some(Self { program, home })
    }

    fn start(&self, goal: &str) -> Child {
        let mut command = Command::new(&self.program);
        command
            .arg(self.home.path().join("etcd.yml"))
            .args(["--goal", goal])
            .env("HOME", self.home.path())
            .env_remove("SSH_AUTH_SOCK")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("the example starts")
    }

    /// Kills a run after a number of lines, and a random part of a second more.
    fn kill(&self, goal: &str, lines: usize, random: &mut StdRng) {
        let more = Duration::from_millis(random.random_range(0..150));
        let mut child = self.start(goal);
        let printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let ended = printed
            .map_while(Result::ok)
            .filter(|line| line.contains(" ms  "))
            .take(lines)
            .last();
        thread::sleep(more);
        // It is no failure to have ended by itself.
        let _ = child.kill();
        let status = child.wait().expect("a child");
        let ended = ended.unwrap_or_default();
        say(&format!(
            "{goal} killed {more:?} after {lines} lines ({}): {status}",
            ended.trim()
        ));
    }

    /// Runs to the end, as soon as the hosts have noticed that the one before is gone.
    fn finish(&self, goal: &str) {
        let begun = Instant::now();
        loop {
            let mut child = self.start(goal);
            let mut printed = String::new();
            let stdout = child.stdout.take().expect("a pipe");
            BufReader::new(stdout)
                .read_to_string(&mut printed)
                .expect("text");
            let mut errors = String::new();
            let stderr = child.stderr.take().expect("a pipe");
            BufReader::new(stderr)
                .read_to_string(&mut errors)
                .expect("text");
            if child.wait().expect("a child").success() {
                return;
            }
            let is_held = printed.contains("etcd.lock is held by ");
            assert!(
                is_held && begun.elapsed() < UNLOCK_BUDGET,
                "{goal}: {printed}\n{errors}"
            );
        }
    }
}
