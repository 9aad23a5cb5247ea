use std::time::Duration;

use etcd_plan_core::names::HostName;

use crate::executor::ConnectError;

/// The error codes of libssh2 that are told apart (libssh2.h).
mod code {
    pub(super) const SOCKET_SEND: i32 = -7;
    pub(super) const TIMEOUT: i32 = -9;
    pub(super) const SOCKET_DISCONNECT: i32 = -13;
    pub(super) const AUTHENTICATION_FAILED: i32 = -18;
    pub(super) const PUBLICKEY_UNVERIFIED: i32 = -19;
    pub(super) const SOCKET_TIMEOUT: i32 = -30;
    pub(super) const SOCKET_RECV: i32 = -43;
}

/// Why a host is not reached, before it is said of which.
#[derive(Debug)]
pub(super) struct Problem {
    /// Why, as one clause.
    pub(super) message: String,
    /// The next action.
    pub(super) hint: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Says that the problem is with a host on the way.
    pub(super) fn at_jump_host(self, name: &str) -> Self {
        Self {
            message: format!("jump host {name}: {}", self.message),
            ..self
        }
    }

    /// Says of which host it is.
    pub(super) fn of(self, host: &HostName) -> ConnectError {
        ConnectError {
            host: host.clone(),
            message: self.message,
            hint: self.hint,
        }
    }
}

/// What an error of libssh2 means for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The host did not answer in time.
    TimedOut,
    /// The connection is gone.
    Lost,
    /// The host said no.
    Refused,
    /// Anything else.
    Other,
}

impl Failure {
    pub(super) fn of(error: &ssh2::Error) -> Self {
        let ssh2::ErrorCode::Session(number) = error.code() else {
            return Self::Other;
        };
        match number {
            code::TIMEOUT | code::SOCKET_TIMEOUT => Self::TimedOut,
            code::SOCKET_SEND | code::SOCKET_DISCONNECT | code::SOCKET_RECV => Self::Lost,
            code::AUTHENTICATION_FAILED | code::PUBLICKEY_UNVERIFIED => Self::Refused,
            _ => Self::Other,
        }
    }
}

/// Writes a length of time as people say it.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f32())
}

/// Gives the milliseconds for libssh2, for which 0 would mean "no limit".
pub(super) fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1)
}
