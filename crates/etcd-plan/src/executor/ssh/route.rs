use std::path::PathBuf;
use std::time::Duration;

use etcd_plan_core::spec::SshArgs;

use super::config::{HostConfig, SshConfig, home_for_tilde};
use super::known_hosts::name_with_port;
use super::options::{HostKeyChecking, Options};
use super::problem::Problem;
use crate::executor::Target;

/// How many hosts on the way may themselves be behind others.
const JUMP_LIMIT: usize = 8;

/// A host to log in to, with everything that was decided about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// As the inventory or `ProxyJump` names it.
    pub(super) name: String,
    /// Where to connect.
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The name of its keys in the known hosts.
    pub(super) known_as: String,
    pub(super) known_as_without_port: String,
    pub(super) known_hosts: Vec<PathBuf>,
    pub(super) checking: HostKeyChecking,
    /// The keys that are configured for it, in the order in which they are shown.
    pub(super) identity_files: Vec<PathBuf>,
    /// Whether no others are shown.
    pub(super) identities_only: bool,
    pub(super) connect_timeout: Duration,
    pub(super) keep_alive: Duration,
}

/// The way to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The hosts on the way, each reached through the one before.
    pub(super) jumps: Vec<Hop>,
    pub(super) target: Hop,
}

/// Decides how a host is reached.
pub(super) fn route_to(
    target: &Target,
    options: &Options,
    file: &SshConfig,
) -> Result<Route, Problem> {
    let (args, unknown) = SshArgs::parse(target.ssh_common_args.as_deref().unwrap_or_default());
    if !unknown.is_empty() {
        tracing::warn!(
            host = %target.host,
            "of `ansible_ssh_common_args` this is not understood: {}",
            unknown.join(", "),
        );
    }
    let args = SshConfig::of_args(&args)?.of("")?;
    let own = HostConfig {
        port: target.port,
        user: target.user.clone(),
        identity_files: target.private_key_file.iter().cloned().collect(),
        ..HostConfig::default()
    };
    let config = own
        .or(args)
        .or(of_options(options))
        .or(file.of(&target.address)?);
    Ok(Route {
        jumps: jumps(&config, options, file, JUMP_LIMIT)?,
        target: Hop::new(&target.address, config, options)?,
    })
}

impl Hop {
    fn new(name: &str, config: HostConfig, options: &Options) -> Result<Self, Problem> {
        let user = config.user.map_or_else(own_user, Ok)?;
        let port = config.port.unwrap_or(22);
        let home = std::env::home_dir().unwrap_or_default();
        let expand = |text: &str| {
            let home = home.to_string_lossy();
            let port = port.to_string();
            expand(text, &|token| match token {
                'd' => Some(&home),
                'h' | 'n' => Some(name),
                'p' => Some(&port),
                'r' => Some(&user),
                _ => None,
            })
        };
        let address = config
            .host_name
            .as_deref()
            .map_or_else(|| name.to_owned(), expand);
        let file = |path: &String| home_for_tilde(&expand(path));
        let known_hosts = match (&options.known_hosts, &config.known_hosts) {
            (Some(files), _) => files.clone(),
            (None, Some(files)) => files.iter().map(file).collect(),
            (None, None) => vec![
                home.join(".ssh/known_hosts"),
                home.join(".ssh/known_hosts2"),
            ],
        };
        let system_wide = options
            .known_hosts
            .is_none()
            .then(|| "/etc/ssh/ssh_known_hosts".into());
        Ok(Self {
            name: name.to_owned(),
            known_as: match &config.host_key_alias {
                Some(alias) => alias.to_ascii_lowercase(),
                None => name_with_port(&address, port),
            },
            known_as_without_port: config
                .host_key_alias
                .as_deref()
                .unwrap_or(&address)
                .to_ascii_lowercase(),
            known_hosts: known_hosts.into_iter().chain(system_wide).collect(),
            checking: options.checking.or(config.checking).unwrap_or_default(),
            identity_files: config.identity_files.iter().map(file).collect(),
            identities_only: config.identities_only.unwrap_or(false),
            connect_timeout: options.connect_timeout(config.connect_timeout),
            keep_alive: options.keep_alive(config.keep_alive),
            address,
            port,
            user,
        })
    }
}

/// Gives the hosts on the way to one with this configuration.
fn jumps(
    config: &HostConfig,
    options: &Options,
    file: &SshConfig,
    limit: usize,
) -> Result<Vec<Hop>, Problem> {
    if let (Some(command), None) = (&config.proxy_command, &config.proxy_jump) {
        return Err(Problem::new(
            format!("it is to be reached through `ProxyCommand {command}`, which is not supported"),
            "write `ProxyJump HOST` (`-J HOST`) instead",
        ));
    }
    let names = config.proxy_jump.as_deref().unwrap_or_default();
    if limit == 0 && !names.is_empty() {
        return Err(Problem::new(
            format!("`ProxyJump {}` goes in circles", names.join(",")),
            "see that no jump host of ~/.ssh/config is reached through itself",
        ));
    }
    let mut hops = Vec::new();
    for (nth, spec) in names.iter().enumerate() {
        let (own, name) = jump_host(spec)?;
        let config = own.or(of_options(options)).or(file.of(&name)?);
        if nth == 0 {
            // The way to the first is its own affair; the others are reached through it.
            hops = jumps(&config, options, file, limit - 1)?;
        }
        hops.push(Hop::new(&name, config, options)?);
    }
    Ok(hops)
}

/// Reads `[USER@]HOST[:PORT]`, or the same after `ssh://`.
fn jump_host(spec: &str) -> Result<(HostConfig, String), Problem> {
    let bad = || {
        let message = format!("`ProxyJump {spec}` cannot be read");
        Problem::new(
            message,
            "write it as [USER@]HOST[:PORT], with IPv6 addresses in brackets",
        )
    };
    let rest = spec
        .trim()
        .trim_start_matches("ssh://")
        .trim_end_matches('/');
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, rest),
    };
    let (name, port) = match rest.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((name, ""))) => (name, None),
        Some(Some((name, port))) => (name, Some(port.strip_prefix(':').ok_or_else(bad)?)),
        Some(None) => return Err(bad()),
        None => match rest.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (rest, None),
        },
    };
    if name.is_empty() {
        return Err(bad());
    }
    let port = port
        .map(|port| port.parse().map_err(|_| bad()))
        .transpose()?;
    let config = HostConfig {
        port,
        user,
        ..HostConfig::default()
    };
    Ok((config, name.to_owned()))
}

/// Gives what was set for all hosts, which comes before what the configuration file says.
fn of_options(options: &Options) -> HostConfig {
    let files = options.identity_files.iter();
    HostConfig {
        user: options.user.clone(),
        identity_files: files
            .map(|file| file.to_string_lossy().into_owned())
            .collect(),
        ..HostConfig::default()
    }
}

/// Gives the user that we are here.
fn own_user() -> Result<String, Problem> {
    ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|user| !user.is_empty())
        .or_else(|| {
            rustix::process::geteuid()
                .is_root()
                .then(|| "root".to_owned())
        })
        .ok_or_else(|| {
            let hint = "give the host an `ansible_user`";
            Problem::new("it is not known as which user to log in", hint)
        })
}

/// Puts values in place of `%` and a letter; `%%` is a percent sign, and what is not known stays.
fn expand<'a>(text: &str, value_of: &dyn Fn(char) -> Option<&'a str>) -> String {
    let mut expanded = String::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '%' {
            expanded.push(char);
            continue;
        }
        match rest.next() {
            Some('%') | None => expanded.push('%'),
            Some(token) => match value_of(token) {
                Some(value) => expanded.push_str(value),
                None => expanded.extend(['%', token]),
            },
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::options::ConfigPath;
    use super::*;

    fn target(args: &str) -> Target {
        Target {
            host: "db-1".parse().expect("a host name"),
            address: "db-1".to_owned(),
            port: None,
            user: Some("admin".to_owned()),
            private_key_file: Some("/keys/%r".to_owned()),
            ssh_common_args: Some(args.to_owned()),
            become_user: None,
            local: false,
        }
    }

    fn route(target: &Target, config: &str, options: &Options) -> Result<Route, Problem> {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("config");
        fs::write(&file, config).expect("a file");
        route_to(target, options, &SshConfig::load(&ConfigPath::At(file))?)
    }

    fn shown(hop: &Hop) -> String {
        format!("{}@{}:{}", hop.user, hop.address, hop.port)
    }

    #[test]
    fn the_inventory_comes_first_then_the_options_then_the_file() {
        let config = "Host db-1\n HostName %h.example.org\n Port 2222\n User other\n\
            IdentityFile /keys/file\n StrictHostKeyChecking no\n UserKnownHostsFile /known\n";
        let options = Options {
            user: Some("deploy".to_owned()),
            identity_files: vec!["/keys/all".into()],
            ..Options::default()
        };
        let args = "-o StrictHostKeyChecking=accept-new -o ConnectTimeout=2";
        let mut one = target(args);
        let Route { jumps, target: hop } = route(&one, config, &options).expect("a route");
        assert!(jumps.is_empty(), "{jumps:?}");
        assert_eq!(shown(&hop), "admin@db-1.example.org:2222");
        assert_eq!(hop.known_as, "[db-1.example.org]:2222");
        assert_eq!(hop.checking, HostKeyChecking::AcceptNew);
        assert_eq!(hop.connect_timeout, Duration::from_secs(2));
        assert_eq!(hop.known_hosts[0], PathBuf::from("/known"));
        let keys = ["/keys/admin", "/keys/all", "/keys/file"].map(PathBuf::from);
        assert_eq!(hop.identity_files, keys);

        one.user = None;
        one.port = Some(22);
        let options = Options {
            checking: Some(HostKeyChecking::Yes),
            ..options
        };
        let hop = route(&one, config, &options).expect("a route").target;
        assert_eq!(shown(&hop), "deploy@db-1.example.org:22");
        assert_eq!(hop.known_as, "db-1.example.org");
        assert_eq!(hop.checking, HostKeyChecking::Yes);
    }

    #[test]
    fn jump_hosts_are_on_the_way() {
        let config = "Host a\n Port 2200\n ProxyJump outer\n\
            Host b\n ProxyJump never\n\
            Host outer\n User gate\n HostName 192.0.2.1\n";
        let route_of_two = route(
            &target("-J a,me@[2001:db8::1]:23"),
            config,
            &Options::default(),
        );
        let Route {
            jumps,
            target: last,
        } = route_of_two.expect("a route");
        let hops: Vec<String> = jumps.iter().chain([&last]).map(shown).collect();
        let own = own_user().expect("a user");
        let expected = [
            "gate@192.0.2.1:22".to_owned(),
            format!("{own}@a:2200"),
            "me@2001:db8::1:23".to_owned(),
            "admin@db-1:22".to_owned(),
        ];
        assert_eq!(hops, expected);
        // `none` takes back what the file says.
        let direct = route(
            &target("-o ProxyJump=none"),
            "ProxyJump a\n",
            &Options::default(),
        );
        assert!(direct.expect("a route").jumps.is_empty());
    }

    #[test]
    fn ways_that_cannot_be_gone_are_refused() {
        let refused = |args: &str, config: &str| {
            let refused = route(&target(args), config, &Options::default());
            refused.expect_err("no route").message
        };
        assert!(refused("-o 'ProxyCommand=nc %h %p'", "").contains("nc %h %p"));
        assert!(refused("", "ProxyJump db-1\n").contains("circles"));
        assert!(refused("-J a:port", "").contains("cannot be read"));
        assert!(refused("-J me@", "").contains("cannot be read"));
    }
}
