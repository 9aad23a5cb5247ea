use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Owner and group of a file, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ownership {
    /// The user that owns it.
    pub user: String,
    /// Its group.
    pub group: String,
}

impl Ownership {
    /// Makes an ownership by `name` for both user and group.
    pub fn both(name: &str) -> Self {
        Self {
            user: name.to_owned(),
            group: name.to_owned(),
        }
    }
}

/// What a file is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Text that may be shown: configuration, certificates.
    Shown(String),
    /// Bytes that many hosts get, and nobody reads: packages.
    Shared(Arc<[u8]>),
    /// Bytes that must not be shown: private keys.
    Hidden(Secret),
}

impl FileContent {
    /// Gives the bytes, for whoever writes or hashes them.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Shown(text) => text.as_bytes(),
            Self::Shared(bytes) => bytes,
            Self::Hidden(secret) => secret.expose(),
        }
    }

    /// Gives the SHA-256 of the bytes in lower-case hexadecimal.
    pub fn sha256(&self) -> String {
        digest(self.bytes())
    }
}

/// The SHA-256 of bytes that come one piece after the other.
#[derive(Debug, Clone, Default)]
pub struct Digest(sha2::Sha256);

impl Digest {
    /// Adds the next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        self.0.update(bytes);
    }

    /// Gives the digest of all pieces in lower-case hexadecimal.
    pub fn end(self) -> String {
        use sha2::Digest as _;
        hex(&self.0.finalize())
    }
}

/// Gives the SHA-256 of bytes in lower-case hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}

/// Writes bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes everything");
            text
        })
}
