use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};
use ssh2::MethodType;

use super::known_hosts::{self, Judgement, KnownHosts};
use super::options::HostKeyChecking;
use super::problem::Problem;
use super::route::Hop;

/// The public key that a host shows, as it goes over the wire (RFC 4253, 6.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostKey {
    key_type: String,
    blob: Vec<u8>,
}

impl HostKey {
    /// Takes a key; none when it does not begin with the name of its type.
    pub(super) fn new(blob: Vec<u8>) -> Option<Self> {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let key_type = str::from_utf8(rest.get(..length)?).ok()?;
        // It stands in files and messages.
        let is_word = !key_type.is_empty() && key_type.bytes().all(|byte| byte.is_ascii_graphic());
        Some(Self {
            key_type: is_word.then(|| key_type.to_owned())?,
            blob,
        })
    }

    /// Gives the type, such as `ssh-ed25519`.
    pub(super) fn key_type(&self) -> &str {
        &self.key_type
    }

    pub(super) fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Gives type and fingerprint as ssh-keygen(1) shows them.
    fn shown(&self) -> String {
        let short = match self.key_type.as_str() {
            "ssh-ed25519" => "ED25519",
            "ssh-rsa" => "RSA",
            ecdsa if ecdsa.starts_with("ecdsa-") => "ECDSA",
            other => other,
        };
        format!(
            "{short} SHA256:{}",
            BASE64.encode(Sha256::digest(&self.blob))
        )
    }
}

/// Whether whoever answers is the host that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It has shown its key, or one that was accepted as its first.
    Verified,
    /// It has shown another key than the one that is known, and that was not to matter.
    Doubtful,
}

/// Reads what is known of a host's keys.
pub(super) fn known_hosts(hop: &Hop) -> Result<KnownHosts, Problem> {
    KnownHosts::read(&hop.known_hosts).map_err(|(file, error)| {
        let message = format!("{} cannot be read: {error}", file.display());
        Problem::new(
            message,
            "make the file readable, or name others with `known_hosts`",
        )
    })
}

/// Asks for keys of known types first, so that a host with several keys shows the one that is known.
pub(super) fn prefer_known_types(
    session: &ssh2::Session,
    hop: &Hop,
    known: &KnownHosts,
) -> Result<(), ssh2::Error> {
    let mut types = known.types_of(&hop.known_as);
    types.extend(known.types_of(&hop.known_as_without_port));
    let mut methods = session.supported_algs(MethodType::HostKey)?;
    // Of certificates nothing is known, so a host that has one must show its plain key.
    methods.retain(|method| !method.contains("-cert-"));
    // The sort is stable: among the known, and among the others, libssh2's own order stays.
    methods.sort_by_key(|method| !types.contains(&type_of_key(method)));
    session.method_pref(MethodType::HostKey, &methods.join(","))
}

/// Checks the key that a host has shown, and records it if it is its first and that is wanted.
pub(super) fn check(
    session: &ssh2::Session,
    hop: &Hop,
    known: &KnownHosts,
) -> Result<Trust, Problem> {
    let shown = session.host_key().map(|(blob, _)| blob.to_vec());
    let key = shown.and_then(HostKey::new).ok_or_else(|| {
        let hint = "see whether an SSH server listens there, with `ssh -v`";
        Problem::new("it shows no host key that can be read", hint)
    })?;
    let judgement = match known.judge(&hop.known_as, &key) {
        // OpenSSH takes a key that is known without the port, too.
        Judgement::Unknown => match known.judge(&hop.known_as_without_port, &key) {
            Judgement::Changed(_) => Judgement::Unknown,
            other => other,
        },
        other => other,
    };
    match (judgement, hop.checking) {
        (Judgement::Known, _) | (Judgement::Unknown, HostKeyChecking::No) => Ok(Trust::Verified),
        (Judgement::Unknown, HostKeyChecking::AcceptNew) => {
            record(hop, &key).map(|()| Trust::Verified)
        }
        (Judgement::Unknown, HostKeyChecking::Yes) => Err(unknown(hop, &key)),
        (Judgement::Changed(entry), HostKeyChecking::No) => {
            tracing::warn!(
                host = %hop.name,
                "the host key has changed from {}:{}, and is not checked: no password is given",
                entry.file.display(),
                entry.line,
            );
            Ok(Trust::Doubtful)
        }
        (Judgement::Changed(entry), _) => Err(Problem::new(
            format!(
                "its host key has changed: it shows {}, but {}:{} has {}",
                key.shown(),
                entry.file.display(),
                entry.line,
                entry.key.shown()
            ),
            format!(
                "find out why before anything else: somebody may stand in between; if the host was \
                 set up again, remove the old key with `ssh-keygen -f '{}' -R '{}'`",
                entry.file.display(),
                hop.known_as
            ),
        )),
        (Judgement::Revoked(entry), _) => Err(Problem::new(
            format!(
                "its host key {} is revoked by {}:{}",
                key.shown(),
                entry.file.display(),
                entry.line
            ),
            "give the host a new key: whoever has the old one can play the host",
        )),
    }
}

fn record(hop: &Hop, key: &HostKey) -> Result<(), Problem> {
    let file = first_file(hop).ok_or_else(|| unknown(hop, key))?;
    known_hosts::record(&file, &hop.known_as, key).map_err(|error| {
        let message = format!(
            "its host key cannot be recorded in {}: {error}",
            file.display()
        );
        Problem::new(
            message,
            "make the file writable, or name another with `known_hosts`",
        )
    })?;
    tracing::info!(
        host = %hop.name,
        "recorded the host key {} of {} in {}",
        key.shown(),
        hop.known_as,
        file.display(),
    );
    Ok(())
}

fn unknown(hop: &Hop, key: &HostKey) -> Problem {
    let port = match hop.port {
        22 => String::new(),
        port => format!("-p {port} "),
    };
    let file = match first_file(hop) {
        Some(file) => format!("'{}'", file.display()),
        None => "~/.ssh/known_hosts".to_owned(),
    };
    Problem::new(
        format!("its host key is not known: {}", key.shown()),
        format!(
            "compare that with what `ssh-keygen -lf` says on the host of its key in /etc/ssh, then \
             run `ssh-keyscan {port}{} >> {file}`; or set host key checking to `accept-new`",
            hop.address
        ),
    )
}

fn first_file(hop: &Hop) -> Option<PathBuf> {
    hop.known_hosts.first().cloned()
}

/// Gives the type of the keys that a method of the handshake works with.
fn type_of_key(method: &str) -> &str {
    match method {
        "rsa-sha2-256" | "rsa-sha2-512" => "ssh-rsa",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::HostKey;

    #[test]
    fn a_key_begins_with_its_type() {
        let blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20and so on".to_vec();
        let key = HostKey::new(blob).expect("a key");
        assert_eq!(key.key_type(), "ssh-ed25519");
        assert!(
            key.shown().starts_with("ED25519 SHA256:"),
            "{}",
            key.shown()
        );
        for bad in [
            &b""[..],
            b"\0\0\0\x0bssh",
            b"\0\0\0\0",
            b"\0\0\0\x02a b",
            b"\xff\xff\xff\xff",
        ] {
            assert_eq!(HostKey::new(bad.to_vec()), None, "{bad:?}");
        }
    }
}
