use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use etcd_plan_core::secret::Secret;
use ssh2::{KeyboardInteractivePrompt, Prompt, Session};

use super::host_key::Trust;
use super::identity::KeyFile;
use super::problem::{Failure, Problem, seconds};
use super::route::Hop;
use super::secrets::{Answers, Environment, Question};

/// How many keys are shown to a server, which closes the connection after 6 failed attempts
/// (`MaxAuthTries` of sshd_config(5)); a password needs one, too.
const IDENTITIES_LIMIT: usize = 5;

/// The files in `~/.ssh` that are tried last.
const DEFAULT_IDENTITIES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// Logs in: with the keys that are configured, those of the agent, the default ones, and then with
/// a password.
pub(super) fn log_in(
    session: &Session,
    hop: &Hop,
    answers: &Answers,
    trust: Trust,
) -> Result<(), Problem> {
    let methods = match session.auth_methods(&hop.user) {
        Ok(methods) => methods.to_owned(),
        Err(_) if session.authenticated() => return Ok(()),
        Err(error) => return Err(broken_off(hop, &error)),
    };
    let offers = |method: &str| methods.split(',').any(|offered| offered == method);
    let agent = Agent {
        session,
        opened: OnceCell::new(),
    };
    let mut attempt = Attempt {
        session,
        hop,
        answers,
        agent: &agent,
        shown: Vec::new(),
        tried: Vec::new(),
    };
    if offers("publickey") && attempt.keys()? {
        return Ok(());
    }
    let with_password = offers("password");
    if with_password || offers("keyboard-interactive") {
        if trust == Trust::Doubtful {
            let why = "no password, since its host key has changed";
            attempt.tried.push(why.to_owned());
        } else if attempt.password(with_password)? {
            return Ok(());
        }
    }
    Err(refused(hop, &methods, &attempt.tried))
}

/// One attempt to log in.
struct Attempt<'a> {
    session: &'a Session,
    hop: &'a Hop,
    answers: &'a Answers,
    agent: &'a Agent<'a>,
    /// The public keys that were shown, as far as they are known.
    shown: Vec<Vec<u8>>,
    /// What was tried, and why that was not enough.
    tried: Vec<String>,
}

impl<'a> Attempt<'a> {
    /// Tries keys; says whether one was accepted.
    fn keys(&mut self) -> Result<bool, Problem> {
        for path in &self.hop.identity_files {
            if self.key_file(path, true)? {
                return Ok(true);
            }
        }
        if self.hop.identities_only {
            return Ok(false);
        }
        for key in self.agent.keys() {
            if self.agent_key(key)? {
                return Ok(true);
            }
        }
        for path in default_identities() {
            if !self.hop.identity_files.contains(&path) && self.key_file(&path, false)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn key_file(&mut self, path: &Path, is_configured: bool) -> Result<bool, Problem> {
        let name = path.display();
        let key = match KeyFile::read(path) {
            Ok(key) => key,
            Err(why) => {
                // Of the default files most are missing most of the time.
                if is_configured || path.exists() {
                    self.tried.push(format!("{name} ({why})"));
                }
                return Ok(false);
            }
        };
        let with_agent = self.agent_key_like(&key);
        let Some(private) = key.private.filter(|_| with_agent.is_none()) else {
            let Some(key) = with_agent else {
                self.tried
                    .push(format!("{name} (a public key that no agent has)"));
                return Ok(false);
            };
            return self.agent_key(key);
        };
        if self.is_enough(key.public.as_deref()) {
            return Ok(false);
        }
        let passphrase = if key.is_encrypted {
            let question = Question::Passphrase {
                file: path.to_owned(),
            };
            self.answers.get(&question)
        } else {
            // Not none: libssh2 hands it to OpenSSL as it is.
            Some(Secret::new(Vec::new()))
        };
        let Some(passphrase) = passphrase else {
            self.tried.push(format!("{name} (needs a passphrase)"));
            return Ok(false);
        };
        let Ok(passphrase) = str::from_utf8(passphrase.expose()) else {
            self.tried
                .push(format!("{name} (its passphrase is not UTF-8)"));
            return Ok(false);
        };
        let outcome =
            self.session
                .userauth_pubkey_memory(&self.hop.user, None, &private, Some(passphrase));
        self.shown.extend(key.public);
        self.judge(
            outcome,
            || {
                let why = if key.is_encrypted {
                    "cannot be opened: wrong passphrase?"
                } else {
                    "cannot be used"
                };
                format!("{name} ({why})")
            },
            || name.to_string(),
        )
    }

    /// Gives the agent's key that saves us from asking for a passphrase, or is all that there is.
    fn agent_key_like(&self, key: &KeyFile) -> Option<&'a ssh2::PublicKey> {
        if key.private.is_some() && !key.is_encrypted {
            return None;
        }
        let public = key.public.as_deref()?;
        self.agent.keys().iter().find(|key| key.blob() == public)
    }

    fn agent_key(&mut self, key: &ssh2::PublicKey) -> Result<bool, Problem> {
        if self.is_enough(Some(key.blob())) {
            return Ok(false);
        }
        self.shown.push(key.blob().to_vec());
        let name = format!("{} of the agent", key.comment());
        let outcome = self.agent.userauth(&self.hop.user, key);
        self.judge(
            outcome,
            || format!("{name} (the agent did not sign)"),
            || name.clone(),
        )
    }

    /// Says whether a key must not be shown: it was before, or it would be one too many.
    fn is_enough(&self, public: Option<&[u8]>) -> bool {
        let was_shown = public.is_some_and(|public| self.shown.iter().any(|key| key == public));
        was_shown || self.shown.len() >= IDENTITIES_LIMIT
    }

    /// Tries the password; says whether it was accepted.
    fn password(&mut self, plain: bool) -> Result<bool, Problem> {
        let question = Question::Password {
            user: self.hop.user.clone(),
            host: self.hop.name.clone(),
        };
        let Some(password) = self.answers.get(&question) else {
            let variable = Environment::variable(&question);
            self.tried
                .push(format!("no password, since none is given ({variable})"));
            return Ok(false);
        };
        let Ok(password) = str::from_utf8(password.expose()) else {
            self.tried
                .push("the password, which is not UTF-8".to_owned());
            return Ok(false);
        };
        let user = &self.hop.user;
        let outcome = if plain {
            self.session.userauth_password(user, password)
        } else {
            let mut typist = Typist { password };
            self.session
                .userauth_keyboard_interactive(user, &mut typist)
        };
        let name = || "the password".to_owned();
        self.judge(outcome, name, name)
    }

    /// Takes note of how an attempt went; says whether we are in.
    fn judge(
        &mut self,
        outcome: Result<(), ssh2::Error>,
        unusable: impl FnOnce() -> String,
        refused: impl FnOnce() -> String,
    ) -> Result<bool, Problem> {
        let Err(error) = outcome else {
            if self.session.authenticated() {
                return Ok(true);
            }
            self.tried
                .push(format!("{} (accepted, but more is asked for)", refused()));
            return Ok(false);
        };
        match Failure::of(&error) {
            Failure::TimedOut | Failure::Lost => Err(broken_off(self.hop, &error)),
            Failure::Refused => {
                self.tried.push(refused());
                Ok(false)
            }
            Failure::Other => {
                tracing::debug!(host = %self.hop.name, "login: {error}");
                self.tried.push(unusable());
                Ok(false)
            }
        }
    }
}

/// The agent that `SSH_AUTH_SOCK` names, which is looked for when it is needed.
struct Agent<'a> {
    session: &'a Session,
    opened: OnceCell<Option<(ssh2::Agent, Vec<ssh2::PublicKey>)>>,
}

impl Agent<'_> {
    /// Lists its keys; a missing agent has none.
    fn keys(&self) -> &[ssh2::PublicKey] {
        let opened = self.opened.get_or_init(|| self.open().ok());
        opened.as_ref().map_or(&[], |(_, keys)| keys)
    }

    fn userauth(&self, user: &str, key: &ssh2::PublicKey) -> Result<(), ssh2::Error> {
        match self.opened.get() {
            Some(Some((agent, _))) => agent.userauth(user, key),
            _ => Err(ssh2::Error::unknown()),
        }
    }

    fn open(&self) -> Result<(ssh2::Agent, Vec<ssh2::PublicKey>), ssh2::Error> {
        let mut agent = self.session.agent()?;
        agent.connect()?;
        agent.list_identities()?;
        let keys = agent.identities()?;
        Ok((agent, keys))
    }
}

/// Answers prompts that do not show what is typed with the password, others with nothing.
struct Typist<'a> {
    password: &'a str,
}

impl KeyboardInteractivePrompt for Typist<'_> {
    fn prompt(&mut self, _: &str, _: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let answer = |prompt: &Prompt<'_>| {
            let answer = if prompt.echo { "" } else { self.password };
            answer.to_owned()
        };
        prompts.iter().map(answer).collect()
    }
}

fn default_identities() -> Vec<PathBuf> {
    let home = std::env::home_dir();
    home.into_iter()
        .flat_map(|home| DEFAULT_IDENTITIES.map(|name| home.join(".ssh").join(name)))
        .collect()
}

fn broken_off(hop: &Hop, error: &ssh2::Error) -> Problem {
    match Failure::of(error) {
        Failure::TimedOut => Problem::new(
            format!(
                "it did not answer a login as {} within {}",
                hop.user,
                seconds(hop.connect_timeout)
            ),
            "see what keeps the host busy, or set a longer connect timeout",
        ),
        _ => Problem::new(
            format!(
                "it closed the connection during the login as {}: {error}",
                hop.user
            ),
            "see the log of its SSH server; it may allow fewer attempts than were made \
             (`MaxAuthTries`): then name the right key with `ansible_ssh_private_key_file`",
        ),
    }
}

fn refused(hop: &Hop, methods: &str, tried: &[String]) -> Problem {
    let tried = match tried {
        [] => "there was nothing to try".to_owned(),
        tried => format!("tried {}", tried.join(", ")),
    };
    Problem::new(
        format!(
            "it does not let {} in: {tried}; it takes {methods}",
            hop.user
        ),
        format!(
            "see that `ssh -p {} {}@{}` works, and name the user and the key that it takes with \
             `ansible_user` and `ansible_ssh_private_key_file`",
            hop.port, hop.user, hop.address
        ),
    )
}
