use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::PollFlags;
use ssh2::{BlockDirections, Channel};

use super::connect::Connection;
use super::link::{Link, wait_for};
use super::problem::{Failure, Problem, millis, seconds};
use super::route::Hop;

/// How long nothing may happen before we look again whether anybody is still there.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// Opens a way through a host that we are logged in to, to the next.
///
/// libssh2 wants a socket of its own for each session, so there is a pair of them, and a thread that
/// moves bytes between the far end and the channel of the jump host. It ends, and the jump host's
/// session with it, when either side has nothing more to say.
pub(super) fn through(
    connection: Connection,
    jump_host: &Hop,
    next: &Hop,
) -> Result<Link, Problem> {
    let session = &connection.session;
    session.set_timeout(millis(next.connect_timeout));
    let channel = session
        .channel_direct_tcpip(&next.address, next.port, None)
        .map_err(|error| not_opened(jump_host, next, &error))?;
    let no_pair = |error: io::Error| {
        let message = format!(
            "there are no sockets for the way through {}: {error}",
            jump_host.name
        );
        Problem::new(message, "see the limit of open files (`ulimit -n`)")
    };
    let (near, far) = UnixStream::pair().map_err(no_pair)?;
    far.set_nonblocking(true).map_err(no_pair)?;
    session.set_blocking(false);
    let name = jump_host.name.clone();
    std::thread::spawn(move || {
        if let Err(error) = relay(&connection, channel, &far) {
            tracing::debug!(host = %name, "the way through ended: {error}");
        }
    });
    Ok(Link::Pair(near))
}

/// Moves bytes both ways until one side ends.
fn relay(connection: &Connection, mut channel: Channel, pair: &UnixStream) -> io::Result<()> {
    let mut inbound = Pipe::default();
    let mut outbound = Pipe::default();
    loop {
        let moved = inbound.fill(&mut channel)?
            | inbound.drain(&mut &*pair)?
            | outbound.fill(&mut &*pair)?
            | outbound.drain(&mut channel)?;
        if (inbound.has_ended && inbound.is_empty()) || (outbound.has_ended && outbound.is_empty())
        {
            break;
        }
        if moved {
            continue;
        }
        let mut of_link = PollFlags::IN;
        let directions = connection.session.block_directions();
        if matches!(
            directions,
            BlockDirections::Outbound | BlockDirections::Both
        ) {
            of_link |= PollFlags::OUT;
        }
        let mut of_pair = PollFlags::empty();
        of_pair.set(PollFlags::IN, outbound.is_empty());
        of_pair.set(PollFlags::OUT, !inbound.is_empty());
        let of_link = (connection.link.as_fd(), of_link);
        if of_pair.is_empty() {
            // A pair whose other end is gone would wake us all the time.
            wait_for([of_link], PAUSE)?;
        } else {
            wait_for([of_link, (pair.as_fd(), of_pair)], PAUSE)?;
        }
    }
    connection.session.set_timeout(millis(GOODBYE));
    connection.session.set_blocking(true);
    // Whether it is heard or not, this is the end.
    let _ = channel.close();
    let _ = connection.session.disconnect(None, "done", None);
    Ok(())
}

/// Bytes on their way in one direction.
struct Pipe {
    buffer: Box<[u8]>,
    begin: usize,
    end: usize,
    has_ended: bool,
}

impl Default for Pipe {
    fn default() -> Self {
        Self {
            buffer: vec![0; 64 * 1024].into(),
            begin: 0,
            end: 0,
            has_ended: false,
        }
    }
}

impl Pipe {
    fn is_empty(&self) -> bool {
        self.begin == self.end
    }

    /// Reads when there is room; says whether anything came.
    fn fill(&mut self, from: &mut impl Read) -> io::Result<bool> {
        if self.has_ended || !self.is_empty() {
            return Ok(false);
        }
        let Some(count) = unless_busy(from.read(&mut self.buffer))? else {
            return Ok(false);
        };
        (self.begin, self.end) = (0, count);
        self.has_ended = count == 0;
        Ok(true)
    }

    /// Writes what is there; says whether any of it went.
    fn drain(&mut self, to: &mut impl Write) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(false);
        }
        let count = unless_busy(to.write(&self.buffer[self.begin..self.end]))?.unwrap_or(0);
        self.begin += count;
        Ok(count > 0)
    }
}

fn unless_busy(outcome: io::Result<usize>) -> io::Result<Option<usize>> {
    match outcome {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            Ok(None)
        }
        outcome => outcome.map(Some),
    }
}

fn not_opened(jump_host: &Hop, next: &Hop, error: &ssh2::Error) -> Problem {
    let way = format!(
        "{} opens no way to {}:{}",
        jump_host.name, next.address, next.port
    );
    match Failure::of(error) {
        Failure::TimedOut => Problem::new(
            format!("{way}: no answer within {}", seconds(next.connect_timeout)),
            format!(
                "log in to {} and see whether it reaches the host",
                jump_host.name
            ),
        ),
        _ => Problem::new(
            format!("{way}: {error}"),
            format!(
                "log in to {} and see whether it reaches the host, and that its SSH server allows \
                 `AllowTcpForwarding`",
                jump_host.name
            ),
        ),
    }
}
