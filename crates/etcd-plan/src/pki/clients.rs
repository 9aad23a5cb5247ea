//! Certificates for those that rely on a cluster.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use etcd_plan_core::cert::{AuthorityWanted, CertificateWanted, San, UnixTime, Verdict};
use etcd_plan_core::names::{Days, MemberName};
use etcd_plan_core::op::FileContent;
use etcd_plan_core::spec::ClusterSpec;

use super::keeper::CertificateFiles;
use super::{Pki, PkiError, PkiErrorKind, Store};
use crate::permit::Permit;

/// The name that the CA's certificate has beside those of clients.
pub(super) const CA_FILE: &str = "ca.crt";

/// A client's certificate, as it is asked for. Begin with [`ClientWanted::new`] and set what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientWanted {
    /// The common name, and the name of the files. Where etcd has users, this is the client's.
    pub name: MemberName,
    /// Names that it is good for besides. Default: none, since nobody asks a client for one.
    pub sans: BTreeSet<San>,
    /// How long it is valid. Default: `cert_validity` of the cluster.
    pub validity: Option<Days>,
    /// The folder for certificate, key and the CA's certificate: relative to the inventory's folder
    /// unless absolute. Default: `<ca_dir>/../clients`.
    pub folder: Option<PathBuf>,
    /// Whether it is issued again though the one that is there is good. Default: no.
    pub renew: bool,
}

/// Where a client's certificate is, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate, with the intermediate CAs if there are any: relative to the inventory's
    /// folder unless absolute.
    pub certificate: PathBuf,
    /// Its key, 0600.
    pub key: PathBuf,
    /// The CA's certificate.
    pub ca: PathBuf,
    /// Why it was issued, a clause each such as `is not there`; empty when the one that was there
    /// was kept.
    pub reasons: Vec<String>,
    /// The last moment at which it is valid, in UTC: `2046-11-16T14:30:00Z`.
    pub not_after: String,
}

impl ClientWanted {
    /// Begins with the defaults.
    pub fn new(name: MemberName) -> Self {
        Self {
            name,
            sans: BTreeSet::new(),
            validity: None,
            folder: None,
            renew: false,
        }
    }
}

impl<S: Store> Pki<S> {
    /// Sees to it that there is a good certificate for a client of a cluster, by the same CA as its
    /// members' (`clientAuth` alone: nobody can pass for a member with it). One that is there and
    /// good is kept.
    ///
    /// It changes nothing but these files, and reaches no host: so no guard has to agree, and it
    /// makes its own permit. That permit is seen by nobody else, since the only stores are those of
    /// this crate; so this is a method of [`Pki`], and not of [`KeyMaterial`](super::KeyMaterial),
    /// which anybody may implement.
    ///
    /// # Errors
    ///
    /// When the cluster is external or has no CA yet, when the CA cannot be used, or when files
    /// cannot be read or written.
    pub fn issue_client(
        &self,
        spec: &ClusterSpec,
        wanted: &ClientWanted,
        now: UnixTime,
    ) -> Result<Issued, PkiError> {
        let settings = &spec.settings.certificate;
        if spec.is_external() {
            let kind = "is of an external cluster, whose CA is not here".to_owned();
            return Err(PkiError {
                place: format!("the certificate of {}", wanted.name),
                kind: PkiErrorKind::Other(kind),
                hint: format!("ask whoever runs {} for one", spec.name),
            });
        }
        let ca = AuthorityWanted {
            ca_dir: settings.ca_dir.value.clone(),
            create: *settings.ca_create,
            ..AuthorityWanted::default()
        };
        let certificate = CertificateWanted {
            key: *settings.key,
            ..CertificateWanted::for_client(
                &wanted.name,
                wanted.sans.clone(),
                wanted.validity.unwrap_or(*settings.validity),
            )
        };
        let files = match &wanted.folder {
            Some(folder) => CertificateFiles::in_folder(folder, &wanted.name),
            None => CertificateFiles::of(&ca, &certificate),
        };
        let folder = files.certificate.parent().unwrap_or(Path::new(""));
        let ca_file = folder.join(CA_FILE);
        if files.certificate == ca_file {
            let kind = "is where the CA's certificate lies".to_owned();
            return Err(PkiError {
                place: self.store.place(&ca_file),
                kind: PkiErrorKind::Other(kind),
                hint: "give the client another name than `ca`".to_owned(),
            });
        }
        // Members get theirs first: a CA that they do not know lets nobody in. So none is made here.
        let permit = Permit::granted();
        let reasons = match self.found_in(&files, &ca, &certificate, now)?.verdict {
            Verdict::Keep if wanted.renew => vec!["is to be renewed".to_owned()],
            Verdict::Keep => Vec::new(),
            Verdict::Issue { reasons } => reasons.iter().map(ToString::to_string).collect(),
        };
        if !reasons.is_empty() {
            self.issue_into(&files, &ca, &certificate, now, &permit)?;
        }
        // Looked at as it is there, whoever made it.
        let found = self.found_in(&files, &ca, &certificate, now)?;
        let Some(there) = found.certificate.filter(|_| found.verdict.keeps()) else {
            let kind = PkiErrorKind::NothingIssued;
            return Err(PkiError::new(self.store.place(&files.certificate), kind));
        };
        let material = self.material_in(&files, &ca)?;
        let trusted = material.ca_pem;
        let known = self.read(&ca_file)?;
        if known.is_none_or(|known| known.expose() != trusted.as_bytes()) {
            self.replace(&ca_file, &FileContent::Shown(trusted), &permit)?;
        }
        Ok(Issued {
            certificate: files.certificate,
            key: files.key,
            ca: ca_file,
            reasons,
            not_after: there.not_after.to_string(),
        })
    }
}
