use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::host_key::HostKey;

/// The keys that files such as `~/.ssh/known_hosts` hold (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
///
/// Lines that cannot be read are passed over, as OpenSSH does, and so are those of certificate
/// authorities, which libssh2 does not know.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<Entry>,
}

/// A line of such a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) file: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) key: HostKey,
    is_revoked: bool,
    /// The names, as they stand there.
    names: String,
}

/// What is known of the key that a host shows.
#[derive(Debug)]
pub(super) enum Judgement<'a> {
    /// It is the host's.
    Known,
    /// Nothing is known of the host.
    Unknown,
    /// The host has other keys.
    Changed(&'a Entry),
    /// The key must not be used any more.
    Revoked(&'a Entry),
}

impl KnownHosts {
    /// Reads files, of which any may be missing.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read; gives its path, too.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, (PathBuf, io::Error)> {
        let mut entries = Vec::new();
        for file in files {
            match fs::read(file) {
                Ok(bytes) => entries.extend(entries_of(file, &String::from_utf8_lossy(&bytes))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err((file.clone(), error)),
            }
        }
        Ok(Self { entries })
    }

    /// Lists the types of the keys that are known for a host, each once.
    pub(super) fn types_of(&self, name: &str) -> Vec<&str> {
        let mut types = Vec::new();
        for entry in self.of(name) {
            let key_type = entry.key.key_type();
            if !entry.is_revoked && !types.contains(&key_type) {
                types.push(key_type);
            }
        }
        types
    }

    /// Judges the key that a host shows under a name.
    ///
    /// A host with keys of other types only counts as changed: the known types were asked for, and
    /// the host whose keys these are would have shown one.
    pub(super) fn judge(&self, name: &str, key: &HostKey) -> Judgement<'_> {
        let mut other = None;
        let mut is_known = false;
        for entry in self.of(name) {
            if entry.key == *key {
                if entry.is_revoked {
                    return Judgement::Revoked(entry);
                }
                is_known = true;
            } else if !entry.is_revoked {
                // One of the same type says more.
                let same_type = entry.key.key_type() == key.key_type();
                if other.is_none() || same_type {
                    other = Some(entry);
                }
            }
        }
        match (is_known, other) {
            (true, _) => Judgement::Known,
            (false, Some(entry)) => Judgement::Changed(entry),
            (false, None) => Judgement::Unknown,
        }
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.names(name))
    }
}

impl Entry {
    fn names(&self, name: &str) -> bool {
        if let Some(hashed) = self.names.strip_prefix("|1|") {
            return is_hash_of(hashed, name).unwrap_or(false);
        }
        let mut matches = false;
        for pattern in self.names.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if is_match(pattern, name) => return false,
                Some(_) => {}
                None => matches |= is_match(pattern, name),
            }
        }
        matches
    }
}

/// Gives the name under which the keys of a host are kept: `[host]:port` unless the port is 22.
pub(super) fn name_with_port(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == 22 {
        host
    } else {
        format!("[{host}]:{port}")
    }
}

/// Records the key of a host; a missing file is made, readable by its owner alone.
///
/// # Errors
///
/// When the file cannot be written.
pub(super) fn record(file: &Path, name: &str, key: &HostKey) -> io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.exists()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut opened = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(file)?;
    let gap = if ends_with_newline(&mut opened)? {
        ""
    } else {
        "\n"
    };
    // One write, so that lines of two writers do not mix.
    let line = format!(
        "{gap}{name} {} {}\n",
        key.key_type(),
        BASE64.encode(key.blob())
    );
    opened.write_all(line.as_bytes())
}

/// Says whether a file ends with a line feed, or is empty.
fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn entries_of<'a>(file: &'a Path, text: &'a str) -> impl Iterator<Item = Entry> + 'a {
    text.lines().enumerate().filter_map(move |(nth, line)| {
        let mut words = line.split_ascii_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let is_revoked = match marker {
            None => false,
            Some("@revoked") => true,
            Some(_) => return None,
        };
        let names = words.next().filter(|names| !names.starts_with('#'))?;
        let key_type = words.next()?;
        let blob = BASE64.decode(words.next()?).ok()?;
        let key = HostKey::new(blob).filter(|key| key.key_type() == key_type)?;
        Some(Entry {
            file: file.to_owned(),
            line: nth + 1,
            key,
            is_revoked,
            names: names.to_owned(),
        })
    })
}

/// Compares a name with `SALT|HASH`, the HMAC-SHA1 of the name under the salt.
fn is_hash_of(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let salt = BASE64.decode(salt).ok()?;
    let hash = BASE64.decode(hash).ok()?;
    let mut hmac = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    hmac.update(name.as_bytes());
    Some(hmac.verify_slice(&hash).is_ok())
}

/// Compares a name with a pattern, in which `*` stands for any text and `?` for one character.
fn is_match(pattern: &str, name: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where to go on when the last `*` has to take one byte more.
    let mut retry: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(from) {
            Some(b'*') => {
                retry = Some((from + 1, at + 1));
                from += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[at] => {
                from += 1;
                at += 1;
            }
            _ => {
                let Some((after_star, next)) = retry else {
                    return false;
                };
                retry = Some((after_star, next + 1));
                (from, at) = (after_star, next);
            }
        }
    }
    pattern[from..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key whose bytes after the type are all `fill`.
    fn key(key_type: &str, fill: u8) -> HostKey {
        let length = u32::try_from(key_type.len()).expect("a short type");
        let mut blob = length.to_be_bytes().to_vec();
        blob.extend(key_type.bytes());
        blob.extend([fill; 32]);
        HostKey::new(blob).expect("a key")
    }

    fn known(lines: &[(&str, &HostKey)]) -> KnownHosts {
        let line = |(names, key): &(&str, &HostKey)| {
            let blob = BASE64.encode(key.blob());
            format!("{names} {} {blob} a comment", key.key_type())
        };
        let text = lines.iter().map(line).collect::<Vec<_>>().join("\n");
        KnownHosts {
            entries: entries_of(Path::new("known_hosts"), &text).collect(),
        }
    }

    #[test]
    fn a_key_is_known_new_changed_or_revoked() {
        let (ed, rsa, bad) = (
            key("ssh-ed25519", 1),
            key("ssh-rsa", 2),
            key("ssh-ed25519", 3),
        );
        let hosts = known(&[
            ("db-1,10.10.10.10", &ed),
            ("db-1", &rsa),
            ("@revoked *", &bad),
            ("@cert-authority *", &ed),
            ("# db-2", &ed),
        ]);
        assert_eq!(hosts.types_of("db-1"), ["ssh-ed25519", "ssh-rsa"]);
        assert!(hosts.types_of("db-2").is_empty());
        assert!(matches!(hosts.judge("db-1", &rsa), Judgement::Known));
        assert!(matches!(hosts.judge("10.10.10.10", &ed), Judgement::Known));
        assert!(matches!(hosts.judge("db-2", &ed), Judgement::Unknown));
        let Judgement::Revoked(entry) = hosts.judge("db-1", &bad) else {
            panic!("it is revoked everywhere");
        };
        assert_eq!(entry.line, 3);
        // Of the keys that are known, the one of the same type is shown.
        let Judgement::Changed(entry) = hosts.judge("db-1", &key("ssh-rsa", 9)) else {
            panic!("it is another key");
        };
        assert_eq!(entry.line, 2);
        // A key of another type is not taken for a first one.
        let other = key("ecdsa-sha2-nistp256", 1);
        assert!(matches!(
            hosts.judge("10.10.10.10", &other),
            Judgement::Changed(_)
        ));
    }

    #[test]
    fn hashed_names_are_found() {
        // Made with `ssh-keygen -H` from a line of 192.168.1.61.
        let hashed = "|1|wJJsnMK1H1oAAVsnOrqC/QsIX3M=|ZAW7Eok+XuS6SrtyOVVi5pRyvS4=";
        let entry = |names: &str| known(&[(names, &key("ssh-ed25519", 1))]);
        assert!(!entry(hashed).types_of("192.168.1.61").is_empty());
        assert!(entry(hashed).types_of("192.168.1.62").is_empty());
        assert!(
            entry("|1|not base64|either")
                .types_of("192.168.1.61")
                .is_empty()
        );
    }

    #[test]
    fn names_are_patterns() {
        for (pattern, name, expected) in [
            ("db-1", "db-1", true),
            ("DB-1", "db-1", true),
            ("db-1", "db-10", false),
            ("db-?", "db-1", true),
            ("*.example.org", "db-1.example.org", true),
            ("*.example.org", "example.org", false),
            ("*a*b", "xaxxab", true),
            ("*a*b", "xaxxa", false),
            ("*,!db-1", "db-1", false),
            ("*,!db-1", "db-2", true),
            ("[db-1]:2222", "[db-1]:2222", true),
            ("[db-1]:2222", "db-1", false),
            ("", "db-1", false),
        ] {
            let hosts = known(&[(pattern, &key("ssh-ed25519", 1))]);
            assert_eq!(
                !hosts.types_of(name).is_empty(),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_key_is_recorded_in_a_line_of_its_own() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join(".ssh/known_hosts");
        let (first, second) = (key("ssh-ed25519", 1), key("ssh-rsa", 2));
        record(&file, &name_with_port("DB-1", 2222), &first).expect("a line");
        // Somebody's editor leaves no line feed at the end.
        let text = fs::read_to_string(&file).expect("a file");
        fs::write(&file, text.trim_end()).expect("a file");
        record(&file, &name_with_port("db-2", 22), &second).expect("a line");
        let hosts = KnownHosts::read(std::slice::from_ref(&file)).expect("a file");
        assert!(matches!(
            hosts.judge("[db-1]:2222", &first),
            Judgement::Known
        ));
        assert!(matches!(hosts.judge("db-2", &second), Judgement::Known));
        let text = fs::read_to_string(&file).expect("a file");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
