use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;

/// Gives the folder that holds what the bench needs.
pub(super) fn folder() -> PathBuf {
    shell::target().join("bench")
}

/// Gives the program that carries an inventory out over SSH: the example.
pub(super) fn our_program() -> PathBuf {
    shell::target().join("release/examples/ssh")
}

/// Gives the program that runs playbooks.
pub(super) fn ansible() -> PathBuf {
    folder().join("ansible/bin/ansible-playbook")
}

/// Builds our program as users have it, and installs Ansible from PyPI into the target folder.
pub(super) fn tools() -> Result<(), String> {
    let build = [
        "build",
        "--release",
        "--package",
        "etcd-plan-examples",
        "--example",
        "ssh",
    ];
    run(&mut shell::cargo(&build))?;
    if ansible().is_file() {
        return Ok(());
    }
    let venv = folder().join("ansible");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))
    .map_err(|why| format!("{why}; on Debian, install python3-venv"))?;
    run(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "ansible-core"]))
}

/// Runs a program, which must work.
pub(super) fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    Err(format!(
        "{program} ended with {}: {printed}\n{said}",
        output.status
    ))
}
