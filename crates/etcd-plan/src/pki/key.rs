use etcd_plan_core::cert::{KeyAlgorithm, KeyDigest, pem_block};
use etcd_plan_core::secret::Secret;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use super::KeyProblem;

/// A private key, overwritten in memory when it is dropped.
pub(super) struct PrivateKey(Zeroizing<KeyPair>);

impl PrivateKey {
    /// Makes a new key.
    pub(super) fn generate(algorithm: KeyAlgorithm) -> Result<Self, rcgen::Error> {
        let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let pair = match algorithm {
            KeyAlgorithm::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyAlgorithm::Rsa2048 => rsa(RsaKeySize::_2048),
            KeyAlgorithm::Rsa3072 => rsa(RsaKeySize::_3072),
            KeyAlgorithm::Rsa4096 => rsa(RsaKeySize::_4096),
        }?;
        Ok(Self(Zeroizing::new(pair)))
    }

    /// Reads a key that anything made: PKCS#8, PKCS#1 or SEC1, with or without text and EC
    /// parameters before it.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, KeyProblem> {
        // `ENCRYPTED PRIVATE KEY`, or `Proc-Type: 4,ENCRYPTED` inside an old one.
        if pem.windows(9).any(|word| word == b"ENCRYPTED") {
            return Err(KeyProblem::Encrypted);
        }
        // The messages of both libraries are left out: they may quote the file.
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| KeyProblem::NoKey)?;
        let der = Zeroizing::new(der);
        let pair = KeyPair::try_from(&*der).map_err(|_| KeyProblem::Unusable)?;
        Ok(Self(Zeroizing::new(pair)))
    }

    /// Writes a key that was made here as PKCS#8.
    pub(super) fn to_pem(&self) -> Secret {
        Secret::new(pem_block("PRIVATE KEY", self.0.serialized_der()))
    }

    /// Gives the digest by which it is matched to a certificate.
    pub(super) fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.0.der_bytes())
    }

    /// Hands the key to the signer.
    pub(super) fn pair(&self) -> &KeyPair {
        &self.0
    }
}
