//! What happens to hosts: they are cut off, killed, started again, given fresh disks or small ones.

use super::driver::{Lab, on_all};
use super::error::LabError;
use super::host::LabHost;
use super::{command, machine};

impl Lab {
    /// Takes a host off the bridge: nobody reaches it, and it reaches nobody.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn cut(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        self.network.set_port(host, false)
    }

    /// Puts a host back on the bridge.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn heal(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        self.network.set_port(host, true)
    }

    /// Stops a host as a cut power line would. Its disk stays.
    ///
    /// # Errors
    ///
    /// When its processes do not end.
    pub fn kill(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        self.stop(host)
    }

    /// Starts a stopped host, with the disk that it has, and waits until it lets in over SSH.
    ///
    /// # Errors
    ///
    /// When the lab has no such host, or it does not start.
    pub fn start(&self, host: LabHost) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        self.must_have(host)?;
        self.boot(host)?;
        self.wait(host)
    }

    /// Stops hosts and starts them with fresh disks, and fresh host keys.
    ///
    /// # Errors
    ///
    /// When the lab has no such host, or one does not start.
    pub fn reset(&self, hosts: &[LabHost]) -> Result<(), LabError> {
        self.reset_to(hosts, false)
    }

    /// The same, and on the fresh disks are Patroni, PostgreSQL and vip-manager, which do not run.
    ///
    /// # Errors
    ///
    /// As [`Lab::reset`].
    pub fn reset_with_databases(&self, hosts: &[LabHost]) -> Result<(), LabError> {
        self.reset_to(hosts, true)
    }

    fn reset_to(&self, hosts: &[LabHost], databases: bool) -> Result<(), LabError> {
        machine::check()?;
        let _lock = self.store.lock_lab(&self.name)?;
        for host in hosts {
            self.must_have(*host)?;
        }
        on_all(hosts, |host| {
            self.take_away(host)?;
            self.disk(host).make(&self.image, databases)?;
            self.boot(host)
        })?;
        self.write_known_hosts()?;
        on_all(hosts, |host| self.wait(host))
    }

    /// Mounts a small file system on `/data` of a running host, until the host is stopped; `size`
    /// is as tmpfs takes it, such as `4m`.
    ///
    /// # Errors
    ///
    /// When the host cannot do it.
    pub fn limit_data(&self, host: LabHost, size: &str) -> Result<(), LabError> {
        let doing = format!("a small disk for /data of {host}");
        if size.is_empty() || !size.chars().all(|c| c.is_ascii_alphanumeric()) {
            let hint = "give a number with k, m or g after it, such as 4m";
            return Err(LabError::new(doing, format!("{size:?} is no size"), hint));
        }
        let script = format!("mkdir -p /data && mount -t tmpfs -o size={size} lab-data /data");
        command::run(self.ssh(host, "root")?.arg(script), &doing)?;
        Ok(())
    }
}
