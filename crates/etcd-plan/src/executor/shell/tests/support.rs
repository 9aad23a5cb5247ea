use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{Batch, Op, OpFailure, OpResult, ReadOp, Reply, Service, WriteOp};
use tempfile::TempDir;

use crate::executor::shell::{Sandbox, Settings, ShellProcess, ShellSession};
pub(super) use crate::skipped::skipped;

/// What a host must have, and `setsid`.
const TOOLS: [&str; 21] = [
    "base64",
    "cat",
    "chmod",
    "chown",
    "date",
    "df",
    "grep",
    "head",
    "id",
    "ls",
    "mkdir",
    "mv",
    "rm",
    "setsid",
    "sha256sum",
    "sleep",
    "stat",
    "sync",
    "tail",
    "uname",
    "wc",
];

/// A shell to test with.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub(super) name: &'static str,
    arguments: &'static [&'static str],
    /// The `PATH` under which operations run.
    pub(super) path: String,
    /// The folder that `path` names, where it ends with the test.
    tools: Option<Arc<TempDir>>,
}

impl Shell {
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(self.name);
        command.args(self.arguments);
        command
    }
}

/// Gives the shells that this machine has; says which are missing.
pub(super) fn shells() -> Vec<Shell> {
    let path = std::env::var("PATH").expect("tests have a PATH");
    let shell = |name, arguments, path: &str| Shell {
        name,
        arguments,
        path: path.to_owned(),
        tools: None,
    };
    let mut shells = vec![
        shell("dash", &[][..], &path),
        shell("bash", &["--posix"][..], &path),
        shell("busybox", &["sh"][..], &path),
    ];
    shells.retain(|shell| {
        let there = is_in_path(shell.name);
        if !there {
            skipped(&format!(
                "tests with {}, which is not installed",
                shell.name
            ));
        }
        there
    });
    if let Some(busybox) = shells.iter_mut().find(|shell| shell.name == "busybox") {
        let tools = busybox_tools();
        busybox.path = tools.path().display().to_string();
        busybox.tools = Some(Arc::new(tools));
    }
    assert!(!shells.is_empty(), "there is no shell to test with");
    shells
}

/// Makes a folder in which every tool is busybox's, but for those that Debian's has not.
fn busybox_tools() -> TempDir {
    let tools = tempfile::tempdir().expect("a temporary folder");
    let busybox = find_in_path("busybox").expect("busybox was found just now");
    let list = Command::new(&busybox)
        .arg("--list")
        .output()
        .expect("busybox");
    for tool in String::from_utf8_lossy(&list.stdout).lines() {
        std::os::unix::fs::symlink(&busybox, tools.path().join(tool)).expect("a link");
    }
    for tool in ["flock", "etcd", "etcdctl"] {
        let own = tools.path().join(tool);
        if let Some(found) = find_in_path(tool).filter(|_| !own.exists()) {
            std::os::unix::fs::symlink(found, own).expect("a link");
        }
    }
    tools
}

pub(super) fn find_in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

pub(super) fn is_in_path(program: &str) -> bool {
    find_in_path(program).is_some()
}

/// A host that is a temporary folder, with a session to it. Its processes end with it.
pub(super) struct Host {
    pub(super) session: ShellSession<ShellProcess>,
    pub(super) shell: Shell,
    path: String,
    dir: TempDir,
}

impl Host {
    pub(super) fn new(shell: &Shell) -> Self {
        Self::with_programs(shell, &[])
    }

    /// Makes a host that finds these programs first: each a name and the text of a script.
    pub(super) fn with_programs(shell: &Shell, programs: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let bin = programs_in(dir.path(), programs);
        let path = format!("{}:{}", bin.display(), shell.path);
        Self {
            session: sandbox_session(shell, &dir.path().join("root"), &path),
            shell: shell.clone(),
            path,
            dir,
        }
    }

    /// Makes a host that has no etcd, whatever this machine has.
    pub(super) fn without_etcd(shell: &Shell) -> Self {
        let tools = tempfile::tempdir().expect("a temporary folder");
        for tool in TOOLS {
            let found = find_in_path(tool).expect("a tool that every machine has");
            std::os::unix::fs::symlink(found, tools.path().join(tool)).expect("a link");
        }
        let shell = Shell {
            path: tools.path().display().to_string(),
            tools: Some(Arc::new(tools)),
            ..shell.clone()
        };
        Self::new(&shell)
    }

    /// Gives the place of a path of the host.
    pub(super) fn place(&self, path: &str) -> PathBuf {
        self.dir
            .path()
            .join("root")
            .join(path.trim_start_matches('/'))
    }

    pub(super) fn another_session(&self) -> ShellSession<ShellProcess> {
        sandbox_session(&self.shell, &self.dir.path().join("root"), &self.path)
    }

    /// Opens a session whose shell says on stderr into a file.
    pub(super) fn session_heard_in(&self, file: &Path) -> ShellSession<ShellProcess> {
        let mut command = Command::new("sh");
        command
            .args(["-c", "file=$0; exec \"$@\" 2>>\"$file\""])
            .arg(file);
        let shell = self.shell.command();
        command.arg(shell.get_program()).args(shell.get_args());
        sandbox_session_of(&mut command, &self.dir.path().join("root"), &self.path)
    }

    /// Gives the host's session away, so that it ends; the host gets another.
    pub(super) fn session_that_ends(&mut self) -> ShellSession<ShellProcess> {
        let another = self.another_session();
        std::mem::replace(&mut self.session, another)
    }

    pub(super) fn read(&mut self, question: ReadOp) -> OpResult {
        one(&mut self.session, Op::Read(question))
    }

    pub(super) fn write(&mut self, change: WriteOp) -> OpResult {
        one(&mut self.session, Op::Write(change))
    }

    /// Carries out a change that must work twice.
    pub(super) fn write_twice(&mut self, change: &WriteOp) {
        for _ in 0..2 {
            assert_eq!(self.write(change.clone()), Ok(Reply::Done), "{change:?}");
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let Ok(files) = fs::read_dir(self.place("run")) else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_suffix(".pid") {
                let stop = WriteOp::StopService {
                    service: service(name),
                    timeout: etcd_plan_core::names::Millis(30_000),
                    kill_after: None,
                };
                let _ = self.another_session().run(&batch([stop]));
            }
        }
    }
}

/// Waits until something is so, on a machine that may be busy.
pub(super) fn wait_until(mut it_is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !it_is_so() {
        assert!(begun.elapsed().as_secs() < 60, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn sandbox_session(shell: &Shell, root: &Path, path: &str) -> ShellSession<ShellProcess> {
    sandbox_session_of(&mut shell.command(), root, path)
}

fn sandbox_session_of(shell: &mut Command, root: &Path, path: &str) -> ShellSession<ShellProcess> {
    fs::create_dir_all(root).expect("a folder");
    let settings = Settings {
        path: path.to_owned(),
        sandbox: Some(Sandbox {
            root: root.display().to_string(),
            address: None,
            uid: rustix::process::geteuid().as_raw(),
        }),
        ..Settings::machine()
    };
    open(shell, settings)
}

/// Opens a session to a machine, which this one only plays: it finds these programs first.
pub(super) fn machine_session(
    shell: &Shell,
    dir: &Path,
    programs: &[(&str, &str)],
) -> ShellSession<ShellProcess> {
    let bin = programs_in(dir, programs);
    let path = format!("{}:{}", bin.display(), shell.path);
    let settings = Settings {
        path,
        ..Settings::machine()
    };
    open(&mut shell.command(), settings)
}

fn open(shell: &mut Command, settings: Settings) -> ShellSession<ShellProcess> {
    let process = ShellProcess::start(shell).expect("a shell");
    let host = "127.0.0.11".parse().expect("a host name");
    ShellSession::open(host, settings, process).expect("a greeting")
}

fn programs_in(dir: &Path, programs: &[(&str, &str)]) -> PathBuf {
    let bin = dir.join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    for (name, text) in programs {
        let program = bin.join(name);
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    bin
}

/// Runs a test with every shell that is there.
pub(super) fn with_each_shell(test: impl Fn(&Shell)) {
    for shell in shells() {
        test(&shell);
    }
}

pub(super) fn one(session: &mut ShellSession<ShellProcess>, op: Op) -> OpResult {
    let batch = Batch {
        chains: vec![vec![op]],
    };
    let mut results = session.run(&batch).expect("an answer");
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// Makes a batch of one chain of changes.
pub(super) fn batch(changes: impl IntoIterator<Item = WriteOp>) -> Batch {
    Batch {
        chains: vec![changes.into_iter().map(Op::Write).collect()],
    }
}

pub(super) fn path(text: &str) -> HostPath {
    HostPath::fixed(text)
}

pub(super) fn service(name: &str) -> Service {
    Service {
        name: name.to_owned(),
        program: path("/usr/bin/etcd"),
        config: path("/etc/etcd/etcd.conf"),
    }
}

/// Gives the message of an operation that was tried and failed.
pub(super) fn message(result: OpResult) -> String {
    match result {
        Err(OpFailure::Failed { message }) => message,
        other => panic!("it did not fail: {other:?}"),
    }
}
