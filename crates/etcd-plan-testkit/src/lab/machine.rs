use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command;
use super::error::LabError;

/// The programs that a lab is made with, each with the Debian package that has it.
const PROGRAMS: [(&str, &str); 8] = [
    ("mmdebstrap", "mmdebstrap"),
    ("systemd-nspawn", "systemd-container"),
    ("ip", "iproute2"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("nsenter", "util-linux"),
    ("setsid", "util-linux"),
    ("mount", "mount"),
];

/// Refuses where a lab cannot be: without root, and on anything but Linux.
pub(super) fn check() -> Result<(), LabError> {
    let refused = |message: &str, hint: &str| Err(LabError::new("the lab", message, hint));
    if !cfg!(target_os = "linux") {
        return refused("needs Linux", "run it in a virtual machine with Debian");
    }
    if !rustix::process::geteuid().is_root() {
        return refused("needs root, for namespaces and mounts", "run it with sudo");
    }
    Ok(())
}

/// Installs the programs that are missing, where the machine has `apt-get`.
pub(super) fn install_programs(say: &mut dyn FnMut(&str)) -> Result<(), LabError> {
    let mut missing = missing_packages();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing {}", missing.join(", ")));
    let doing = format!("installing {}", missing.join(", "));
    if find("apt-get").is_none() {
        let hint = "install these programs as your distribution names them, then try again";
        return Err(LabError::new(doing, "the machine has no apt-get", hint));
    }
    command::run(apt_get().arg("update"), "apt-get update")?;
    command::run(
        apt_get()
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing),
        &doing,
    )?;
    missing = missing_packages();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("still missing: {}", missing.join(", "));
    Err(LabError::new(doing, message, "see that PATH has /usr/sbin"))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn missing_packages() -> Vec<&'static str> {
    let missing = PROGRAMS
        .iter()
        .filter(|(program, _)| find(program).is_none());
    let mut packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    packages.dedup();
    packages
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| Path::is_file(file))
}
