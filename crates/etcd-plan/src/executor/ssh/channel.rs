use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use ssh2::BlockDirections;

use super::connect::Connection;
use super::link::{KEEP_ALIVE_COUNT, wait_for};
use super::problem::{millis, seconds};
use crate::executor::shell::Channel;

/// How much of stderr is kept, in bytes.
const WORDS_LIMIT: usize = 4096;

/// How long the last words, and the goodbye, may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// A command on a host, such as its shell: what it reads, prints and says.
///
/// The session does not block: we wait for the socket ourselves, with a deadline for all that is
/// expected, and notice a host that has gone. When this is dropped a shell ends before its next
/// operation.
pub(super) struct SshChannel {
    channel: ssh2::Channel,
    connection: Arc<Connection>,
    keep_alive: Duration,
    /// When something last came from the host.
    heard: Instant,
    /// When the host was last asked whether it is there.
    asked: Instant,
    words: VecDeque<u8>,
    /// Why the connection is gone, once it is.
    lost: Option<String>,
}

impl SshChannel {
    /// Starts a command.
    pub(super) fn start(
        connection: Arc<Connection>,
        command: &str,
        patience: Duration,
        keep_alive: Duration,
    ) -> Result<Self, ssh2::Error> {
        let session = &connection.session;
        session.set_blocking(true);
        session.set_timeout(millis(patience));
        let mut channel = session.channel_session()?;
        channel.exec(command)?;
        session.set_blocking(false);
        session.set_keepalive(
            true,
            u32::try_from(keep_alive.as_secs()).unwrap_or(u32::MAX),
        );
        let now = Instant::now();
        Ok(Self {
            channel,
            connection,
            keep_alive,
            heard: now,
            asked: now,
            words: VecDeque::new(),
            lost: None,
        })
    }

    /// Gives what was said on stderr until now, without what was dropped of it.
    pub(super) fn words(&self) -> String {
        let words: Vec<u8> = self.words.iter().copied().collect();
        String::from_utf8_lossy(&words).trim().to_owned()
    }

    /// Appends some bytes that came on stdout, or takes note of what was said on stderr; gives the
    /// number of bytes of both together, and 0 when the command has ended.
    pub(super) fn hear(&mut self, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        loop {
            let said = self.listen_to_stderr()?;
            let mut buffer = [0; 16 * 1024];
            let printed = match self.channel.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                outcome => Some(self.unless_lost(outcome)?),
            };
            let printed = printed.inspect(|count| into.extend_from_slice(&buffer[..*count]));
            match (printed, said) {
                (Some(printed), said) => return Ok(printed + said),
                (None, 1..) => return Ok(said),
                (None, 0) => self.wait(deadline)?,
            }
        }
    }

    /// Takes what was said on stderr, and gives the number of bytes.
    fn listen_to_stderr(&mut self) -> io::Result<usize> {
        let mut total = 0;
        loop {
            let mut buffer = [0; WORDS_LIMIT];
            let count = match self.channel.stderr().read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                outcome => self.unless_lost(outcome)?,
            };
            if count == 0 {
                return Ok(total);
            }
            total += count;
            self.words.extend(&buffer[..count]);
            let surplus = self.words.len().saturating_sub(WORDS_LIMIT);
            self.words.drain(..surplus);
        }
    }

    /// Waits until something comes, and asks a silent host now and then whether it is there.
    fn wait(&mut self, deadline: Instant) -> io::Result<()> {
        loop {
            let now = Instant::now();
            if now >= deadline {
                return Err(ErrorKind::TimedOut.into());
            }
            let silence = self.keep_alive * KEEP_ALIVE_COUNT;
            if now >= self.heard + silence && self.asked > self.heard {
                let why = format!("the host was not heard of for {}", seconds(silence));
                return Err(self.lose(why));
            }
            let ask_at = self.heard.max(self.asked) + self.keep_alive;
            if now >= ask_at {
                self.asked = now;
                // What cannot be sent is noticed by the silence that follows.
                let _ = self.connection.session.keepalive_send();
            }
            let next = deadline.min(self.heard.max(self.asked) + self.keep_alive);
            if self.wait_for_socket(next.saturating_duration_since(now))? {
                return Ok(());
            }
        }
    }

    /// Waits for the socket; says whether libssh2 has something to do.
    fn wait_for_socket(&mut self, time: Duration) -> io::Result<bool> {
        let mut flags = PollFlags::IN;
        let directions = self.connection.session.block_directions();
        if matches!(
            directions,
            BlockDirections::Outbound | BlockDirections::Both
        ) {
            flags |= PollFlags::OUT;
        }
        let [is_ready] = wait_for([(self.connection.link.as_fd(), flags)], time)?;
        if is_ready {
            self.heard = Instant::now();
        }
        Ok(is_ready)
    }

    fn unless_lost<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| self.lose(format!("the connection is lost: {error}")))
    }

    fn lose(&mut self, why: String) -> io::Error {
        self.lost.get_or_insert_with(|| why.clone());
        io::Error::other(why)
    }
}

impl Channel for SshChannel {
    fn send(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let mut rest = bytes;
        let mut moved = Instant::now();
        while !rest.is_empty() {
            match self.channel.write(rest) {
                Ok(count) => {
                    rest = &rest[count..];
                    moved = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if self.channel.eof() {
                        return Err(ErrorKind::BrokenPipe.into());
                    }
                    let left = (moved + patience).saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    self.wait_for_socket(left)?;
                }
                // A shell that has ended takes nothing more, but the connection is there.
                Err(_) if self.channel.eof() => return Err(ErrorKind::BrokenPipe.into()),
                outcome => {
                    self.unless_lost(outcome)?;
                }
            }
        }
        // The host may have been silent for long, since nobody asked it anything.
        self.heard = Instant::now();
        Ok(())
    }

    fn receive(&mut self, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        let before = into.len();
        loop {
            let count = self.hear(into, deadline)?;
            let printed = into.len() - before;
            if count == 0 || printed > 0 {
                return Ok(printed);
            }
        }
    }

    fn last_words(&mut self) -> String {
        if let Some(why) = &self.lost {
            return why.clone();
        }
        let deadline = Instant::now() + GOODBYE;
        while self
            .hear(&mut Vec::new(), deadline)
            .is_ok_and(|count| count > 0)
        {}
        self.words()
    }
}

impl Drop for SshChannel {
    fn drop(&mut self) {
        if self.lost.is_none() {
            let session = &self.connection.session;
            session.set_timeout(millis(GOODBYE));
            session.set_blocking(true);
            // Whether it is heard or not, this is the end.
            let _ = self.channel.close();
        }
    }
}
