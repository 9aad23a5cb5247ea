//! Starting programs, and looking at what they say.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Gives the folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("this crate lies in `crates/xtask`").to_owned()
}

/// Gives the folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Makes a command that runs in the workspace's folder.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Makes a command of the cargo that started us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(cargo, arguments)
}

/// Says whether a cargo subcommand is installed.
pub(crate) fn has_cargo(subcommand: &str) -> bool {
    let mut command = cargo(&[subcommand, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Says whether a program is in the `PATH`.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// What a program did.
pub(crate) struct Ran {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// The lines that it wrote, to stdout and stderr, in the order in which they came.
    pub(crate) lines: Vec<String>,
}

/// Runs a program, shows its lines as they come, and keeps them.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn watch(command: &mut Command) -> Result<Ran, String> {
    watch_as("", command)
}

/// Runs a program as [`watch`] does, and shows its lines behind a label, by which they are told from
/// those of programs that run at the same time.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn watch_as(label: &str, command: &mut Command) -> Result<Ran, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let (sender, lines) = channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    let lines = lines
        .into_iter()
        .inspect(|line| {
            let _ = writeln!(stderr(), "{label}{line}");
        })
        .collect();
    let status = child
        .wait()
        .map_err(|error| format!("`{program}` was lost: {error}"))?;
    Ok(Ran { status, lines })
}

fn forward(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if lines.send(text).is_err() {
                return;
            }
        }
    });
}
