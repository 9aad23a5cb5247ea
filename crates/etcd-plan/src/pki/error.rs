use std::io;

use etcd_plan_core::cert::{AuthorityProblem, Reason};

/// Says what is wrong with key material, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct PkiError {
    /// The file, or whatever else holds the material.
    pub place: String,
    /// What is wrong.
    pub kind: PkiErrorKind,
    /// The next action.
    pub hint: String,
}

/// What is wrong with key material. Prints as a clause about the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiErrorKind {
    /// There is no CA certificate, and none may be made.
    #[error("there is no CA certificate, and `ca_create` is false")]
    NoAuthority,
    /// A certificate is to be issued before there is a CA.
    #[error("there is no CA yet that could issue a certificate")]
    AuthorityNotMade,
    /// A certificate is to be issued, and the CA's key is not here.
    #[error("is not there, so no certificate can be issued")]
    NoAuthorityKey,
    /// The CA cannot be used.
    #[error(transparent)]
    Authority(#[from] AuthorityProblem),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyProblem),
    /// A member's certificate or key is asked for and is not there.
    #[error("is not there")]
    NothingIssued,
    /// A member's certificate is asked for and cannot be read.
    #[error(transparent)]
    Certificate(#[from] etcd_plan_core::cert::CertificateError),
    /// A certificate was made that would not be kept: a mistake in this program.
    #[error("the certificate that was made {}", clauses(.0))]
    NotAsWanted(Vec<Reason>),
    /// The cryptographic library refused.
    #[error("cannot be made: {0}")]
    Crypto(String),
    /// The file system refused.
    #[error("cannot be {action}: {error}")]
    Io {
        /// What was tried: `read` or `written`.
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Anything else, for other implementations of [`KeyMaterial`](super::KeyMaterial).
    #[error("{0}")]
    Other(String),
}

/// Says why a private key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// It needs a password, and there is nobody to ask.
    #[error("is encrypted")]
    Encrypted,
    /// There is no PEM block of a key.
    #[error("holds no private key in PEM form")]
    NoKey,
    /// The key is broken, or of a kind that cannot be used here.
    #[error("holds a key that is broken or of a kind that cannot be used here")]
    Unusable,
}

impl PkiError {
    /// Makes an error with the hint that belongs to its kind.
    pub fn new(place: impl Into<String>, kind: impl Into<PkiErrorKind>) -> Self {
        let kind = kind.into();
        Self {
            place: place.into(),
            hint: kind.hint().to_owned(),
            kind,
        }
    }
}

impl PkiErrorKind {
    fn hint(&self) -> &'static str {
        match self {
            Self::NoAuthority => {
                "put the CA's `ca.crt` and `ca.key` there, or set `ca_create` to true"
            }
            Self::AuthorityNotMade => "make the CA first",
            Self::NoAuthorityKey => {
                "put the CA's key there, or have the certificate issued where the key is"
            }
            Self::Authority(problem) => problem.hint(),
            Self::Key(KeyProblem::Encrypted) => {
                "decrypt it, for example with `openssl pkey -in FILE -out NEW`, and keep it 0600"
            }
            Self::Key(KeyProblem::NoKey | KeyProblem::Unusable) => {
                "put an RSA key of 2048 to 8192 bits, an ECDSA key with P-256 or P-384, or an \
                 Ed25519 key there, as PEM text (PKCS#8, PKCS#1 or SEC1)"
            }
            Self::NothingIssued => "have the member's certificate issued first",
            Self::Certificate(_) => "have the member's certificate issued again",
            Self::NotAsWanted(_) => "report this with the CA's certificate (never its key)",
            Self::Crypto(_) => "try another key algorithm or CA, and report this",
            Self::Io { .. } => {
                "check the owner and mode of the file and its folder, and free space"
            }
            Self::Other(_) => "see the message",
        }
    }
}

fn clauses(reasons: &[Reason]) -> String {
    let clauses: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    clauses.join(", ")
}
