use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A way to a shell: bytes to its stdin, bytes from its stdout.
pub(crate) trait Channel: Send {
    /// Sends all bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] when the other side took nothing for as long as `patience`, where
    /// the way there can tell; others when it is gone.
    fn send(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()>;

    /// Appends some bytes that came, at least one, and gives their number; 0 means that the shell
    /// has ended.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] when nothing came before the deadline; others when the other side
    /// is gone.
    fn receive(&mut self, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize>;

    /// Gives the last that the shell itself said on stderr, once it has ended; empty for nothing.
    fn last_words(&mut self) -> String;
}

/// How much of stderr is kept, in bytes.
const WORDS_LIMIT: usize = 4096;

/// A shell that is a child of this process.
///
/// It is the head of a process group of its own: Ctrl-C in the terminal is for us alone. When it is
/// dropped the shell ends before its next operation.
#[derive(Debug)]
pub(crate) struct ShellProcess {
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    words: VecDeque<u8>,
}

impl ShellProcess {
    /// Starts a command that is, or leads to, a shell which reads its script from stdin.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child: Some(child),
            words: VecDeque::new(),
        })
    }

    /// Gives the process id of the shell, or of what leads to it.
    #[cfg(test)]
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Waits until something can be read, and says from where: stdout, stderr.
    fn wait(&self, deadline: Instant) -> io::Result<(bool, bool)> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap_or(Timespec {
            tv_sec: i64::from(i32::MAX),
            tv_nsec: 0,
        });
        let stdout = self.stdout.as_ref();
        let stderr = self.stderr.as_ref();
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(2);
        fds.extend(stdout.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(stderr.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) => return Err(ErrorKind::TimedOut.into()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let stdout_ready = stdout.is_some() && ready.next() == Some(true);
        let stderr_ready = stderr.is_some() && ready.next() == Some(true);
        Ok((stdout_ready, stderr_ready))
    }

    fn listen_to_stderr(&mut self) {
        let mut buffer = [0; WORDS_LIMIT];
        let read = self.stderr.as_mut().map(|pipe| pipe.read(&mut buffer));
        match read {
            Some(Ok(count @ 1..)) => {
                self.words.extend(&buffer[..count]);
                let surplus = self.words.len().saturating_sub(WORDS_LIMIT);
                self.words.drain(..surplus);
            }
            _ => self.stderr = None,
        }
    }
}

impl Channel for ShellProcess {
    fn send(&mut self, bytes: &[u8], _patience: Duration) -> io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        stdin.write_all(bytes)?;
        stdin.flush()
    }

    fn receive(&mut self, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let (stdout_ready, stderr_ready) = match self.wait(deadline) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                other => other?,
            };
            if stderr_ready {
                self.listen_to_stderr();
            }
            if let Some(stdout) = self.stdout.as_mut().filter(|_| stdout_ready) {
                match stdout.read(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => {
                        let count = read?;
                        into.extend_from_slice(&buffer[..count]);
                        return Ok(count);
                    }
                }
            }
        }
    }

    fn last_words(&mut self) -> String {
        self.stdin = None;
        self.stdout = None;
        let deadline = Instant::now() + Duration::from_millis(200);
        while self.stderr.is_some() && self.wait(deadline).is_ok() {
            self.listen_to_stderr();
        }
        let words: Vec<u8> = self.words.iter().copied().collect();
        String::from_utf8_lossy(&words).trim().to_owned()
    }
}

impl Drop for ShellProcess {
    fn drop(&mut self) {
        self.stdin = None;
        self.stdout = None;
        self.stderr = None;
        let Some(mut child) = self.child.take() else {
            return;
        };
        // As a rule it ends at once. One that is in the middle of an operation is left to finish
        // that: a package manager that is killed leaves a mess.
        for _ in 0..100 {
            match child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        std::thread::spawn(move || child.wait());
    }
}
