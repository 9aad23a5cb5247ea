use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};

/// The kinds of keys that are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `ssh-ed25519`.
    Ed25519,
    /// `ecdsa-sha2-nistp256`.
    Ecdsa,
}

/// A key pair of a test's user or server.
#[derive(Debug, Clone)]
pub struct TestKey(PrivateKey);

impl TestKey {
    /// Makes a new one.
    ///
    /// # Panics
    ///
    /// When this machine gives no random numbers.
    pub fn new(kind: KeyKind) -> Self {
        let algorithm = match kind {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::Ecdsa => Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256,
            },
        };
        Self(PrivateKey::random(&mut rand::rng(), algorithm).expect("a kind that can be made"))
    }

    /// Gives `TYPE BASE64`, as `authorized_keys` and `known_hosts` have it.
    pub fn public_line(&self) -> String {
        self.0
            .public_key()
            .to_openssh()
            .expect("a key that was made here")
    }

    /// Gives the fingerprint, as `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.0
            .public_key()
            .fingerprint(russh::keys::HashAlg::Sha256)
            .to_string()
    }

    /// Writes the private key to a file, with mode 0600.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn write_private(&self, file: &Path) {
        let text = self.0.to_openssh(LineEnding::LF);
        let text = text.expect("a key that was made here");
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(file);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .expect("a folder that can be written");
    }

    pub(super) fn private(&self) -> PrivateKey {
        self.0.clone()
    }
}
