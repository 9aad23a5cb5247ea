use std::io;
use std::path::PathBuf;

/// Says why a journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file or folder could not be used.
    #[error("the journal {} cannot be used: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no record of a journal.
    #[error("line {line} of the journal {} is no record: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        message: String,
    },
    /// There is no such run.
    #[error("{} has no run `{id}`", folder.display())]
    NoSuchRun {
        /// The folder.
        folder: PathBuf,
        /// The name that was asked for.
        id: String,
    },
}

impl JournalError {
    /// Gives the next action.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "give a folder that can be written, with `--journal DIR`",
            Self::Line { .. } => "the file was changed by something else, or is no journal",
            Self::NoSuchRun { .. } => "`etcd-plan log` lists the runs there are",
        }
    }

    pub(super) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File {
            path: path.into(),
            source,
        }
    }
}
