use std::io::ErrorKind;
use std::time::{Duration, Instant};

use etcd_plan_core::names::HostName;
use etcd_plan_core::op::{Batch, OpResult, ReadOp};
use etcd_plan_core::report::Traffic;

use super::channel::Channel;
use super::frame::last_lines;
use super::protocol::Protocol;
use super::settings::Settings;
use crate::executor::{ConnectError, Session, SessionError, Transfer};
use crate::permit::Permit;

/// How long a shell that has ended is listened to.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long a shell can take to greet.
const GREETING_BUDGET: Duration = Duration::from_secs(30);

/// After how many bytes of a large file it is noted how far it has come.
const PIECE: usize = 64 * 1024;

/// A session with one shell that is kept: a batch is one script that is sent, and one answer.
#[derive(Debug)]
pub(crate) struct ShellSession<C> {
    host: HostName,
    protocol: Protocol,
    channel: C,
    traffic: Traffic,
    transfer: Transfer,
    /// Lines for the journal that have not gone yet.
    notes: Vec<String>,
    /// Why the session is over, once it is.
    over: Option<String>,
    /// Whether the shell has greeted, and operations can run.
    has_greeted: bool,
    /// Whether it is over because the shell ended, or what was to lead to it.
    shell_ended: bool,
}

/// Says why a session did not begin.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) error: ConnectError,
    /// Whether the shell ended, as it does when `sudo` refuses to start it.
    #[cfg_attr(
        not(feature = "ssh"),
        expect(dead_code, reason = "only over SSH there is another way")
    )]
    pub(crate) shell_ended: bool,
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
        Self::begin(host, settings, channel).map_err(|refusal| refusal.error)
    }

    /// Begins a session like [`ShellSession::open`], for whoever has another way when the shell
    /// does not even start.
    ///
    /// # Errors
    ///
    /// As `open`, with whether the shell ended.
    pub(crate) fn begin(host: HostName, settings: Settings, channel: C) -> Result<Self, Refusal> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| Refusal {
            error: ConnectError {
                host: host.clone(),
                message: format!("this machine gives no random numbers: {error}"),
                hint: "see to it that /dev/urandom can be read".to_owned(),
            },
            shell_ended: false,
        })?;
        let protocol = Protocol::new(settings, nonce);
        let mut session = Self {
            host,
            protocol,
            channel,
            traffic: Traffic::default(),
            transfer: Transfer::default(),
            notes: Vec::new(),
            over: None,
            has_greeted: false,
            shell_ended: false,
        };
        match session.greet() {
            Ok(()) => Ok(session),
            Err(error) => Err(Refusal {
                error,
                shell_ended: session.shell_ended,
            }),
        }
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
        let results = self.carry_out(batch, self.protocol.budget(batch))?;
        tracing::debug!(
            host = %self.host,
            operations = batch.len(),
            elapsed_us = begun.elapsed().as_micros(),
            "batch",
        );
        Ok(results)
    }

    fn carry_out(
        &mut self,
        batch: &Batch,
        budget: Duration,
    ) -> Result<Vec<OpResult>, SessionError> {
        let script = self.protocol.script(batch, &self.notes);
        self.notes.clear();
        let output = self.exchange(script.as_bytes(), batch, budget)?;
        let results = self.protocol.results(batch, &output);
        results.map_err(|error| self.end(error.to_string()))
    }

    /// Lets a test set a variable of the shell.
    #[cfg(test)]
    pub(crate) fn set(&mut self, assignment: &str) {
        let line = format!("{assignment}\n");
        let sent = self.channel.send(line.as_bytes(), GREETING_BUDGET);
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
            .exchange(prelude.as_bytes(), &Batch::default(), GREETING_BUDGET)
            .and_then(|output| {
                let greeting = self.protocol.greeting(&output);
                greeting.map_err(|error| self.end(error.to_string()))
            })
            .map_err(|error| {
                let hint = "run `sh` there by hand, as the same user, and see that it takes commands; \
                    where `sudo` is used it must not ask for a password";
                refused(&error.host, error.message, hint)
            })?;
        self.has_greeted = true;
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

    /// Sends a text, and what the shell asks for, and receives until the end of a batch.
    fn exchange(
        &mut self,
        text: &[u8],
        batch: &Batch,
        budget: Duration,
    ) -> Result<Vec<u8>, SessionError> {
        if let Some(message) = &self.over {
            return Err(SessionError {
                host: self.host.clone(),
                message: message.clone(),
            });
        }
        let mut alive = self.send(text)?;
        let mut deadline = Instant::now() + budget;
        let end = self.protocol.end_of_batch();
        let mut output = Vec::new();
        let mut read = 0;
        while alive && !output.ends_with(&end) {
            if let Some(bytes) = self.protocol.next_taken(batch, &output, &mut read) {
                let begun = Instant::now();
                alive = self.send_large(bytes)?;
                // The budget is for what the host does; how long sending takes is the wire's affair.
                deadline += begun.elapsed();
                continue;
            }
            match self.channel.receive(&mut output, deadline) {
                Ok(count) => {
                    self.traffic.received += count as u64;
                    alive = count > 0;
                }
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    let message = format!("it gave no answer for {} s", budget.as_secs_f32());
                    return Err(self.end(message));
                }
                Err(error) => return Err(self.end(error.to_string())),
            }
        }
        if alive {
            return Ok(output);
        }
        self.shell_ended = true;
        // It can end before it has taken what it was sent: then nothing was received yet.
        let last_moment = Instant::now() + LAST_WORDS;
        while !self.has_greeted
            && self
                .channel
                .receive(&mut output, last_moment)
                .is_ok_and(|count| count > 0)
        {}
        let mut words = last_lines(&self.channel.last_words());
        if words.is_empty() && !self.has_greeted {
            // Such as nologin(8), which says on stdout why there is no shell. What operations have
            // printed is not shown: it can be anything.
            words = last_lines(&String::from_utf8_lossy(&output));
        }
        let message = match words.as_str() {
            "" => "the shell ended and said nothing".to_owned(),
            words => format!("the shell said: {words}"),
        };
        Err(self.end(message))
    }

    /// Sends bytes; says whether there is still a shell that takes them.
    fn send(&mut self, bytes: &[u8]) -> Result<bool, SessionError> {
        let patience = self.protocol.patience();
        match self.channel.send(bytes, patience) {
            Ok(()) => {
                self.traffic.sent += bytes.len() as u64;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                let message = format!("it took no input for {} s", patience.as_secs_f32());
                Err(self.end(message))
            }
            // A shell that has ended cannot be written to; its last words say more than that.
            Err(_) => Ok(false),
        }
    }

    /// Sends a large file, and notes how far it has come; says whether there is still a shell.
    fn send_large(&mut self, bytes: &[u8]) -> Result<bool, SessionError> {
        self.transfer.begin(bytes.len() as u64);
        let mut outcome = Ok(true);
        for piece in bytes.chunks(PIECE) {
            outcome = self.send(piece);
            if !matches!(outcome, Ok(true)) {
                break;
            }
            self.transfer.advance(piece.len() as u64);
        }
        self.transfer.end();
        outcome
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

    fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    fn renew(&mut self) -> Result<(), SessionError> {
        let patience = self.protocol.patience();
        self.carry_out(&Batch::default(), patience).map(|_| ())
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }

    fn transfer(&self) -> Option<Transfer> {
        Some(self.transfer.clone())
    }
}
