use serde::{Deserialize, Serialize};

use super::Subtask;
use crate::names::HostPath;
use crate::op::Ownership;

/// A file that a member needs on its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberFile {
    /// `etcd.conf`.
    EtcdConf,
    /// The systemd unit.
    Unit,
    /// The client environment for `etcdctl`.
    Environment,
    /// The authority's certificate where clients of the host look for it.
    TrustedCa,
    /// The authority's certificate, for etcd.
    CaCertificate,
    /// The member's certificate.
    Certificate,
    /// The member's private key.
    PrivateKey,
}

/// Where a file lies, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedFile {
    /// The path.
    pub path: HostPath,
    /// Owner and group.
    pub owner: Ownership,
    /// The permission bits.
    pub mode: u32,
}

/// The files of one subtask, which are staged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSet {
    /// The files of `etcd_conf`.
    Conf,
    /// The files of `etcd_cert`.
    Cert,
}

impl FileSet {
    /// Both sets, in the order in which they are staged.
    pub const ALL: [Self; 2] = [Self::Conf, Self::Cert];

    /// Gives the files of the set.
    pub fn files(self) -> &'static [MemberFile] {
        match self {
            Self::Conf => &[
                MemberFile::EtcdConf,
                MemberFile::Unit,
                MemberFile::Environment,
            ],
            Self::Cert => &[
                MemberFile::TrustedCa,
                MemberFile::CaCertificate,
                MemberFile::Certificate,
                MemberFile::PrivateKey,
            ],
        }
    }

    /// Gives the subtask that writes the set.
    pub fn subtask(self) -> Subtask {
        match self {
            Self::Conf => Subtask::Conf,
            Self::Cert => Subtask::Cert,
        }
    }
}

impl MemberFile {
    /// All files of a member.
    pub fn all() -> impl Iterator<Item = Self> {
        FileSet::ALL.into_iter().flat_map(FileSet::files).copied()
    }

    /// Gives the set that the file belongs to.
    pub fn set(self) -> FileSet {
        match self {
            Self::EtcdConf | Self::Unit | Self::Environment => FileSet::Conf,
            Self::TrustedCa | Self::CaCertificate | Self::Certificate | Self::PrivateKey => {
                FileSet::Cert
            }
        }
    }

    /// Says whether etcd reads the file only when it starts: a change has no effect before that.
    ///
    /// A member's certificate and key are read again at each new connection (etcd 3.2 and later, security
    /// guide); which authorities it trusts is not.
    pub fn needs_restart(self) -> bool {
        matches!(self, Self::EtcdConf | Self::Unit | Self::CaCertificate)
    }

    /// Says where the file lies, and whose it is. The paths are those of the original module.
    pub fn wanted(self) -> WantedFile {
        let (path, owner, mode) = match self {
            Self::EtcdConf => ("/etc/etcd/etcd.conf", "etcd", 0o644),
            Self::Unit => ("/etc/systemd/system/etcd.service", "root", 0o644),
            Self::Environment => ("/etc/profile.d/etcdctl.sh", "root", 0o644),
            Self::TrustedCa => ("/etc/pki/ca.crt", "root", 0o644),
            Self::CaCertificate => ("/etc/etcd/ca.crt", "etcd", 0o644),
            Self::Certificate => ("/etc/etcd/server.crt", "etcd", 0o644),
            Self::PrivateKey => ("/etc/etcd/server.key", "etcd", 0o600),
        };
        WantedFile {
            path: HostPath::fixed(path),
            owner: Ownership::both(owner),
            mode,
        }
    }

    /// Gives the file's last name.
    pub fn name(self) -> &'static str {
        match self {
            Self::EtcdConf => "etcd.conf",
            Self::Unit => "etcd.service",
            Self::Environment => "etcdctl.sh",
            Self::TrustedCa => "pki-ca.crt",
            Self::CaCertificate => "ca.crt",
            Self::Certificate => "server.crt",
            Self::PrivateKey => "server.key",
        }
    }
}
