use etcd_plan::executor::{ConnectError, Executor, Session, Target, session_through};

use super::driver::Lab;
use super::error::LabError;
use super::host::LabHost;

/// Reaches the hosts of a lab through OpenSSH's client: a second opinion on what our own SSH does,
/// and what its speed is compared with.
#[derive(Debug, Clone)]
pub struct OpenSshExecutor {
    lab: Lab,
}

impl OpenSshExecutor {
    /// Makes an executor for the hosts of a lab.
    pub fn new(lab: &Lab) -> Self {
        Self { lab: lab.clone() }
    }
}

impl Executor for OpenSshExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let refused = |error: LabError| ConnectError {
            host: target.host.clone(),
            message: error.to_string(),
            hint: error.hint,
        };
        let host: LabHost = target.address.parse().map_err(refused)?;
        let user = target.user.as_deref().unwrap_or("root");
        let mut ssh = self.lab.ssh(host, user).map_err(refused)?;
        match &target.become_user {
            Some(user) => ssh.args(["sudo", "-n", "-u", user, "--", "sh"]),
            None => ssh.arg("sh"),
        };
        session_through(&target.host, &mut ssh)
    }
}
