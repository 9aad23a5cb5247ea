use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use etcd_plan_core::secret::Secret;

/// A secret that is needed to reach a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// The passphrase of a private key.
    Passphrase {
        /// The file with the key.
        file: PathBuf,
    },
    /// The password with which a user logs in, where no key was accepted.
    Password {
        /// The user.
        user: String,
        /// The host, as the inventory or `ProxyJump` names it.
        host: String,
    },
    /// The password with which `sudo` lets a user become another.
    BecomePassword {
        /// The user, whose password it is.
        user: String,
        /// The host, as the inventory names it.
        host: String,
    },
}

/// Answers questions for secrets: asks a person, or looks them up.
///
/// Workers of several hosts ask, one at a time, and each question is asked once: the answer is kept
/// in memory for as long as the executor lives. No answer means that the secret is not to be had.
pub trait Secrets: Send + Sync {
    /// Answers a question, or not.
    fn answer(&self, question: &Question) -> Option<Secret>;
}

impl<F: Fn(&Question) -> Option<Secret> + Send + Sync> Secrets for F {
    fn answer(&self, question: &Question) -> Option<Secret> {
        self(question)
    }
}

/// Takes secrets from environment variables; what an executor does that was told nothing else.
///
/// | variable | what it holds |
/// | --- | --- |
/// | `ETCD_PLAN_SSH_PASSPHRASE` | the passphrase of private keys |
/// | `ETCD_PLAN_SSH_PASSWORD` | the password to log in with |
/// | `ETCD_PLAN_BECOME_PASSWORD` | the password for `sudo` |
///
/// Each holds for all keys and hosts. An empty variable counts as not set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment;

impl Secrets for Environment {
    fn answer(&self, question: &Question) -> Option<Secret> {
        let value = std::env::var_os(Self::variable(question))?;
        Some(value)
            .filter(|value| !value.is_empty())
            .map(OsString::into_vec)
            .map(Secret::new)
    }
}

impl Environment {
    /// Gives the name of the variable that answers a question.
    pub fn variable(question: &Question) -> &'static str {
        match question {
            Question::Passphrase { .. } => "ETCD_PLAN_SSH_PASSPHRASE",
            Question::Password { .. } => "ETCD_PLAN_SSH_PASSWORD",
            Question::BecomePassword { .. } => "ETCD_PLAN_BECOME_PASSWORD",
        }
    }
}

/// Asks each question once, and one at a time.
pub(super) struct Answers {
    secrets: Box<dyn Secrets>,
    known: Mutex<BTreeMap<Question, Option<Secret>>>,
}

impl Answers {
    pub(super) fn from(secrets: impl Secrets + 'static) -> Self {
        Self {
            secrets: Box::new(secrets),
            known: Mutex::default(),
        }
    }

    /// Gives the answer to a question.
    pub(super) fn get(&self, question: &Question) -> Option<Secret> {
        // Held while somebody is asked: two questions at a time could not be told apart.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known.get(question) {
            return answer.clone();
        }
        let answer = self.secrets.answer(question);
        known.insert(question.clone(), answer.clone());
        answer
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use etcd_plan_core::secret::Secret;

    use super::{Answers, Question};

    #[test]
    fn a_question_is_asked_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answers = Answers::from(move |question: &Question| {
            count.fetch_add(1, Ordering::Relaxed);
            matches!(question, Question::Passphrase { .. }).then(|| Secret::new(*b"open"))
        });
        let passphrase = Question::Passphrase {
            file: "/root/.ssh/id_rsa".into(),
        };
        let password = Question::Password {
            user: "root".to_owned(),
            host: "10.10.10.10".to_owned(),
        };
        for _ in 0..2 {
            assert_eq!(answers.get(&passphrase), Some(Secret::new(*b"open")));
            assert_eq!(answers.get(&password), None);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
