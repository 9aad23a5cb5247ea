//! A folder with an inventory, its hosts, and journals of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use etcd_plan::executor::SandboxExecutor;
use tempfile::TempDir;

/// A fake etcd that says its version and never serves, for what needs no cluster.
const SLEEPER: &str = "#!/bin/sh
case $* in
    *version*) echo 'etcd Version: 3.5.16' ;;
    *) exec sleep 600 ;;
esac
";

/// A fake etcdctl that reaches nobody.
const DEAF: &str = "#!/bin/sh
case $* in
    *version*) echo 'etcdctl version: 3.5.16' ;;
    *) exit 1 ;;
esac
";

/// A folder in which the command runs; whatever it has started ends with it.
pub(crate) struct Site {
    folder: TempDir,
    path: Option<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Site {
    /// Gives a site of some members at these loopback addresses, with etcd; none where that is not
    /// installed, which is said.
    pub(crate) fn with_etcd(addresses: &str, members: u8) -> Option<Self> {
        let is_there = |program: &str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        };
        if !is_there("etcd") || !is_there("etcdctl") {
            crate::noted::skipped("etcd or etcdctl is not installed");
            return None;
        }
        Some(Self::new(addresses, members))
    }

    /// Gives a site of three members whose etcd never serves.
    pub(crate) fn with_sleepers(addresses: &str) -> Self {
        let mut site = Self::new(addresses, 3);
        let programs = site.path("programs");
        fs::create_dir(&programs).expect("a folder");
        for (name, text) in [("etcd", SLEEPER), ("etcdctl", DEAF)] {
            let file = programs.join(name);
            fs::write(&file, text).expect("a program");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        let path = std::env::var("PATH").unwrap_or_default();
        site.path = Some(format!("{}:{path}", programs.display()));
        site
    }

    fn new(addresses: &str, members: u8) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let hosts: Vec<String> = (1..=members)
            .map(|seq| format!("    {addresses}{seq}: {{ etcd_seq: {seq} }}\n"))
            .collect();
        let text = format!(
            "etcd:\n  hosts:\n{}  vars: {{ etcd_cluster: etcd, etcd_port: 24379, etcd_peer_port: 24380 }}\n",
            hosts.concat()
        );
        fs::write(folder.path().join("pigsty.yml"), text).expect("an inventory");
        Self { folder, path: None }
    }

    /// Gives a path in the site.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a command of `etcd-plan` for the site, with words between spaces as arguments.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etcd-plan"));
        command.args(words.split_whitespace());
        self.prepare(&mut command);
        command
    }

    /// Gives a command the folder and the environment of the site.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env_remove("ETCD_PLAN_INVENTORY")
            .env_remove("NO_COLOR")
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
    }

    /// Runs the command without a terminal.
    pub(crate) fn run(&self, words: &str) -> Ended {
        let output = self.command(words).output().expect("the command starts");
        Ended::of(&output)
    }

    /// Runs it, and asserts how it ends.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32, words: &str) -> Ended {
        let ended = self.run(words);
        assert_eq!(ended.code, Some(code), "{words}: {ended:#?}");
        ended
    }

    /// Runs a script of a shell in the site.
    pub(crate) fn shell(&self, script: &str) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        self.prepare(&mut command);
        command.env("ETCD_PLAN", env!("CARGO_BIN_EXE_etcd-plan"));
        Ended::of(&command.output().expect("a shell"))
    }
}

impl Ended {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        stop(&self.path("hosts"));
    }
}

fn stop(hosts: &Path) {
    // Best effort: a test that fails must not hide behind this.
    let _ = SandboxExecutor::new(hosts).stop_all();
}
