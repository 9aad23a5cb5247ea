use serde::{Deserialize, Serialize};

use super::time::Span;
use super::{CertificateError, CertificateFacts, KeyDigest, KeyKind, UnixTime, Usage};
use crate::names::Days;

/// The CA as it is wanted, where there is none yet; one that is there is used as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityWanted {
    /// Where `ca.crt` and `ca.key` lie on the control machine: `ca_dir`, by default
    /// `files/pki/ca`, relative to the inventory's folder unless absolute.
    pub ca_dir: String,
    /// Whether one is made when there is none: `ca_create`, by default true.
    pub create: bool,
    /// The common name of one that is made: `pigsty-ca`, as in the original module.
    pub common_name: String,
    /// How long one that is made is valid: 7300 days, as long as the default of `cert_validity`.
    /// No certificate outlives its CA, so a longer `cert_validity` has no effect with it.
    pub validity: Days,
}

impl Default for AuthorityWanted {
    fn default() -> Self {
        Self {
            ca_dir: "files/pki/ca".to_owned(),
            create: true,
            common_name: "pigsty-ca".to_owned(),
            validity: Days(7300),
        }
    }
}

/// What `ca.crt` says: the certificate that signs, and what else is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFacts {
    /// The certificate whose key signs members' certificates.
    pub signer: CertificateFacts,
    /// Those of the file that lead from the signer to a root, nearest first; empty when the signer
    /// is a root itself, or when the file does not hold the next one.
    pub path: Vec<CertificateFacts>,
    /// All of the file, in its order: what members are to trust.
    pub trusted: Vec<CertificateFacts>,
    /// Whether the key is there, so that certificates can be issued.
    pub can_issue: bool,
}

/// Says why a CA cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityProblem {
    /// The file cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The key belongs to no certificate of the file.
    #[error("holds no certificate that belongs to the key beside it")]
    KeyMismatch,
    /// A certificate is not a CA's.
    #[error("the certificate of {0} is not a CA's (basicConstraints)")]
    NotAuthority(String),
    /// A CA must not sign certificates.
    #[error("the certificate of {0} does not allow signing certificates (keyUsage)")]
    MayNotSign(String),
    /// A CA is restricted to other purposes.
    #[error("the certificate of {0} does not allow {1} (extendedKeyUsage)")]
    UsageExcluded(String, Usage),
    /// A certificate has expired.
    #[error("the certificate of {0} expired {1} ago")]
    Expired(String, String),
    /// A certificate is not valid yet.
    #[error("the certificate of {0} becomes valid only in {1}")]
    NotYetValid(String, String),
    /// The key is of a kind that cannot be used here.
    #[error("the key of {0} is {1}, with which certificates cannot be signed here")]
    UnsupportedKey(String, KeyKind),
}

impl AuthorityProblem {
    /// Says what to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "put the CA's certificate there, as PEM text",
            Self::KeyMismatch => {
                "`ca.crt` and `ca.key` must belong together: restore the one that was replaced"
            }
            Self::NotAuthority(_) | Self::MayNotSign(_) | Self::UsageExcluded(..) => {
                "use the certificate of a CA that may sign certificates for TLS servers and clients"
            }
            Self::Expired(..) => {
                "renew the CA's certificate and give it to every member, or check this machine's clock"
            }
            Self::NotYetValid(..) => "check this machine's clock",
            Self::UnsupportedKey(..) => {
                "use a CA with an RSA key of 2048 to 8192 bits, ECDSA P-256 or P-384, or Ed25519"
            }
        }
    }
}

impl AuthorityFacts {
    /// Reads `ca.crt`: one certificate, a chain, or a bundle, in any order.
    ///
    /// The signer is the certificate that belongs to the key, the one that is valid longest where
    /// there are several. Without a key it is the first that issued no other of the file.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be read, or none belongs to the key.
    pub fn parse(pem: &[u8], key: Option<KeyDigest>) -> Result<Self, AuthorityProblem> {
        let trusted = CertificateFacts::parse_all(pem)?;
        let signer = match key {
            Some(key) => trusted
                .iter()
                .filter(|certificate| certificate.key_digest == key)
                .max_by_key(|certificate| certificate.not_after),
            None => trusted
                .iter()
                .find(|certificate| !has_issued_another(certificate, &trusted))
                .or(trusted.first()),
        };
        let signer = signer.ok_or(AuthorityProblem::KeyMismatch)?.clone();
        Ok(Self {
            path: path_above(&signer, &trusted),
            signer,
            trusted,
            can_issue: key.is_some(),
        })
    }

    /// Checks that what the CA signs now will be accepted.
    ///
    /// # Errors
    ///
    /// When it, or one above it in the file, is no CA, may not sign, has expired or is not valid
    /// yet; or when its key is of a kind that cannot be used here.
    pub fn check(&self, now: UnixTime) -> Result<(), AuthorityProblem> {
        if !self.signer.key.can_sign() {
            let key = self.signer.key.clone();
            return Err(AuthorityProblem::UnsupportedKey(self.name(), key));
        }
        for certificate in self.signer_and_path() {
            let name = certificate.subject.to_string();
            if !certificate.is_ca {
                return Err(AuthorityProblem::NotAuthority(name));
            }
            if !certificate.may_sign {
                return Err(AuthorityProblem::MayNotSign(name));
            }
            for usage in [Usage::Server, Usage::Client] {
                if !certificate.allows(&usage) {
                    return Err(AuthorityProblem::UsageExcluded(name, usage));
                }
            }
            let (start, end) = (certificate.not_before, certificate.not_after);
            if now > end {
                let ago = Span(now.seconds_since(end)).to_string();
                return Err(AuthorityProblem::Expired(name, ago));
            }
            if now < start {
                let ahead = Span(start.seconds_since(now)).to_string();
                return Err(AuthorityProblem::NotYetValid(name, ahead));
            }
        }
        Ok(())
    }

    /// Gives the signer's name, for people.
    pub fn name(&self) -> String {
        self.signer.subject.to_string()
    }

    /// Gives the time until which what it signs can be verified: the earliest expiry on the way to
    /// the root.
    pub fn not_after(&self) -> UnixTime {
        self.signer_and_path()
            .map(|certificate| certificate.not_after)
            .min()
            .unwrap_or(self.signer.not_after)
    }

    /// Writes what members trust: every certificate of the file, and nothing else that it holds.
    pub fn trusted_pem(&self) -> String {
        self.trusted.iter().map(CertificateFacts::to_pem).collect()
    }

    /// Writes what a member shows after its own certificate: the intermediate CAs up to the root,
    /// which is left out. Empty when the signer is a root.
    ///
    /// With them a client that trusts only the root can verify the member.
    pub fn intermediates_pem(&self) -> String {
        self.signer_and_path()
            .filter(|certificate| !certificate.is_self_issued())
            .map(CertificateFacts::to_pem)
            .collect()
    }

    fn signer_and_path(&self) -> impl Iterator<Item = &CertificateFacts> {
        std::iter::once(&self.signer).chain(&self.path)
    }
}

fn has_issued_another(certificate: &CertificateFacts, bundle: &[CertificateFacts]) -> bool {
    bundle
        .iter()
        .any(|other| other != certificate && other.names_as_issuer(certificate))
}

/// Follows issuers through a bundle up to a root, or as far as it goes.
fn path_above(signer: &CertificateFacts, bundle: &[CertificateFacts]) -> Vec<CertificateFacts> {
    let mut path: Vec<CertificateFacts> = Vec::new();
    let mut last = signer;
    while !last.is_self_issued() {
        let above = bundle
            .iter()
            .filter(|next| last.names_as_issuer(next))
            // Cross-signed CAs can name each other in a circle.
            .filter(|next| *next != signer && !path.contains(next))
            .max_by_key(|next| next.not_after);
        let Some(above) = above else { break };
        path.push(above.clone());
        last = above;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{AuthorityFacts, AuthorityProblem, CertificateFacts, UnixTime};

    const ROOT: &str = include_str!("fixtures/authority.crt");
    const CHAIN: &str = include_str!("fixtures/chain.crt");
    const MEMBER: &str = include_str!("fixtures/member.crt");
    const ODD: &str = include_str!("fixtures/odd.crt");

    fn facts(pem: &str) -> CertificateFacts {
        CertificateFacts::parse(pem.as_bytes()).expect("a fixture is a certificate")
    }

    #[test]
    fn finds_the_signer_and_the_way_to_the_root_in_any_order() {
        let intermediate = facts(CHAIN);
        let root_first = format!("{ROOT}{CHAIN}");
        for text in [CHAIN, &root_first] {
            for key in [None, Some(intermediate.key_digest)] {
                let authority = AuthorityFacts::parse(text.as_bytes(), key).expect("a CA");
                assert_eq!(authority.signer, intermediate);
                assert_eq!(authority.path, [facts(ROOT)]);
                assert_eq!(authority.not_after(), intermediate.not_after);
                assert_eq!(authority.intermediates_pem(), intermediate.to_pem());
                assert_eq!(authority.can_issue, key.is_some());
            }
        }
    }

    #[test]
    fn a_root_is_trusted_and_not_shown() {
        let authority = AuthorityFacts::parse(ROOT.as_bytes(), None).expect("a CA");
        assert_eq!(authority.intermediates_pem(), "");
        assert_eq!(authority.trusted_pem(), ROOT);
    }

    #[test]
    fn only_certificates_are_handed_on_as_trusted() {
        let text =
            format!("{ROOT}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\nremark\n");
        let authority = AuthorityFacts::parse(text.as_bytes(), None).expect("a CA");
        assert_eq!(authority.trusted_pem(), ROOT);
    }

    #[test]
    fn says_why_it_cannot_be_used() {
        let root = facts(ROOT);
        let (start, end) = (root.not_before.0, root.not_after.0);
        for (pem, now, problem) in [
            (ROOT, start, None),
            (ROOT, end, None),
            (
                ROOT,
                start - 7200,
                Some("the certificate of CN=pigsty-ca becomes valid only in 2 hours"),
            ),
            (
                ROOT,
                end + 3 * 86_400,
                Some("the certificate of CN=pigsty-ca expired 3 days ago"),
            ),
            (
                MEMBER,
                start,
                Some(
                    "the certificate of O=pigsty, OU=etcd, CN=etcd-1 is not a CA's (basicConstraints)",
                ),
            ),
            (
                ODD,
                start,
                Some(
                    "the certificate of DC=org, DC=example, CN=Ünlü?CA does not allow signing \
                     certificates (keyUsage)",
                ),
            ),
        ] {
            let authority = AuthorityFacts::parse(pem.as_bytes(), None).expect("certificates");
            let found = authority.check(UnixTime(now)).map_err(|p| p.to_string());
            assert_eq!(found.err().as_deref(), problem);
        }
    }

    #[test]
    fn a_key_that_belongs_to_no_certificate_is_refused() {
        let found = AuthorityFacts::parse(ROOT.as_bytes(), Some(facts(ODD).key_digest));
        assert_eq!(found, Err(AuthorityProblem::KeyMismatch));
    }
}
