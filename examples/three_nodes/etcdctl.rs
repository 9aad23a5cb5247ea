//! Asks the cluster what an operator would ask, with `etcdctl` through mutual TLS.

use std::error::Error;
use std::io::{Write as _, stdout};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says whether `etcd` and `etcdctl` are in the `PATH`.
pub(crate) fn is_installed() -> bool {
    ["etcd", "etcdctl"].iter().all(|program| {
        let mut command = Command::new(program);
        command
            .arg("--help")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok()
    })
}

/// Shows members, leader and health, then does the seeds' `put a 10; get a; del a`.
pub(crate) fn prove(
    environment: &str,
    interrupted: &Arc<AtomicBool>,
) -> Result<(), Box<dyn Error>> {
    for command in [
        "etcdctl member list -w table",
        "etcdctl endpoint status -w table",
        "etcdctl endpoint health",
        "etcdctl put a 10",
        "etcdctl get a",
        "etcdctl del a",
    ] {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(());
        }
        let output = run(environment, command)?;
        let _ = write!(stdout(), "$ {command}\n{output}");
        if command.ends_with("get a") && output != "a\n10\n" {
            return Err(format!("`{command}` gave {output:?}").into());
        }
    }
    Ok(())
}

/// Runs a command in the environment that members' hosts have.
fn run(environment: &str, command: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("{environment}\nexec {command} 2>&1"))
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("`{command}` failed: {text}").into())
    }
}
