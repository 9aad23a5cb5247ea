//! Whose certificates an etcd takes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use etcd_plan::core::cert::CertificateFacts;

use super::config::TlsFiles;
use crate::files::FileTree;

/// What was told before, by what is trusted and by the certificate.
type Known = BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Option<bool>>>;

thread_local! {
    /// Both are the same again and again.
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// How many files that are trusted are remembered.
const KNOWN_MOST: usize = 64;

/// One side of a connection.
pub(crate) struct Side<'a> {
    /// What it trusts.
    pub(crate) ca: &'a [u8],
    /// The certificate that it shows; none where there is no such file.
    pub(crate) certificate: Option<&'a [u8]>,
}

impl<'a> Side<'a> {
    /// Gives the side of an etcd: what it trusts it has read when it started, its certificate it reads at
    /// each new connection (facts.md S21).
    pub(crate) fn of(files: &'a FileTree, tls: &TlsFiles, ca: &'a [u8]) -> Self {
        let path = tls.cert.as_ref().and_then(|path| path.parse().ok());
        Self {
            ca,
            certificate: path.and_then(|path| files.bytes(&path)),
        }
    }

    /// Says whether both take each other's certificate.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.takes(other) && other.takes(self)
    }

    /// Where nothing is a certificate, as in tests that write files of their own, the same content stands
    /// for the same authority.
    fn takes(&self, other: &Self) -> bool {
        let issued = other
            .certificate
            .and_then(|certificate| issued(self.ca, certificate));
        issued.unwrap_or(self.ca == other.ca)
    }
}

/// Says whether one of these authorities has issued a certificate; none where they are no certificates.
fn issued(ca: &[u8], certificate: &[u8]) -> Option<bool> {
    KNOWN.with_borrow_mut(|known| {
        if known.len() > KNOWN_MOST {
            known.clear();
        }
        if let Some(told) = known.get(ca).and_then(|of_ca| of_ca.get(certificate)) {
            return *told;
        }
        let told = || {
            let authorities = CertificateFacts::parse_all(ca).ok()?;
            let certificate = CertificateFacts::parse(certificate).ok()?;
            let mut authorities = authorities.iter();
            Some(authorities.any(|authority| certificate.names_as_issuer(authority)))
        };
        let told = told();
        let of_ca = known.entry(ca.to_vec()).or_default();
        of_ca.insert(certificate.to_vec(), told);
        told
    })
}
