use std::fmt;

use super::time::Span;
use super::{KeyAlgorithm, KeyKind, San, Usage};

/// Says why a certificate must be issued again. Prints as a short clause about the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is none.
    NoCertificate,
    /// It cannot be read; why.
    CertificateUnreadable(String),
    /// There is no key for it.
    NoKey,
    /// Its key cannot be read; why.
    KeyUnreadable(String),
    /// The key beside it belongs to another certificate: a run was cut off between the two files.
    KeyMismatch,
    /// There is no CA yet, so it cannot be of it.
    NoAuthority,
    /// Another CA issued it.
    OtherIssuer {
        /// Whose name it bears.
        found: String,
        /// Whose it should.
        wanted: String,
    },
    /// It bears the CA's name, but not the identifier of its key.
    OtherIssuerKey,
    /// It bears the CA's name, but the signature is not by the CA's key.
    BadSignature,
    /// It is somebody else's.
    OtherSubject {
        /// Whose.
        found: String,
    },
    /// It is not good for a name that it should be good for.
    LacksName(San),
    /// It is good for a name that it should not be good for.
    ExtraName(String),
    /// It may not be used for a purpose.
    LacksUsage(Usage),
    /// It may be used for a purpose that it should not be used for.
    ExtraUsage(Usage),
    /// Its key is of another algorithm than the setting.
    OtherKeyAlgorithm {
        /// The kind of its key.
        found: KeyKind,
        /// The setting.
        wanted: KeyAlgorithm,
    },
    /// It is not valid yet.
    NotYetValid {
        /// How many seconds from now it will be.
        seconds: i64,
    },
    /// It has expired.
    Expired {
        /// How many seconds ago.
        seconds: i64,
    },
    /// It expires within the margin.
    ExpiresSoon {
        /// How many seconds from now.
        seconds: i64,
    },
    /// It claims to be valid for longer than its CA.
    OutlivesAuthority,
    /// It is to be rotated, and was issued before that.
    RotationAskedFor,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("is not there"),
            Self::CertificateUnreadable(why) => f.write_str(why),
            Self::NoKey => f.write_str("has no key"),
            Self::KeyUnreadable(why) => write!(f, "has a key file that {why}"),
            Self::KeyMismatch => f.write_str("does not belong to the key beside it"),
            Self::NoAuthority => f.write_str("is of no CA that is there"),
            Self::OtherIssuer { found, wanted } => {
                write!(f, "was issued by {found}, not by {wanted}")
            }
            Self::OtherIssuerKey => f.write_str("was issued with another key of the CA"),
            Self::BadSignature => f.write_str("has a signature that is not by the CA's key"),
            Self::OtherSubject { found } => write!(f, "is that of {found}"),
            Self::LacksName(san) => write!(f, "lacks the name {san}"),
            Self::ExtraName(san) => write!(f, "is also good for the name {san}"),
            Self::LacksUsage(usage) => write!(f, "lacks the usage {usage}"),
            Self::ExtraUsage(usage) => write!(f, "also has the usage {usage}"),
            Self::OtherKeyAlgorithm { found, wanted } => {
                write!(f, "has a key that is {found}, not {wanted}")
            }
            Self::NotYetValid { seconds } => write!(f, "becomes valid only in {}", Span(*seconds)),
            Self::Expired { seconds } => write!(f, "expired {} ago", Span(*seconds)),
            Self::ExpiresSoon { seconds } => write!(f, "expires in {}", Span(*seconds)),
            Self::OutlivesAuthority => f.write_str("is valid for longer than its CA"),
            Self::RotationAskedFor => f.write_str("rotation asked for"),
        }
    }
}
