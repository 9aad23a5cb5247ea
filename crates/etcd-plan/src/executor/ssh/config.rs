use std::collections::HashMap;
use std::fs;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcd_plan_core::spec::SshArgs;
use ssh2_config::{HostParams, ParseRule};

use super::options::{ConfigPath, HostKeyChecking};
use super::problem::Problem;

/// How deep `Include` may go, as in OpenSSH.
const INCLUDE_DEPTH: usize = 16;

/// A configuration file of OpenSSH, or options in its words.
///
/// The library reads values and matches hosts. Before that, the text is brought to what the library
/// is sure to read: what we have no use for is left out, files that are included are put in place,
/// and `Match` is written as `Host` where it asks for a host only.
#[derive(Debug, Default)]
pub(super) struct SshConfig(ssh2_config::SshConfig);

/// What a configuration says of a host; each none where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HostConfig {
    pub(super) host_name: Option<String>,
    pub(super) host_key_alias: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) identity_files: Vec<String>,
    pub(super) identities_only: Option<bool>,
    /// The hosts on the way; empty for `none`.
    pub(super) proxy_jump: Option<Vec<String>>,
    pub(super) proxy_command: Option<String>,
    pub(super) known_hosts: Option<Vec<String>>,
    pub(super) checking: Option<HostKeyChecking>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) keep_alive: Option<Duration>,
}

impl SshConfig {
    /// Reads a file.
    pub(super) fn load(path: &ConfigPath) -> Result<Self, Problem> {
        let (path, must_exist) = match path {
            ConfigPath::Home => match std::env::home_dir() {
                Some(home) => (home.join(".ssh/config"), false),
                None => return Ok(Self::default()),
            },
            ConfigPath::At(path) => (path.clone(), true),
            ConfigPath::Nowhere => return Ok(Self::default()),
        };
        let bad = |why: String| {
            let message = format!("{} cannot be read: {why}", path.display());
            Problem::new(message, "see `ssh -G HOST` for what OpenSSH says of it")
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => String::new(),
            Err(error) => return Err(bad(error.to_string())),
        };
        let mut plain = Plain::default();
        plain.add(&text, 0).map_err(bad)?;
        Self::parse(&plain.text).map_err(bad)
    }

    /// Takes the options of a command line.
    pub(super) fn of_args(args: &SshArgs) -> Result<Self, Problem> {
        let lines: Vec<String> = args
            .options
            .iter()
            .map(|(keyword, value)| format!("{keyword} {value}"))
            .collect();
        let mut plain = Plain::default();
        plain
            .add(&lines.join("\n"), 0)
            .and_then(|()| Self::parse(&plain.text))
            .map_err(|why| {
                let message = format!("`ansible_ssh_common_args` cannot be read: {why}");
                Problem::new(message, "write its options as ssh(1) takes them after `-o`")
            })
    }

    /// Gives what holds for a host: of each option the first value that is there.
    pub(super) fn of(&self, name: &str) -> Result<HostConfig, Problem> {
        HostConfig::from(self.0.query(name)).map_err(|message| {
            Problem::new(
                message,
                "correct ~/.ssh/config or `ansible_ssh_common_args`",
            )
        })
    }

    fn parse(plain: &str) -> Result<Self, String> {
        let rule = ParseRule::ALLOW_UNKNOWN_FIELDS | ParseRule::ALLOW_UNSUPPORTED_FIELDS;
        ssh2_config::SshConfig::default()
            .parse(&mut BufReader::new(plain.as_bytes()), rule)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

impl HostConfig {
    /// Takes what this says, and where it says nothing what the other does.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            host_name: self.host_name.or(other.host_name),
            host_key_alias: self.host_key_alias.or(other.host_key_alias),
            port: self.port.or(other.port),
            user: self.user.or(other.user),
            // These add up.
            identity_files: [self.identity_files, other.identity_files].concat(),
            identities_only: self.identities_only.or(other.identities_only),
            proxy_jump: self.proxy_jump.or(other.proxy_jump),
            proxy_command: self.proxy_command.or(other.proxy_command),
            known_hosts: self.known_hosts.or(other.known_hosts),
            checking: self.checking.or(other.checking),
            connect_timeout: self.connect_timeout.or(other.connect_timeout),
            keep_alive: self.keep_alive.or(other.keep_alive),
        }
    }

    fn from(params: HostParams) -> Result<Self, String> {
        let others = params.unsupported_fields;
        let checking = match first(&others, "stricthostkeychecking") {
            Some(text) => Some(
                text.parse()
                    .map_err(|error| format!("`StrictHostKeyChecking` cannot be read: {error}"))?,
            ),
            None => None,
        };
        let jumps = params.proxy_jump.map(|jumps| match jumps.as_slice() {
            [none] if none.eq_ignore_ascii_case("none") => Vec::new(),
            _ => jumps,
        });
        Ok(Self {
            host_name: params.host_name,
            host_key_alias: first(&others, "hostkeyalias"),
            port: params.port,
            user: params.user,
            identity_files: params
                .identity_file
                .unwrap_or_default()
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .filter(|path| path != "none")
                .collect(),
            identities_only: first(&others, "identitiesonly").map(|text| text == "yes"),
            proxy_jump: jumps,
            proxy_command: others
                .get("proxycommand")
                .map(|words| words.join(" "))
                .filter(|command| command != "none"),
            known_hosts: others.get("userknownhostsfile").map(|files| {
                let files = files.iter().map(|file| file.trim_matches('"'));
                let files = files.filter(|file| !file.eq_ignore_ascii_case("none"));
                files.map(str::to_owned).collect()
            }),
            checking,
            connect_timeout: params.connect_timeout,
            keep_alive: params.server_alive_interval,
        })
    }
}

fn first(fields: &HashMap<String, Vec<String>>, name: &str) -> Option<String> {
    let words = fields.get(name)?;
    words.first().map(|word| word.trim_matches('"').to_owned())
}

/// A configuration without what the library cannot read.
#[derive(Debug, Default)]
struct Plain {
    text: String,
}

impl Plain {
    /// Adds the lines of a file.
    fn add(&mut self, text: &str, depth: usize) -> Result<(), String> {
        if depth > INCLUDE_DEPTH {
            return Err("its `Include` goes too deep".to_owned());
        }
        // What an included file begins, ends with it.
        let mut section = "Host *".to_owned();
        for line in text.lines().map(str::trim) {
            let keyword_ends = line.find(|c: char| c.is_whitespace() || c == '=');
            let Some((keyword, value)) = keyword_ends.map(|at| line.split_at(at)) else {
                continue;
            };
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
            match keyword.to_ascii_lowercase().as_str() {
                "host" => {
                    section = format!("Host {value}");
                    self.push(&section);
                }
                "match" => {
                    section = host_for_match(value);
                    self.push(&section);
                }
                "include" => {
                    for file in included(value)? {
                        let error = |error| format!("{}: {error}", file.display());
                        let text = fs::read_to_string(&file).map_err(error)?;
                        self.add(&text, depth + 1)?;
                        self.push(&section);
                    }
                }
                keyword if SshArgs::knows(keyword) => self.push(&format!("{keyword} {value}")),
                _ => {}
            }
        }
        Ok(())
    }

    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// Writes what `Match` asks for as `Host`; a section that asks for more than a host holds for none.
fn host_for_match(criteria: &str) -> String {
    let words: Vec<&str> = criteria.split_whitespace().collect();
    match words.as_slice() {
        [all] if all.eq_ignore_ascii_case("all") => "Host *".to_owned(),
        [criterion, names]
            if ["host", "originalhost"].contains(&criterion.to_ascii_lowercase().as_str()) =>
        {
            format!("Host {}", names.trim_matches('"').replace(',', " "))
        }
        _ => "Host !*".to_owned(),
    }
}

/// Lists the files that `Include` names, which are sought in `~/.ssh`.
fn included(patterns: &str) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let folder = std::env::home_dir().unwrap_or_default().join(".ssh");
    for pattern in patterns.split_whitespace() {
        let pattern = home_for_tilde(pattern.trim_matches('"'));
        let pattern = folder.join(pattern);
        let pattern = pattern.to_str().ok_or("the name of a file is not UTF-8")?;
        let found = glob::glob(pattern).map_err(|error| error.to_string())?;
        files.extend(found.filter_map(Result::ok));
    }
    Ok(files)
}

/// Puts the home folder in place of `~/`.
pub(super) fn home_for_tilde(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn load(text: &str) -> SshConfig {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("config");
        fs::write(&file, text).expect("a file");
        SshConfig::load(&ConfigPath::At(file)).expect("a configuration")
    }

    #[test]
    fn the_first_value_holds() {
        let config = load(
            "StrictHostKeyChecking=accept-new\n\
             Host db-? !db-3\n  HostName %h.example.org\n  User admin # not root\n  Port 2222\n\
             \tidentityfile ~/.ssh/a\n  IdentityFile \"/with space/b\"\n\
             Host db-*\n  User other\n  ProxyJump a,me@b:2200\n  UserKnownHostsFile /x /y\n\
             Host *\n  ConnectTimeout 3\n  ServerAliveInterval 7\n  StrictHostKeyChecking no\n\
             \x20 RemoteForward 80 localhost:80\n  AddKeysToAgent confirm\n  Ciphers +x\n",
        );
        let one = config.of("db-1").expect("options");
        assert_eq!(one.host_name.as_deref(), Some("%h.example.org"));
        assert_eq!(one.user.as_deref(), Some("admin"));
        assert_eq!(one.port, Some(2222));
        assert_eq!(one.identity_files.len(), 2);
        assert_eq!(one.identity_files[1], "/with space/b");
        assert_eq!(
            one.proxy_jump,
            Some(vec!["a".to_owned(), "me@b:2200".to_owned()])
        );
        assert_eq!(
            one.known_hosts,
            Some(vec!["/x".to_owned(), "/y".to_owned()])
        );
        assert_eq!(one.checking, Some(HostKeyChecking::AcceptNew));
        assert_eq!(one.connect_timeout, Some(Duration::from_secs(3)));
        assert_eq!(one.keep_alive, Some(Duration::from_secs(7)));
        let three = config.of("db-3").expect("options");
        assert_eq!((three.port, three.user.as_deref()), (None, Some("other")));
    }

    #[test]
    fn a_match_that_is_not_judged_holds_for_nobody() {
        let config = load(
            "Host a\n  User first\n\
             Match host b,c*\n  User second\n\
             Match exec true\n  User third\n  StrictHostKeyChecking no\n\
             Match all\n  Port 2222\n",
        );
        let user = |name: &str| config.of(name).expect("options").user;
        assert_eq!(user("a").as_deref(), Some("first"));
        assert_eq!(user("b").as_deref(), Some("second"));
        assert_eq!(user("c-1").as_deref(), Some("second"));
        assert_eq!(user("d"), None);
        let other = config.of("d").expect("options");
        assert_eq!((other.checking, other.port), (None, Some(2222)));
    }

    #[test]
    fn files_are_included_in_place() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::write(dir.path().join("1.conf"), "Host b\n  User of-file\n").expect("a file");
        fs::write(dir.path().join("2.conf"), "Port 23\n").expect("a file");
        let text = format!(
            "Host a\n  User mine\nInclude {}/*.conf\n  IdentitiesOnly yes\n",
            dir.path().display()
        );
        let config = load(&text);
        let a = config.of("a").expect("options");
        assert_eq!(a.user.as_deref(), Some("mine"));
        assert_eq!(a.identities_only, Some(true));
        let b = config.of("b").expect("options");
        assert_eq!(b.user.as_deref(), Some("of-file"));
        assert_eq!(b.identities_only, None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let missing = SshConfig::load(&ConfigPath::At("/nonexistent/config".into()));
        assert!(missing.is_err_and(|problem| problem.message.contains("/nonexistent/config")));
        let problem = load("StrictHostKeyChecking perhaps\n").of("a");
        assert!(problem.is_err_and(|problem| problem.message.contains("perhaps")));
    }
}
