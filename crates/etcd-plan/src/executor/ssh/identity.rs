use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

/// What the new format of OpenSSH begins with (PROTOCOL.key of OpenSSH).
const OPENSSH_MAGIC: &[u8] = b"openssh-key-v1\0";

/// A file that a user logs in with.
pub(super) struct KeyFile {
    /// The private key; none where the file is that of a public key, whose other half an agent has.
    pub(super) private: Option<Zeroizing<String>>,
    /// Whether the private key needs a passphrase.
    pub(super) is_encrypted: bool,
    /// The public key as it goes over the wire, where it can be read without the passphrase.
    pub(super) public: Option<Vec<u8>>,
}

impl KeyFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Why it holds no key, as one clause.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = Zeroizing::new(fs::read(path).map_err(|error| error.to_string())?);
        let text = str::from_utf8(&bytes).map_err(|_| "is no text".to_owned())?;
        if let Some(public) = public_line(text) {
            return Ok(Self {
                private: None,
                is_encrypted: false,
                public: Some(public),
            });
        }
        if !text.contains("PRIVATE KEY-----") {
            return Err("is no private key".to_owned());
        }
        let (is_encrypted, public) = match openssh_header(text) {
            Some(header) => header,
            // PKCS#8 says so in its first line, the older formats in a header of RFC 1421.
            None => (text.contains("ENCRYPTED"), None),
        };
        Ok(Self {
            private: Some(Zeroizing::new(text.to_owned())),
            is_encrypted,
            public: public.or_else(|| public_beside(path)),
        })
    }
}

/// Reads the public key from the file with `.pub` in its name.
fn public_beside(path: &Path) -> Option<Vec<u8>> {
    let mut name = path.file_name()?.to_owned();
    name.push(".pub");
    public_line(&fs::read_to_string(path.with_file_name(name)).ok()?)
}

/// Reads `TYPE BASE64 COMMENT`.
fn public_line(text: &str) -> Option<Vec<u8>> {
    let mut words = text.split_ascii_whitespace();
    let key_type = words.next()?;
    let blob = BASE64.decode(words.next()?).ok()?;
    let begins_with_type = blob.get(4..)?.starts_with(key_type.as_bytes());
    begins_with_type.then_some(blob)
}

/// Reads from a private key in OpenSSH's format whether it is encrypted, and its public key, which
/// is not.
fn openssh_header(text: &str) -> Option<(bool, Option<Vec<u8>>)> {
    let body: Zeroizing<String> = Zeroizing::new(
        text.trim()
            .strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----")?
            .strip_suffix("-----END OPENSSH PRIVATE KEY-----")?
            .split_ascii_whitespace()
            .collect(),
    );
    let bytes = Zeroizing::new(BASE64.decode(body.as_bytes()).ok()?);
    let mut rest = bytes.strip_prefix(OPENSSH_MAGIC)?;
    let cipher = take_string(&mut rest)?;
    let _kdf = take_string(&mut rest)?;
    let _kdf_options = take_string(&mut rest)?;
    let (_number_of_keys, after) = rest.split_first_chunk::<4>()?;
    rest = after;
    let public = take_string(&mut rest)?;
    Some((cipher != b"none", Some(public.to_vec())))
}

/// Takes a string of the SSH wire format (RFC 4251, 5).
fn take_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(string)
}
