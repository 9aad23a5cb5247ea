use std::fmt;
use std::str::FromStr;

use super::{NameError, serde_through_text};

/// A minor release of etcd, such as 3.5: members of one cluster may differ by one of these at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor {
    /// The major number, 3 for every etcd with the v3 API.
    pub major: u64,
    /// The minor number.
    pub minor: u64,
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A version of etcd, `3.5.16` or, where only the minor release is asked for, `3.5`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EtcdVersion {
    version: semver::Version,
    exact: bool,
}

impl EtcdVersion {
    /// Gives the minor release.
    pub fn minor(&self) -> Minor {
        Minor {
            major: self.version.major,
            minor: self.version.minor,
        }
    }

    /// Says whether the patch number was given too.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// Says whether `installed` is what was asked for: equal, or of the same minor release where
    /// only that was asked for.
    pub fn is_met_by(&self, installed: &Self) -> bool {
        if self.exact {
            self.version == installed.version
        } else {
            self.minor() == installed.minor()
        }
    }

    /// Says whether the version can corrupt data when a member is killed under load: 3.5.0 to
    /// 3.5.2 (etcd issue 13766). For anything but a throw-away cluster these are refused.
    pub fn corrupts_data(&self) -> bool {
        self.exact && self.version.major == 3 && self.version.minor == 5 && self.version.patch <= 2
    }
}

impl fmt::Display for EtcdVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exact {
            self.version.fmt(f)
        } else {
            self.minor().fmt(f)
        }
    }
}

impl FromStr for EtcdVersion {
    type Err = NameError;

    /// Takes `3.5.16`, `v3.5.16` or `3.5`; text after the numbers of a distribution's package
    /// version (`3.4.23+dfsg-4`) counts as build metadata and is left out.
    ///
    /// # Errors
    ///
    /// When the text is no such version.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let not_a_version = || NameError::new("is not an etcd version such as `3.5.16` or `3.5`");
        let bare = text.strip_prefix('v').unwrap_or(text);
        let end = bare.find(['+', '-', '~']).unwrap_or(bare.len());
        let release = bare
            .get(end..)
            .filter(|rest| is_prerelease(rest))
            .unwrap_or("");
        let numbers: Vec<u64> = bare[..end]
            .split('.')
            .map(|part| part.parse().map_err(|_| not_a_version()))
            .collect::<Result<_, _>>()?;
        let (major, minor, patch, exact) = match numbers[..] {
            [major, minor] => (major, minor, 0, false),
            [major, minor, patch] => (major, minor, patch, true),
            _ => return Err(not_a_version()),
        };
        let mut version = semver::Version::new(major, minor, patch);
        if let Some(pre) = release.strip_prefix('-') {
            version.pre = semver::Prerelease::new(pre).map_err(|_| not_a_version())?;
        }
        Ok(Self { version, exact })
    }
}

/// Says whether a suffix is etcd's own pre-release form (`-rc.0`), not a packager's revision.
fn is_prerelease(suffix: &str) -> bool {
    ["-rc.", "-alpha.", "-beta."]
        .iter()
        .any(|word| suffix.starts_with(word))
}

serde_through_text!(EtcdVersion);

#[cfg(test)]
mod tests {
    use super::EtcdVersion;

    fn version(text: &str) -> EtcdVersion {
        text.parse().expect(text)
    }

    #[test]
    fn reads_what_etcd_and_packagers_write() {
        assert_eq!(version("v3.5.16").to_string(), "3.5.16");
        assert_eq!(version("3.4.23+dfsg-4").to_string(), "3.4.23");
        assert_eq!(version("3.5.16-4+b1").to_string(), "3.5.16");
        assert_eq!(version("3.6.0-rc.1").to_string(), "3.6.0-rc.1");
        assert_eq!(version("3.10").to_string(), "3.10");
        assert!(version("3.10") > version("3.9.1"));
        for bad in ["", "3", "latest", "3.5.x", "3.5.1.2"] {
            assert!(bad.parse::<EtcdVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_minor_release_is_met_by_each_of_its_patches() {
        assert!(version("3.5").is_met_by(&version("3.5.16")));
        assert!(!version("3.5").is_met_by(&version("3.4.23")));
        assert!(!version("3.5.1").is_met_by(&version("3.5.16")));
    }

    #[test]
    fn knows_the_versions_that_corrupt_data() {
        for (text, bad) in [
            ("3.5.0", true),
            ("3.5.2", true),
            ("3.5.3", false),
            ("3.4.23", false),
        ] {
            assert_eq!(version(text).corrupts_data(), bad, "{text}");
        }
    }
}
