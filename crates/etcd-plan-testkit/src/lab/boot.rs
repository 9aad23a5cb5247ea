//! How a host starts, and how it ends.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::driver::{INSIDE, Lab};
use super::error::LabError;
use super::host::LabHost;
use super::network::BRIDGE;

/// How long a host has until its sshd greets; it takes about a second.
const BOOT_BUDGET: Duration = Duration::from_mins(1);

/// Enters the cgroups that stand before `--` and becomes the program that stands after.
const IN_CGROUPS: &str = r#"
while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit; shift; done
shift
exec "$@"
"#;

impl Lab {
    /// Makes the disk of a host where it has none, and starts it unless it runs.
    pub(super) fn boot(&self, host: LabHost) -> Result<(), LabError> {
        let cgroups = self.cgroups(host)?;
        let disk = self.disk(host);
        let made = disk.is_made(&self.image);
        if cgroups.is_populated() {
            if made && self.network.has_port(host) {
                return Ok(());
            }
            self.stop(host)?;
        }
        if made {
            disk.mount(&self.image)?;
        } else {
            disk.make(&self.image, false)?;
        }
        cgroups.create()?;
        let doing = format!("starting {host}");
        let console = File::create(disk.console()).map_err(LabError::io(doing.clone()))?;
        let errors = console.try_clone().map_err(LabError::io(doing.clone()))?;
        let mut nspawn = self.network.command("systemd-nspawn");
        nspawn
            .args([
                "--quiet",
                "--register=no",
                "--keep-unit",
                "--private-users=no",
            ])
            .args(["--resolv-conf=off", "--timezone=off", "--link-journal=no"])
            .args(["--boot", "--console=pipe"])
            .arg(format!("--machine={host}"))
            .arg(format!("--network-bridge={BRIDGE}"))
            .arg("--directory")
            .arg(disk.tree());
        if host == LabHost::INFRA {
            let packages = self.image.packages();
            nspawn.arg(format!("--bind-ro={}:/srv/packages", packages.display()));
        }
        // In a session of its own, so that it outlives us and our terminal.
        let mut setsid = Command::new("setsid");
        setsid
            .args(["--fork", "sh", "-c", IN_CGROUPS, "sh"])
            .args(cgroups.folders())
            .arg("--")
            .arg(nspawn.get_program())
            .args(nspawn.get_args())
            // The machine's own filter may forbid what a filter of systemd's would be made with.
            .env("SYSTEMD_SECCOMP", "0")
            .env_remove(INSIDE)
            .stdin(Stdio::null())
            .stdout(console)
            .stderr(errors);
        let status = setsid.status().map_err(LabError::io(doing.clone()))?;
        if status.success() {
            return Ok(());
        }
        let message = format!("setsid ended with {status}");
        Err(LabError::new(
            doing,
            message,
            "see that util-linux is whole",
        ))
    }

    pub(super) fn wait(&self, host: LabHost) -> Result<(), LabError> {
        // A host that is cut off is up all the same.
        if self.network.is_cut(host) {
            return Ok(());
        }
        let cgroups = self.cgroups(host)?;
        // The shell that becomes the host is in its cgroup a moment after it was started.
        let mut seen = false;
        self.network.wait_for_ssh(host, BOOT_BUDGET, move || {
            let populated = cgroups.is_populated();
            seen |= populated;
            populated || !seen
        })
    }

    pub(super) fn stop(&self, host: LabHost) -> Result<(), LabError> {
        self.cgroups(host)?.kill()?;
        self.network.remove_port(host);
        Ok(())
    }

    /// Stops a host and removes its disk.
    pub(super) fn take_away(&self, host: LabHost) -> Result<(), LabError> {
        self.stop(host)?;
        self.disk(host).remove()
    }
}
