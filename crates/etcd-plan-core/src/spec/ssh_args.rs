/// Options for SSH, as `ansible_ssh_common_args` writes them for the command line of `ssh`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SshArgs {
    /// Keyword, in lower case, and value of each option that an executor heeds, in their order.
    pub options: Vec<(String, String)>,
}

/// The keywords of ssh_config(5) that an executor heeds.
const HEEDED: [&str; 12] = [
    "connecttimeout",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityfile",
    "port",
    "proxycommand",
    "proxyjump",
    "serveraliveinterval",
    "stricthostkeychecking",
    "user",
    "userknownhostsfile",
];

/// Those that make no difference to an executor, which keeps one connection and has no terminal.
const POINTLESS: [&str; 12] = [
    "batchmode",
    "checkhostip",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "forwardagent",
    "forwardx11",
    "loglevel",
    "requesttty",
    "serveralivecountmax",
    "updatehostkeys",
    "visualhostkey",
];

impl SshArgs {
    /// Reads a command line: `-o KEYWORD=VALUE`, `-J`, `-i`, `-l` and `-p`. What is not understood
    /// comes second, each as the user wrote it.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut args = Self::default();
        let mut unknown = Vec::new();
        let Some(words) = shlex::split(text) else {
            return (args, vec![text.to_owned()]);
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            // A flag and its value are one word, or two.
            let (flag, value) = match word.split_at_checked(2) {
                Some((flag, "")) if takes_value(flag) => (flag.to_owned(), words.next()),
                Some((flag, value)) if takes_value(flag) => {
                    (flag.to_owned(), Some(value.to_owned()))
                }
                _ => (word.clone(), None),
            };
            let Some((keyword, value)) = value.and_then(|value| option(&flag, &value)) else {
                if !is_pointless_flag(&flag) {
                    unknown.push(word);
                }
                continue;
            };
            if Self::knows(&keyword) {
                args.options.push((keyword, value));
            } else if !POINTLESS.contains(&keyword.as_str()) {
                unknown.push(format!("{flag} {keyword}={value}"));
            }
        }
        (args, unknown)
    }

    /// Says whether an executor heeds a keyword, which is written in lower case.
    pub fn knows(keyword: &str) -> bool {
        HEEDED.contains(&keyword)
    }
}

fn takes_value(flag: &str) -> bool {
    matches!(flag, "-o" | "-J" | "-i" | "-l" | "-p")
}

/// Says whether a flag is about the terminal, the agent or how much is printed.
fn is_pointless_flag(flag: &str) -> bool {
    matches!(flag, "-A" | "-a" | "-n" | "-q" | "-T" | "-v" | "-x")
}

/// Gives the option that a flag stands for.
fn option(flag: &str, value: &str) -> Option<(String, String)> {
    let keyword = match flag {
        "-J" => "proxyjump",
        "-i" => "identityfile",
        "-l" => "user",
        "-p" => "port",
        _ => {
            let value = value.trim();
            let end = value.find(|c: char| c == '=' || c.is_whitespace())?;
            let (keyword, value) = value.split_at(end);
            let value = value.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
            return Some((keyword.to_ascii_lowercase(), value.to_owned()));
        }
    };
    Some((keyword.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::SshArgs;

    fn options(text: &str) -> Vec<String> {
        let (args, unknown) = SshArgs::parse(text);
        assert!(unknown.is_empty(), "{unknown:?}");
        let shown = args
            .options
            .iter()
            .map(|(keyword, value)| format!("{keyword}={value}"));
        shown.collect()
    }

    #[test]
    fn reads_what_ssh_reads() {
        assert_eq!(
            options("-o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o 'Port 2222'"),
            [
                "stricthostkeychecking=no",
                "userknownhostsfile=/dev/null",
                "port=2222"
            ]
        );
        assert_eq!(
            options("-J admin@bastion:2200 -p22 -l root -i '/a key'"),
            [
                "proxyjump=admin@bastion:2200",
                "port=22",
                "user=root",
                "identityfile=/a key"
            ]
        );
        assert_eq!(
            options(r#"-o ProxyCommand="ssh -W %h:%p bastion""#),
            ["proxycommand=ssh -W %h:%p bastion"]
        );
        assert!(options("-o ControlMaster=auto -o ControlPersist=60s -q -T").is_empty());
    }

    #[test]
    fn says_what_it_does_not_understand() {
        let unknown = |text: &str| SshArgs::parse(text).1;
        assert_eq!(
            unknown("-o Ciphers=aes -C -o Port=1 host -o"),
            ["-o ciphers=aes", "-C", "host", "-o"]
        );
        assert_eq!(unknown("-o 'unclosed"), ["-o 'unclosed"]);
        assert_eq!(unknown("-ü"), ["-ü"]);
    }
}
