//! The certificates and keys of a cluster that something else built.

use std::path::{Path, PathBuf};

use etcd_plan_core::op::FileContent;
use etcd_plan_core::spec::{ClusterSpec, MemberSpec};

use super::keeper::{AuthorityFiles, CertificateFiles};
use super::{Pki, PkiError, Store};
use crate::engine::{authority_wanted, certificate_wanted};
use crate::permit::Permit;

/// A file of key material that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptFile {
    /// Its place, relative to the inventory's folder unless absolute.
    pub(crate) path: PathBuf,
    /// What it holds: `Hidden` for a key.
    pub(crate) content: FileContent,
}

/// Gives where the CA's certificate of a cluster lies.
pub(crate) fn ca_file(spec: &ClusterSpec) -> PathBuf {
    AuthorityFiles::of(&authority_wanted(spec)).certificate
}

/// Gives where certificate and key of a member lie.
pub(crate) fn member_files(spec: &ClusterSpec, member: &MemberSpec) -> (PathBuf, PathBuf) {
    let files = CertificateFiles::of(&authority_wanted(spec), &certificate_wanted(spec, member));
    (files.certificate, files.key)
}

impl<S: Store> Pki<S> {
    /// Gives the files that are there with other content.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(crate) fn in_the_way(&self, files: &[KeptFile]) -> Result<Vec<String>, PkiError> {
        let mut found = Vec::new();
        for file in files {
            let there = self.read(&file.path)?;
            if there.is_some_and(|there| there.expose() != file.content.bytes()) {
                found.push(self.store.place(&file.path));
            }
        }
        Ok(found)
    }

    /// Keeps files of a cluster that is adopted, unless they are there; gives those that were written.
    ///
    /// As [`Pki::issue_client`] it changes nothing but these files, so it makes its own permit.
    ///
    /// # Errors
    ///
    /// When one cannot be read or written.
    pub(crate) fn keep(&self, files: &[KeptFile]) -> Result<Vec<String>, PkiError> {
        let permit = Permit::granted();
        let mut written = Vec::new();
        for KeptFile { path, content } in files {
            if self.read(path)?.is_none() {
                self.create(path, content, &permit)?;
                written.push(self.store.place(path));
            }
        }
        Ok(written)
    }

    /// Gives the place of a file, as a person finds it.
    pub(crate) fn place(&self, path: &Path) -> String {
        self.store.place(path)
    }
}
