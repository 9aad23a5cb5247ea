use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How a run goes about its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSettings {
    /// How many hosts are worked on at once, at the most; by default 64.
    pub forks: NonZeroUsize,
    /// Who runs, as the lock on the hosts says it to others; by default the user, the machine and
    /// the process.
    pub holder: String,
    /// The folder on this machine that the plan's relative paths are relative to: that of backups, for
    /// one. By default the current one.
    pub folder: PathBuf,
}

impl Default for RunSettings {
    fn default() -> Self {
        let user = std::env::var("USER").unwrap_or_else(|_| "unknown user".to_owned());
        let machine = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        Self {
            forks: NonZeroUsize::new(64).expect("64 is not 0"),
            holder: format!("{user}@{machine}, process {}", std::process::id()),
            folder: PathBuf::new(),
        }
    }
}
