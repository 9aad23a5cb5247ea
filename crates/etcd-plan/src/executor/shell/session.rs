use std::io::ErrorKind;
use std::time::{Duration, Instant};

use etcd_plan_core::names::HostName;
use etcd_plan_core::op::{Batch, OpResult, ReadOp};

use super::channel::Channel;
use super::frame::last_lines;
use super::protocol::Protocol;
use super::settings::Settings;
use crate::executor::{ConnectError, Session, SessionError};
use crate::permit::Permit;

/// How long a shell can take to greet.
const GREETING_BUDGET: Duration = Duration::from_secs(30);

/// A session with one shell that is kept: a batch is one script that is sent, and one answer.
#[derive(Debug)]
pub(crate) struct ShellSession<C> {
    host: HostName,
    protocol: Protocol,
    channel: C,
    /// Why the session is over, once it is.
    over: Option<String>,
}

impl<C: Channel> ShellSession<C> {
    /// Begins a session: sends the prelude and waits for the greeting.
    ///
    /// # Errors
    ///
    /// When the shell does not greet, or the host lacks a program that operations need.
    pub(crate) fn open(
        host: HostName,
        settings: Settings,
        channel: C,
    ) -> Result<Self, ConnectError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| ConnectError {
            host: host.clone(),
            message: format!("this machine gives no random numbers: {error}"),
            hint: "see to it that /dev/urandom can be read".to_owned(),
        })?;
        let protocol = Protocol::new(settings, nonce);
        let mut session = Self {
            host,
            protocol,
            channel,
            over: None,
        };
        session.greet()?;
        Ok(session)
    }

    /// Carries out a batch.
    ///
    /// # Errors
    ///
    /// When the session ended before all operations were answered, or ended before.
    pub(crate) fn run(&mut self, batch: &Batch) -> Result<Vec<OpResult>, SessionError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let begun = Instant::now();
        let script = self.protocol.script(batch);
        let output = self.exchange(script.as_bytes(), Protocol::budget(batch));
        let results = output.and_then(|output| {
            let results = self.protocol.results(batch, &output);
            results.map_err(|error| self.end(error.to_string()))
        })?;
        tracing::debug!(
            host = %self.host,
            operations = batch.len(),
            elapsed_us = begun.elapsed().as_micros(),
            "batch",
        );
        Ok(results)
    }

    /// Lets a test set a variable of the shell.
    #[cfg(test)]
    pub(crate) fn set(&mut self, assignment: &str) {
        let sent = self.channel.send(format!("{assignment}\n").as_bytes());
        sent.expect("a shell that reads");
    }

    fn greet(&mut self) -> Result<(), ConnectError> {
        let refused = |host: &HostName, message: String, hint: &str| ConnectError {
            host: host.clone(),
            message,
            hint: hint.to_owned(),
        };
        let prelude = self.protocol.prelude().map_err(|error| {
            let message = format!("PATH or the folder of the sandbox {error}");
            refused(&self.host, message, "use names without zero bytes")
        })?;
        let greeting = self
            .exchange(prelude.as_bytes(), GREETING_BUDGET)
            .and_then(|output| {
                let greeting = self.protocol.greeting(&output);
                greeting.map_err(|error| self.end(error.to_string()))
            })
            .map_err(|error| {
                let hint = "run `sh` there by hand, as the same user, and see that it takes commands; \
                    where `sudo` is used it must not ask for a password";
                refused(&error.host, error.message, hint)
            })?;
        if greeting.missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "these programs are missing: {}",
            greeting.missing.join(", ")
        );
        let hint = "install coreutils and grep, or busybox, and use dash, bash or busybox as sh";
        Err(refused(&self.host, message, hint))
    }

    /// Sends a text and receives until the end of a batch.
    fn exchange(&mut self, text: &[u8], budget: Duration) -> Result<Vec<u8>, SessionError> {
        if let Some(message) = &self.over {
            return Err(SessionError {
                host: self.host.clone(),
                message: message.clone(),
            });
        }
        let deadline = Instant::now() + budget;
        let end = self.protocol.end_of_batch();
        let mut output = Vec::new();
        // A shell that has ended cannot be written to; its last words say more than that.
        let mut alive = self.channel.send(text).is_ok();
        while alive && !output.ends_with(&end) {
            match self.channel.receive(&mut output, deadline) {
                Ok(count) => alive = count > 0,
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    let message = format!("it gave no answer for {} s", budget.as_secs());
                    return Err(self.end(message));
                }
                Err(error) => return Err(self.end(error.to_string())),
            }
        }
        if alive {
            return Ok(output);
        }
        let words = last_lines(&self.channel.last_words());
        let message = match words.as_str() {
            "" => "the shell ended and said nothing".to_owned(),
            words => format!("the shell said: {words}"),
        };
        Err(self.end(message))
    }

    /// Marks the session as over, for good: what its shell would answer now is anybody's guess.
    fn end(&mut self, message: String) -> SessionError {
        self.over = Some(message.clone());
        SessionError {
            host: self.host.clone(),
            message,
        }
    }
}

impl<C: Channel> Session for ShellSession<C> {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        self.run(&Batch::of_reads(questions.iter().cloned()))
    }

    fn write(&mut self, batch: &Batch, _permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        self.run(batch)
    }
}
