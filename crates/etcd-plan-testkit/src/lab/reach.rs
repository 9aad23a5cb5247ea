//! How a lab's hosts are reached: from inside the lab, by SSH, past their network.

use std::process::Command;

use super::driver::{INSIDE, Lab};
use super::error::LabError;
use super::host::LabHost;
use super::machine;

impl Lab {
    /// Makes the command that runs a program inside the lab, with `ETCD_PLAN_LAB` set for
    /// [`Lab::inside`]; its arguments are to be added.
    ///
    /// # Errors
    ///
    /// When the lab is not up.
    pub fn command(&self, program: &str) -> Result<Command, LabError> {
        machine::check()?;
        if !self.network.exists() {
            let hint = "bring it up with `cargo xtask lab up`";
            return Err(LabError::new(
                format!("lab {}", self.name),
                "is not up",
                hint,
            ));
        }
        let mut command = self.network.command(program);
        command.env(INSIDE, &self.name);
        Ok(command)
    }

    /// Makes the command that runs OpenSSH's client inside the lab, as a user on a host; what is to
    /// run there is to be added.
    ///
    /// # Errors
    ///
    /// When the lab is not up.
    pub fn ssh(&self, host: LabHost, user: &str) -> Result<Command, LabError> {
        let mut command = self.command("ssh")?;
        let known_hosts = self.known_hosts_file();
        command
            .args([
                "-F",
                "none",
                "-o",
                "LogLevel=ERROR",
                "-o",
                "ConnectTimeout=5",
            ])
            .args(["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"])
            .args(["-o", "GlobalKnownHostsFile=none", "-o"])
            .arg(format!("UserKnownHostsFile=\"{}\"", known_hosts.display()))
            .arg("-i")
            .arg(self.key_file())
            .arg(format!("{user}@{}", host.address()));
        Ok(command)
    }

    /// Makes the command that runs a program as root on a host, without going over its network: it
    /// also works on a host that is cut off, and costs no login. Its arguments are to be added.
    ///
    /// # Errors
    ///
    /// When the host does not run.
    pub fn enter(&self, host: LabHost, program: &str) -> Result<Command, LabError> {
        machine::check()?;
        let init = self.cgroups(host)?.init().ok_or_else(|| {
            let doing = format!("{host} of lab {}", self.name);
            LabError::new(doing, "does not run", "see `cargo xtask lab status`")
        })?;
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={init}"))
            .args([
                "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
            ])
            .args(["--", program])
            .env_clear()
            .env("HOME", "/root")
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            );
        Ok(command)
    }
}
