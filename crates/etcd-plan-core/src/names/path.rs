use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{NameError, serde_through_text};

/// An absolute path on a host, without `.`, `..`, doubled or final slashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPath(Arc<str>);

impl HostPath {
    /// Makes a path from text known to be good.
    ///
    /// # Panics
    ///
    /// When it is not: for paths that stand in this crate, not for a user's text.
    pub fn fixed(text: &str) -> Self {
        text.parse().expect("a fixed path is absolute and plain")
    }

    /// Gives the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the path of something in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let slash = if &*self.0 == "/" { "" } else { "/" };
        Self(format!("{}{slash}{name}", self.0).into())
    }

    /// Gives the path with `suffix` added to its last name.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0).into())
    }

    /// Gives the folder that holds this path; `/` for `/`.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self.0.rfind('/') {
            Some(0) | None => Self("/".into()),
            Some(at) => Self(self.0[..at].into()),
        }
    }

    /// Gives the last name of the path; empty for `/`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Says whether the path is `other` or lies in it.
    pub fn is_in(&self, other: &Self) -> bool {
        self == other
            || &*other.0 == "/"
            || self
                .0
                .strip_prefix(&*other.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Gives this path below the root folder of a sandbox host.
    pub fn below(&self, root: &str) -> String {
        format!("{root}{}", self.0)
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostPath {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not absolute, holds `.` or `..` as a name, or a control character.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if !text.starts_with('/') {
            return Err(NameError::new("is not an absolute path"));
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::new("holds control characters"));
        }
        let names: Vec<&str> = text.split('/').filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| matches!(*name, "." | "..")) {
            return Err(NameError::new("holds `.` or `..`"));
        }
        Ok(Self(format!("/{}", names.join("/")).into()))
    }
}

serde_through_text!(HostPath);

#[cfg(test)]
mod tests {
    use super::HostPath;

    #[test]
    fn is_absolute_and_plain() {
        assert_eq!(HostPath::fixed("//data//etcd/").as_str(), "/data/etcd");
        assert_eq!(HostPath::fixed("/").join("x").as_str(), "/x");
        assert_eq!(HostPath::fixed("/data/etcd").parent().as_str(), "/data");
        assert_eq!(HostPath::fixed("/data").parent().as_str(), "/");
        for bad in ["", "data", "/a/../b", "/a/./b", "/a\nb"] {
            assert!(bad.parse::<HostPath>().is_err(), "{bad}");
        }
    }

    #[test]
    fn knows_what_lies_in_it() {
        let data = HostPath::fixed("/data/etcd");
        assert!(data.join("member").is_in(&data));
        assert!(!HostPath::fixed("/data/etcd2").is_in(&data));
        assert!(data.is_in(&HostPath::fixed("/")));
    }
}
