//! Starts the shell of a host, as the user that operations run as.

use std::sync::Arc;
use std::time::{Duration, Instant};

use etcd_plan_core::names::HostName;
use etcd_plan_core::secret::Secret;

use super::channel::SshChannel;
use super::connect::Connection;
use super::problem::{Problem, seconds};
use super::route::Hop;
use super::secrets::{Answers, Environment, Question};
use crate::executor::ConnectError;
use crate::executor::shell::{Channel as _, Settings, ShellSession};

/// A shell that is to be started.
pub(super) struct Start<'a> {
    pub(super) host: &'a HostName,
    pub(super) hop: &'a Hop,
    /// The user that operations run as; none for the one that logs in.
    pub(super) become_user: Option<&'a str>,
    pub(super) answers: &'a Answers,
    /// How long the shell may take to start, and to do an operation.
    pub(super) patience: Duration,
}

impl Start<'_> {
    /// Starts the shell.
    ///
    /// `sudo` is first told not to ask for a password: then the shell's script can follow at once,
    /// which saves a round trip. Only when that fails it is told to ask, and waited for.
    pub(super) fn shell(
        &self,
        connection: Connection,
    ) -> Result<ShellSession<SshChannel>, ConnectError> {
        let connection = Arc::new(connection);
        let Some(user) = self.become_user else {
            let channel = self.channel(&connection, "sh")?;
            return ShellSession::open(self.host.clone(), self.settings(), channel);
        };
        if !is_user_name(user) {
            let message = format!("{user:?} is no name of a user");
            let hint = "correct `ansible_become_user`";
            return Err(Problem::new(message, hint).of(self.host));
        }
        let channel = self.channel(&connection, &without_password(user))?;
        let refusal = match ShellSession::begin(self.host.clone(), self.settings(), channel) {
            Ok(session) => return Ok(session),
            Err(refusal) => refusal,
        };
        // The user that we are anyway, or one whom nobody asked for a password.
        if !refusal.shell_ended || user == self.hop.user {
            return Err(refusal.error);
        }
        let marker = marker().map_err(|problem| problem.of(self.host))?;
        let mut channel = self.channel(&connection, &with_password(user, &marker))?;
        self.give_password(&mut channel, user, &marker)
            .map_err(|problem| problem.of(self.host))?;
        ShellSession::open(self.host.clone(), self.settings(), channel)
    }

    /// Answers `sudo` until the shell is there.
    fn give_password(
        &self,
        channel: &mut SshChannel,
        user: &str,
        marker: &str,
    ) -> Result<(), Problem> {
        let deadline = Instant::now() + self.patience;
        let (prompt, ready) = (prompt(marker), ready(marker));
        let mut printed = Vec::new();
        let mut has_answered = false;
        loop {
            if contains(&printed, &ready) {
                return Ok(());
            }
            let prompts = channel.words().matches(&prompt).count();
            if prompts > usize::from(has_answered) {
                if has_answered {
                    return Err(self.wrong_password(user));
                }
                let password = self.password(user)?;
                let mut line =
                    zeroize::Zeroizing::new(Vec::with_capacity(password.expose().len() + 1));
                line.extend_from_slice(password.expose());
                line.push(b'\n');
                channel
                    .send(&line, self.patience)
                    .map_err(|error| self.not_become(user, &error.to_string()))?;
                has_answered = true;
            }
            match channel.hear(&mut printed, deadline) {
                Ok(0) => {
                    let words = channel.last_words().replace(&prompt, "");
                    // `passwd_tries` of sudoers(5) can be 1.
                    if has_answered && words.contains("incorrect password") {
                        return Err(self.wrong_password(user));
                    }
                    return Err(self.not_become(user, &words));
                }
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                    let words = channel.words().replace(&prompt, "");
                    let why = format!("no shell within {}; {words}", seconds(self.patience));
                    return Err(self.not_become(user, &why));
                }
                Err(error) => return Err(self.not_become(user, &error.to_string())),
            }
        }
    }

    fn password(&self, user: &str) -> Result<Secret, Problem> {
        let question = Question::BecomePassword {
            user: self.hop.user.clone(),
            host: self.hop.name.clone(),
        };
        self.answers.get(&question).ok_or_else(|| {
            Problem::new(
                format!(
                    "`sudo` asks for the password of {} to become {user}",
                    self.hop.user
                ),
                format!(
                    "set {} to it, or let the user in without: `NOPASSWD` in sudoers(5)",
                    Environment::variable(&question)
                ),
            )
        })
    }

    fn wrong_password(&self, user: &str) -> Problem {
        Problem::new(
            format!(
                "`sudo` did not take the password of {} to become {user}: the password is wrong",
                self.hop.user
            ),
            format!(
                "give the password with which {} uses `sudo` on this host",
                self.hop.user
            ),
        )
    }

    fn not_become(&self, user: &str, why: &str) -> Problem {
        Problem::new(
            format!("{} cannot become {user}: {why}", self.hop.user),
            format!(
                "see that `sudo -u {user} sh` works there, for {} and without a terminal; `doas`, \
                 which is used where there is no sudo, must ask for no password (`nopass`)",
                self.hop.user
            ),
        )
    }

    fn channel(
        &self,
        connection: &Arc<Connection>,
        command: &str,
    ) -> Result<SshChannel, ConnectError> {
        let connection = Arc::clone(connection);
        let started = SshChannel::start(connection, command, self.patience, self.hop.keep_alive);
        started.map_err(|error| {
            let message = format!("it starts no command for {}: {error}", self.hop.user);
            let hint = "see the log of its SSH server, and the user's login shell in /etc/passwd";
            Problem::new(message, hint).of(self.host)
        })
    }

    fn settings(&self) -> Settings {
        Settings {
            patience: self.patience,
            ..Settings::machine()
        }
    }
}

/// Writes the command that starts a shell as a user without asking for a password.
///
/// It goes through the login shell, whichever that is: so it is one word after `sh -c`, in single
/// quotes, without anything that a shell might find in them (`'`, `\`, `!` or a line feed).
fn without_password(user: &str) -> String {
    let start = format!(
        "if command -v sudo >/dev/null; then exec sudo -n -u {user} -- sh; fi; \
         if command -v doas >/dev/null; then exec doas -n -u {user} sh; fi"
    );
    command(user, &start)
}

/// Writes the command that starts a shell as a user, with a prompt that can be told from all else.
///
/// `doas` reads passwords from a terminal only.
fn with_password(user: &str, marker: &str) -> String {
    let (prompt, ready) = (prompt(marker), ready(marker));
    let start = format!(
        "if command -v sudo >/dev/null; then \
         exec sudo -S -p {prompt} -u {user} -- sh -c \"echo {ready}; exec sh\"; fi; \
         if command -v doas >/dev/null; then exec doas -n -u {user} sh; fi"
    );
    command(user, &start)
}

fn command(user: &str, start: &str) -> String {
    // Programs for administrators are not in everybody's PATH.
    format!(
        "sh -c 'PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin; LC_ALL=C; \
         export PATH LC_ALL; if [ \"$(id -un)\" = {user} ]; then exec sh; fi; {start}; \
         echo \"there is neither sudo nor doas\" >&2; exit 1'"
    )
}

/// Says whether a name can stand in a command as it is.
fn is_user_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.bytes().all(is_plain) && name.bytes().next().is_some_and(|first| first != b'-')
}

/// Makes a word that stands nowhere else.
fn marker() -> Result<String, Problem> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| {
        let message = format!("this machine gives no random numbers: {error}");
        Problem::new(message, "see to it that /dev/urandom can be read")
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(nonce)))
}

fn prompt(marker: &str) -> String {
    format!("etcd-plan-asks-{marker}:")
}

fn ready(marker: &str) -> String {
    format!("etcd-plan-ready-{marker}")
}

fn contains(printed: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    printed.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::{is_user_name, with_password, without_password};

    #[test]
    fn commands_are_one_word_in_single_quotes() {
        for command in [without_password("root"), with_password("etcd", "0123")] {
            let inside = command
                .strip_prefix("sh -c '")
                .and_then(|rest| rest.strip_suffix('\''));
            let inside = inside.expect("a word in single quotes");
            assert!(!inside.contains(['\'', '\\', '!', '\n']), "{inside}");
        }
    }

    #[test]
    fn names_that_a_shell_would_read_are_none() {
        for name in ["root", "etcd", "a.b-c_1"] {
            assert!(is_user_name(name), "{name}");
        }
        for name in ["", "-u", "a b", "a;b", "$(id)", "a'b", "größe"] {
            assert!(!is_user_name(name), "{name}");
        }
    }
}
