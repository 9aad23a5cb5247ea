use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{NameError, serde_through_text};

/// The longest cluster name, in bytes; with `-<etcd_seq>` and an extension it still makes a file name.
const CLUSTER_NAME_LIMIT: usize = 200;

/// The name of an etcd cluster, from `etcd_cluster`: letters, digits, `.`, `_` and `-`, beginning
/// with a letter or digit. It stands in file names, member names and certificates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterName(Arc<str>);

impl ClusterName {
    /// Gives the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the name of the member with this `etcd_seq`: `<etcd_cluster>-<etcd_seq>`.
    pub fn member(&self, seq: u32) -> MemberName {
        MemberName(format!("{self}-{seq}").into())
    }

    /// Gives the `etcd_seq` of the member that has this name by itself; none where it is no such name.
    pub fn seq_of(&self, name: &MemberName) -> Option<u32> {
        let rest = name.0.strip_prefix(&*self.0)?.strip_prefix('-')?;
        let seq = rest.parse().ok()?;
        (self.member(seq) == *name).then_some(seq)
    }
}

impl Default for ClusterName {
    /// The default of `etcd_cluster`: `etcd`.
    fn default() -> Self {
        Self("etcd".into())
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClusterName {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is empty, over 200 bytes, begins with another character than a letter or
    /// digit, or holds one that is not usable in a file name.
    fn from_str(text: &str) -> Result<Self, NameError> {
        usable_in_file_name(text, CLUSTER_NAME_LIMIT)?;
        Ok(Self(text.into()))
    }
}

serde_through_text!(ClusterName);

/// The name of a member, mostly `<etcd_cluster>-<etcd_seq>`, as `etcdctl member list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberName(Arc<str>);

impl MemberName {
    /// Gives the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether the name has the form that members of this cluster have.
    pub fn is_of(&self, cluster: &ClusterName) -> bool {
        self.0
            .strip_prefix(cluster.as_str())
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|seq| !seq.is_empty() && seq.bytes().all(|b| b.is_ascii_digit()))
    }
}

impl fmt::Display for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MemberName {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not usable in a file name.
    fn from_str(text: &str) -> Result<Self, NameError> {
        usable_in_file_name(text, 255)?;
        Ok(Self(text.into()))
    }
}

serde_through_text!(MemberName);

fn usable_in_file_name(text: &str, limit: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::new("is empty"));
    }
    if text.len() > limit {
        return Err(NameError::new(format!("is longer than {limit} bytes")));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(NameError::new("does not begin with a letter or digit"));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match text.chars().find(|c| !good(*c)) {
        Some(bad) => Err(NameError::new(format!(
            "holds {bad:?}: only letters, digits, `.`, `_` and `-` are usable in a file name"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::ClusterName;

    #[test]
    fn refuses_names_that_are_no_file_names() {
        for text in ["", "a/b", "..", "-etcd", "et cd", "étcd", &"x".repeat(201)] {
            assert!(text.parse::<ClusterName>().is_err(), "{text}");
        }
        assert!("etcd-prod.1_a".parse::<ClusterName>().is_ok());
    }

    #[test]
    fn knows_its_members() {
        let cluster: ClusterName = "etcd".parse().expect("a good name");
        assert!(cluster.member(3).is_of(&cluster));
        assert_eq!(cluster.seq_of(&cluster.member(3)), Some(3));
        for name in ["etcd-03", "etcd-x", "etcd", "other-3"] {
            assert_eq!(cluster.seq_of(&name.parse().expect("a name")), None);
        }
        let other: ClusterName = "etcd-x".parse().expect("a good name");
        assert!(!other.member(3).is_of(&cluster));
    }
}
