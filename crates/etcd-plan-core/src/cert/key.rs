use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_SIG_ED25519,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::names::{NameError, serde_through_text};

/// The algorithm of a key that is made for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum KeyAlgorithm {
    /// ECDSA with the curve P-256: made in well under a millisecond, cheap in every handshake.
    #[default]
    EcdsaP256,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits; one takes half a second to make, or more.
    Rsa4096,
}

impl KeyAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 4] = [Self::EcdsaP256, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];

    /// Gives the kind that a certificate for such a key shows.
    pub fn kind(self) -> KeyKind {
        match self {
            Self::EcdsaP256 => KeyKind::EcdsaP256,
            Self::Rsa2048 => KeyKind::Rsa { bits: 2048 },
            Self::Rsa3072 => KeyKind::Rsa { bits: 3072 },
            Self::Rsa4096 => KeyKind::Rsa { bits: 4096 },
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
        })
    }
}

impl FromStr for KeyAlgorithm {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is none of `ecdsa-p256`, `rsa-2048`, `rsa-3072` and `rsa-4096`.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.to_string() == text)
            .ok_or_else(|| {
                NameError::new("is none of `ecdsa-p256`, `rsa-2048`, `rsa-3072` and `rsa-4096`")
            })
    }
}

serde_through_text!(KeyAlgorithm);

/// The kind of a public key in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// The length of the modulus.
        bits: usize,
    },
    /// ECDSA with the curve P-256.
    EcdsaP256,
    /// ECDSA with the curve P-384.
    EcdsaP384,
    /// Ed25519.
    Ed25519,
    /// Any other, by its object identifier.
    Other(String),
}

impl KeyKind {
    /// Says whether signatures by such a key can be made and checked here.
    pub fn can_sign(&self) -> bool {
        match self {
            Self::Rsa { bits } => (2048..=8192).contains(bits),
            Self::EcdsaP256 | Self::EcdsaP384 | Self::Ed25519 => true,
            Self::Other(_) => false,
        }
    }

    pub(super) fn of(spki: &SubjectPublicKeyInfo<'_>) -> Self {
        let algorithm = &spki.algorithm.algorithm;
        if let Ok(PublicKey::RSA(key)) = spki.parsed() {
            return Self::Rsa {
                bits: key.key_size(),
            };
        }
        if *algorithm == OID_SIG_ED25519 {
            return Self::Ed25519;
        }
        let parameters = spki.algorithm.parameters.as_ref();
        match parameters.and_then(|any| any.as_oid().ok()) {
            Some(curve) if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY => {
                if curve == OID_EC_P256 {
                    Self::EcdsaP256
                } else if curve == OID_NIST_EC_P384 {
                    Self::EcdsaP384
                } else {
                    Self::Other(curve.to_id_string())
                }
            }
            _ => Self::Other(algorithm.to_id_string()),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::EcdsaP256 => f.write_str("ECDSA P-256"),
            Self::EcdsaP384 => f.write_str("ECDSA P-384"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) => write!(f, "of the algorithm {oid}"),
        }
    }
}

/// The SHA-256 of a public key's bits, by which a certificate and a private key are matched.
///
/// The bits are the content of subjectPublicKey, without the algorithm around it: that is written
/// in more than one way for the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Digests the bits of a public key.
    pub fn of(public_key: &[u8]) -> Self {
        Self(Sha256::digest(public_key).into())
    }
}

#[cfg(test)]
mod tests {
    use super::KeyAlgorithm;

    #[test]
    fn algorithms_read_back_what_they_print() {
        for algorithm in KeyAlgorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
        assert!("rsa-1024".parse::<KeyAlgorithm>().is_err());
        assert_eq!(KeyAlgorithm::default().to_string(), "ecdsa-p256");
    }
}
