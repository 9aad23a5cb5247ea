use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How long connecting, the handshake and each attempt to log in may take: 10 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an operation may take that does not ask for more itself: 60 s.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(1);

/// After what silence a host is asked whether it is still there: 15 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Whether a host must show a key that is known, in OpenSSH's words for `StrictHostKeyChecking`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostKeyChecking {
    /// `yes`: only known hosts; the default.
    #[default]
    Yes,
    /// `accept-new`: the key of a host that is not known is recorded; a changed key is refused.
    AcceptNew,
    /// `no`: every key is taken, so whoever stands in between can read and change everything. A
    /// revoked key is refused all the same, and a host with a changed key is given no password.
    No,
}

/// Says that a text is none of `yes`, `accept-new` and `no`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of `yes`, `accept-new` and `no`")]
pub struct NoHostKeyChecking(String);

impl FromStr for HostKeyChecking {
    type Err = NoHostKeyChecking;

    /// Reads OpenSSH's words. `ask` is read as `yes`, since there is nobody to ask.
    ///
    /// # Errors
    ///
    /// When the text is none of them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "yes" | "ask" => Ok(Self::Yes),
            "accept-new" => Ok(Self::AcceptNew),
            "no" | "off" => Ok(Self::No),
            _ => Err(NoHostKeyChecking(text.to_owned())),
        }
    }
}

/// What was set for all hosts.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) user: Option<String>,
    pub(super) identity_files: Vec<PathBuf>,
    pub(super) checking: Option<HostKeyChecking>,
    pub(super) known_hosts: Option<Vec<PathBuf>>,
    pub(super) config: ConfigPath,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) operation_timeout: Duration,
    pub(super) keep_alive: Option<Duration>,
}

/// Which configuration file of OpenSSH is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConfigPath {
    /// `~/.ssh/config`, if it is there.
    Home,
    /// This one, which must be there.
    At(PathBuf),
    /// None.
    Nowhere,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user: None,
            identity_files: Vec::new(),
            checking: None,
            known_hosts: None,
            config: ConfigPath::Home,
            connect_timeout: None,
            operation_timeout: OPERATION_TIMEOUT,
            keep_alive: None,
        }
    }
}

impl Options {
    /// Gives the connect timeout, where `configured` stands in the configuration file.
    pub(super) fn connect_timeout(&self, configured: Option<Duration>) -> Duration {
        let set = self.connect_timeout.or(configured);
        // 0 is libssh2's word for "no limit".
        set.unwrap_or(CONNECT_TIMEOUT).max(Duration::from_millis(1))
    }

    /// Gives the keep-alive interval, where `configured` stands in the configuration file.
    pub(super) fn keep_alive(&self, configured: Option<Duration>) -> Duration {
        let set = self
            .keep_alive
            .or(configured.filter(|every| !every.is_zero()));
        set.unwrap_or(KEEP_ALIVE).max(Duration::from_secs(1))
    }
}
