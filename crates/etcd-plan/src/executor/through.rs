use std::process::Command;

use etcd_plan_core::names::HostName;

use super::shell::{Settings, ShellProcess, ShellSession};
use super::{ConnectError, Session};

/// Opens a session to a machine through a command that leads to a POSIX shell on it, as root, such
/// as `ssh HOST sudo -n sh` or `docker exec -i NAME sh`.
///
/// It is what an executor of one's own needs: that has to make the command, and nothing more.
///
/// # Errors
///
/// When the command cannot be started, or what it leads to does not answer as a shell does.
pub fn session_through(
    host: &HostName,
    command: &mut Command,
) -> Result<Box<dyn Session>, ConnectError> {
    let shell = ShellProcess::start(command).map_err(|error| ConnectError {
        host: host.clone(),
        message: format!("{}: {error}", command.get_program().display()),
        hint: "see that the program is in PATH".to_owned(),
    })?;
    let session = ShellSession::open(host.clone(), Settings::machine(), shell)?;
    Ok(Box::new(session))
}
