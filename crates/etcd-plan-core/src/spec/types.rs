use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::names::NameError;

/// A number of bytes, written as a number or with a unit of 1024: `8GiB`, `512MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

const UNITS: [(&str, u32); 4] = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, shift) = UNITS
            .into_iter()
            .find(|(_, shift)| self.0 >= 1 << shift && self.0.trailing_zeros() >= *shift)
            .unwrap_or(("B", 0));
        write!(f, "{}{unit}", self.0 >> shift)
    }
}

impl FromStr for Bytes {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is no whole number of bytes, with or without a unit of 1024.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (number, shift) = UNITS
            .into_iter()
            .find_map(|(unit, shift)| text.strip_suffix(unit).map(|number| (number, shift)))
            .unwrap_or((text, 0));
        let bytes = number
            .trim()
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(1 << shift));
        bytes
            .map(Self)
            .ok_or_else(|| NameError::new("is not a number of bytes such as `8GiB`"))
    }
}

/// The state that a member is told to start in, etcd's `initial-cluster-state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialState {
    /// All members start together and make a new cluster.
    New,
    /// The member joins a cluster that lives.
    Existing,
}

/// What kind of file brings etcd to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageKind {
    /// A package of Debian and Ubuntu.
    Deb,
    /// A package of EL.
    Rpm,
    /// An archive of programs, as etcd's releases are.
    Archive,
}

impl PackageKind {
    /// Gives the kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Archive => "archive",
        }
    }
}

/// The path of a package file on the control machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    path: String,
    kind: PackageKind,
}

impl PackageFile {
    /// Gives the path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Gives the last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Gives the kind, which the end of the name tells.
    pub fn kind(&self) -> PackageKind {
        self.kind
    }
}

impl fmt::Display for PackageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl FromStr for PackageFile {
    type Err = NameError;

    /// # Errors
    ///
    /// When the name does not end like that of a package, or has characters that file names on the
    /// hosts should not have.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let endings = [
            (".deb", PackageKind::Deb),
            (".rpm", PackageKind::Rpm),
            (".tar.gz", PackageKind::Archive),
            (".tgz", PackageKind::Archive),
        ];
        let kind = endings
            .into_iter()
            .find(|(ending, _)| text.ends_with(ending));
        let Some((_, kind)) = kind else {
            return Err(NameError::new("ends with none of .deb, .rpm and .tar.gz"));
        };
        let package = Self {
            path: text.to_owned(),
            kind,
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
        if !package.file_name().chars().all(is_plain) {
            return Err(NameError::new(
                "has other characters in its name than letters, digits and `._+~-`",
            ));
        }
        Ok(package)
    }
}

/// A SHA-256 in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sha256(String);

impl Sha256 {
    /// Gives the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sha256 {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is not 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(NameError::new("is not 64 hexadecimal digits"))
        }
    }
}

impl fmt::Display for InitialState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Existing => "existing",
        })
    }
}

impl FromStr for InitialState {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is neither `new` nor `existing`.
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text {
            "new" => Ok(Self::New),
            "existing" => Ok(Self::Existing),
            _ => Err(NameError::new("is neither `new` nor `existing`")),
        }
    }
}

/// What etcd keeps of old revisions, its `auto-compaction-retention` in periodic mode: a duration
/// such as `24h`, or `0` to keep all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention(String);

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Retention {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is no duration of Go's form with hours, minutes and seconds.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut rest = text;
        let mut parts = 0;
        while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
            let unit = rest[end..]
                .chars()
                .next()
                .filter(|c| end > 0 && "hms".contains(*c));
            let Some(unit) = unit else { break };
            rest = &rest[end + unit.len_utf8()..];
            parts += 1;
        }
        if text == "0" || (parts > 0 && rest.is_empty()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::new(
                "is not a duration such as `24h` or `90m`, or `0`",
            ))
        }
    }
}

/// How long what a purge moved aside is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeRetention {
    /// The last one is kept until the next purge.
    Last,
    /// Each is kept for so many days; with 0 it is deleted at once.
    Days(u32),
}

impl fmt::Display for PurgeRetention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Days(0) => f.write_str("0"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl FromStr for PurgeRetention {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is neither `last`, nor `0`, nor a number of days such as `7d`.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let days = |text: &str| text.parse().ok().map(Self::Days);
        match text {
            "last" => Some(Self::Last),
            "0" => Some(Self::Days(0)),
            _ => text.strip_suffix('d').and_then(days),
        }
        .ok_or_else(|| {
            NameError::new("is neither `last`, nor `0`, nor a number of days such as `7d`")
        })
    }
}

/// Keys that are merged into `etcd.conf`, each with a value as JSON has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtraConfig(pub BTreeMap<String, serde_json::Value>);

impl fmt::Display for ExtraConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(&self.0).expect("a map of JSON values with text keys");
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, PurgeRetention, Retention};

    #[test]
    fn bytes_are_read_and_shown_with_units() {
        for (text, number) in [
            ("8GiB", 8 << 30),
            ("8589934592", 8 << 30),
            ("512 MiB", 512 << 20),
        ] {
            assert_eq!(text.parse::<Bytes>(), Ok(Bytes(number)), "{text}");
        }
        assert_eq!(Bytes(8 << 30).to_string(), "8GiB");
        assert_eq!(Bytes(1000).to_string(), "1000B");
        assert_eq!(Bytes(0).to_string(), "0B");
        for bad in ["", "8 GB", "8G", "GiB", "-1", "1.5GiB", "999999999999GiB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
        for number in [
            1,
            1023,
            1024,
            1536,
            3 << 20,
            (3 << 20) + 1,
            5 << 40,
            u64::MAX,
        ] {
            assert_eq!(Bytes(number).to_string().parse(), Ok(Bytes(number)));
        }
    }

    #[test]
    fn retention_has_the_form_of_go() {
        for good in ["24h", "0", "1h30m", "90m"] {
            assert!(good.parse::<Retention>().is_ok(), "{good}");
        }
        for bad in ["", "24", "h", "1d", "24h ", "24h1", "ü"] {
            assert!(bad.parse::<Retention>().is_err(), "{bad}");
        }
    }

    #[test]
    fn purge_retention_is_shown_as_it_is_read() {
        for text in ["last", "0", "7d"] {
            assert_eq!(
                text.parse::<PurgeRetention>().expect(text).to_string(),
                text
            );
        }
        assert!("7".parse::<PurgeRetention>().is_err());
    }
}
