//! Installs what the tests and the example need, where that can be done: as root on Debian.

use std::fs;
use std::io::{Write as _, stderr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::shell::{is_installed, watch};

/// The programs that are needed, and the packages of Debian that have them.
const NEEDED: &[(&str, &str)] = &[
    ("etcd", "etcd-server"),
    ("etcdctl", "etcd-client"),
    ("openssl", "openssl"),
    ("busybox", "busybox"),
    ("python3", "python3"),
    ("prometheus", "prometheus"),
    ("prometheus-node-exporter", "prometheus-node-exporter"),
];

/// The services of these packages, which are not to run here: tests start what they need.
const SERVICES: &[(&str, &str)] = &[
    ("etcd-server", "etcd.service"),
    ("prometheus", "prometheus.service"),
    (
        "prometheus-node-exporter",
        "prometheus-node-exporter.service",
    ),
];

/// The package of Debian without which `python3 -m venv` does not work.
const VENV: (&str, &str) = ("the environments of Python", "python3-venv");

/// What Debian asks before a package starts its services; 101 forbids it.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs what is missing, or says that it is: the tests that need it are skipped then.
pub(super) fn prepare() {
    let mut missing: Vec<&(&str, &str)> = NEEDED
        .iter()
        .filter(|(program, _)| !is_installed(program))
        .collect();
    if !has_venv() {
        missing.push(&VENV);
    }
    if missing.is_empty() {
        return say("all is there");
    }
    let programs: Vec<&str> = missing.iter().map(|(program, _)| *program).collect();
    let programs = programs.join(", ");
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    if !can_install() {
        return say(&format!(
            "not installed: {programs}; tests that need them are skipped, and only root on Debian \
             gets them from here (`apt-get install {}`)",
            packages.join(" ")
        ));
    }
    match install(&packages) {
        Ok(()) => say(&format!("installed {}", packages.join(", "))),
        Err(why) => say(&format!(
            "{programs} could not be installed, and tests that need them are skipped: {why}"
        )),
    }
}

/// Installs packages that start nothing.
///
/// # Errors
///
/// When that does not work, or is not ours to do.
pub(crate) fn install_with_apt(packages: &[&str]) -> Result<(), String> {
    if !can_install() {
        return Err("only root on Debian gets it from here".to_owned());
    }
    // Without an index, or with an old one, the first try fails.
    apt_get(&["install"], packages).or_else(|_| {
        apt_get(&["update"], &[])?;
        apt_get(&["install"], packages)
    })
}

fn can_install() -> bool {
    is_root() && is_installed("apt-get")
}

fn install(packages: &[&str]) -> Result<(), String> {
    // Some would start an instance of their own, on the ports of any other.
    let _policy = Policy::forbid_starts()?;
    install_with_apt(packages)?;
    // They are not to be started at the next boot either.
    if Path::new("/run/systemd/system").is_dir() {
        let of = |package: &str| SERVICES.iter().find(|(name, _)| *name == package);
        for (_, service) in packages.iter().filter_map(|package| of(package)) {
            watch(Command::new("systemctl").args(["--quiet", "disable", service]))?;
        }
    }
    Ok(())
}

fn apt_get(verb: &[&str], packages: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command
        .args(["-q", "-y", "--no-install-recommends"])
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(verb)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let ran = watch(&mut command)?;
    if ran.status.success() {
        Ok(())
    } else {
        Err(format!("`apt-get {}` ended with {}", verb[0], ran.status))
    }
}

/// Keeps packages from starting their services, as long as it lives.
struct Policy {
    is_ours: bool,
}

impl Policy {
    /// The policy binds only while this very process lives, so that one which a cut left behind
    /// forbids nothing.
    fn forbid_starts() -> Result<Self, String> {
        const MARK: &str = "# etcd-plan: nothing is started while `cargo xtask` installs packages";
        let found = fs::read_to_string(POLICY);
        if found.is_ok_and(|text| !text.contains(MARK)) {
            let status = Command::new(POLICY).args(["etcd", "start"]).status();
            return match status.ok().and_then(|status| status.code()) {
                Some(101) => Ok(Self { is_ours: false }),
                _ => Err(format!(
                    "{POLICY} lets packages start etcd: install it yourself"
                )),
            };
        }
        let process = std::process::id();
        let text = format!("#!/bin/sh\n{MARK}\n[ ! -d /proc/{process} ] || exit 101\n");
        let error = |error| format!("{POLICY} cannot be written: {error}");
        fs::write(POLICY, text).map_err(error)?;
        fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755)).map_err(error)?;
        Ok(Self { is_ours: true })
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}

/// Says whether environments of Python can be made, which takes a module that Debian splits off.
fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python
        .args(["-c", "import ensurepip, venv"])
        .stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Says whether we are root, by whom our own process belongs to.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn say(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}
