//! Questions to a person on a terminal.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::exit::Failure;
use crate::interrupt::Interrupt;

/// How long an answer is waited for before it is seen whether somebody has interrupted.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Says whether there is somebody to ask.
pub(crate) fn is_possible() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks, and gives the answer without the white space around it; an end of input is an empty one.
pub(crate) fn ask(question: &str, interrupt: &Interrupt) -> Result<String, Failure> {
    let _ = write!(stderr(), "{question}");
    let _ = stderr().flush();
    let stdin = stdin();
    loop {
        if interrupt.is_set() {
            let _ = writeln!(stderr());
            return Err(Failure::interrupted());
        }
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        // An error is a signal, which the flag tells of.
        if poll(&mut fds, Some(&PATIENCE)).is_ok_and(|ready| ready > 0) {
            break;
        }
    }
    let mut answer = String::new();
    let _ = stdin.read_line(&mut answer);
    Ok(answer.trim().to_owned())
}
