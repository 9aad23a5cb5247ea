use std::fmt::Display;

/// Says what went wrong with a lab, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {message}")]
pub struct LabError {
    /// What was being done, and to which host or file.
    pub doing: String,
    /// Why it went wrong, as one clause.
    pub message: String,
    /// The next action.
    pub hint: String,
}

impl LabError {
    pub(super) fn new(doing: impl Into<String>, message: impl Display, hint: &str) -> Self {
        Self {
            doing: doing.into(),
            message: message.to_string(),
            hint: hint.to_owned(),
        }
    }

    /// Makes the error of an operation on a file, for `map_err`.
    pub(super) fn io<E: Display>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |error| {
            Self::new(
                doing,
                error,
                "see that the disk has room, and run it as root",
            )
        }
    }
}
