use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use super::problem::{Problem, seconds};
use super::route::Hop;

/// How many keep-alives may stay without an answer, as `ServerAliveCountMax` has it.
pub(super) const KEEP_ALIVE_COUNT: u32 = 3;

/// What a session runs over.
#[derive(Debug)]
pub(super) enum Link {
    /// A connection to the host.
    Tcp(TcpStream),
    /// Our end of a pair of sockets, whose other end leads through a jump host.
    Pair(UnixStream),
}

impl Link {
    /// Connects to a host.
    pub(super) fn connect(hop: &Hop) -> Result<Self, Problem> {
        let addresses = resolve(hop)?;
        let deadline = Instant::now() + hop.connect_timeout;
        let mut last = None;
        for (nth, address) in addresses.iter().enumerate() {
            // Each gets a fair share of what is left.
            let left = deadline.saturating_duration_since(Instant::now());
            let others = u32::try_from(addresses.len() - nth).unwrap_or(u32::MAX);
            let share = (left / others).max(Duration::from_millis(1));
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    prepare(&stream, hop.keep_alive).map_err(|error| {
                        let hint = "see `ip address` and the limits of this machine";
                        Problem::new(format!("its connection cannot be set up: {error}"), hint)
                    })?;
                    return Ok(Self::Tcp(stream));
                }
                Err(error) => last = Some((address, error)),
            }
        }
        Err(match last {
            Some((address, error)) => not_connected(hop, *address, &error),
            None => not_resolved(hop, "there is no address of that name"),
        })
    }

    /// Gives another handle of the same.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Tcp(stream) => Self::Tcp(stream.try_clone()?),
            Self::Pair(stream) => Self::Pair(stream.try_clone()?),
        })
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Pair(stream) => stream.as_fd(),
        }
    }
}

impl AsRawFd for Link {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// Waits until one of these is ready, or for so long; says which are.
pub(super) fn wait_for<const N: usize>(
    fds: [(BorrowedFd<'_>, PollFlags); N],
    time: Duration,
) -> io::Result<[bool; N]> {
    let mut fds = fds.map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags));
    // A millisecond more, since a wait that ends just before its time would be repeated.
    let time = Timespec::try_from(time + Duration::from_millis(1)).unwrap_or(Timespec {
        tv_sec: i64::from(i32::MAX),
        tv_nsec: 0,
    });
    match poll(&mut fds, Some(&time)) {
        Ok(_) => Ok(fds.map(|fd| !fd.revents().is_empty())),
        Err(error) if error == rustix::io::Errno::INTR => Ok([false; N]),
        Err(error) => Err(error.into()),
    }
}

/// Looks a name up, in a thread: the system's resolver has no limit that we could set.
fn resolve(hop: &Hop) -> Result<Vec<SocketAddr>, Problem> {
    let (sender, receiver) = mpsc::channel();
    let (address, port) = (hop.address.clone(), hop.port);
    std::thread::spawn(move || {
        let found = (address.as_str(), port).to_socket_addrs();
        // Nobody may wait any more.
        let _ = sender.send(found.map(Iterator::collect::<Vec<_>>));
    });
    match receiver.recv_timeout(hop.connect_timeout) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(not_resolved(hop, &error.to_string())),
        Err(_) => {
            let why = format!("no answer within {}", seconds(hop.connect_timeout));
            Err(not_resolved(hop, &why))
        }
    }
}

/// Sends small packets at once, and notices a host that has gone even while nobody talks to it.
fn prepare(stream: &TcpStream, keep_alive: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, keep_alive)?;
    sockopt::set_tcp_keepintvl(stream, keep_alive)?;
    sockopt::set_tcp_keepcnt(stream, KEEP_ALIVE_COUNT)?;
    // What was sent and is not acknowledged would otherwise be repeated for a quarter of an hour.
    #[cfg(target_os = "linux")]
    {
        let limit = keep_alive.saturating_mul(KEEP_ALIVE_COUNT + 1).as_millis();
        sockopt::set_tcp_user_timeout(stream, u32::try_from(limit).unwrap_or(u32::MAX))?;
    }
    Ok(())
}

fn not_resolved(hop: &Hop, why: &str) -> Problem {
    Problem::new(
        format!("the name {} is not resolved: {why}", hop.address),
        "correct the name, or give the host an `ansible_host` with its address",
    )
}

fn not_connected(hop: &Hop, address: SocketAddr, error: &io::Error) -> Problem {
    match error.kind() {
        ErrorKind::ConnectionRefused => Problem::new(
            format!("{address} refuses connections"),
            "see that an SSH server runs there, and that `ansible_port` is its port",
        ),
        ErrorKind::TimedOut => Problem::new(
            format!(
                "{address} did not answer within {}",
                seconds(hop.connect_timeout)
            ),
            "see that the host is up, that its address is right, and that no firewall is between",
        ),
        _ => Problem::new(
            format!("{address} is not reached: {error}"),
            "see that this machine has a way to the host's network, or name a jump host with `-J`",
        ),
    }
}
