//! Distance on one machine: a TCP proxy through which everything takes a while.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A TCP proxy that passes bytes on after a delay, and counts them.
///
/// It stands in for `tc netem`, which not every kernel has: the delay is that of the way, not of a
/// narrow pipe, so that bytes which are sent together arrive together. Opening a connection takes
/// the three ways that TCP needs. It listens on 127.0.0.1, at a port of its own, until it is dropped.
#[derive(Debug)]
pub struct DelayProxy {
    address: SocketAddr,
    counters: Arc<Counters>,
    is_over: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

/// What went through a [`DelayProxy`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProxyTraffic {
    /// Connections that were opened.
    pub connections: u64,
    /// Bytes to the target.
    pub sent: u64,
    /// Bytes from the target.
    pub received: u64,
    /// How often the direction changed back to that of the client: what it sent after it had heard
    /// something, and so a good guess at its round trips.
    pub turns: u64,
}

#[derive(Debug, Default)]
struct Counters {
    connections: AtomicU64,
    bytes: [AtomicU64; 2],
    turns: AtomicU64,
}

/// One of the two ways through a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    To = 0,
    From = 1,
}

impl DelayProxy {
    /// Starts a proxy to an address, with a delay for each of the two ways.
    ///
    /// # Errors
    ///
    /// When it finds no port to listen on.
    pub fn start(target: SocketAddr, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let counters = Arc::new(Counters::default());
        let is_over = Arc::new(AtomicBool::new(false));
        let acceptor = {
            let (counters, is_over) = (Arc::clone(&counters), Arc::clone(&is_over));
            thread::spawn(move || {
                for client in listener.incoming().map_while(Result::ok) {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    counters.connections.fetch_add(1, Ordering::Relaxed);
                    let counters = Arc::clone(&counters);
                    // A target that is not there closes the client's connection.
                    thread::spawn(move || carry(&client, target, delay, &counters));
                }
            })
        };
        Ok(Self {
            address,
            counters,
            is_over,
            acceptor: Some(acceptor),
        })
    }

    /// Gives the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says what went through until now.
    pub fn traffic(&self) -> ProxyTraffic {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [sent, received] = &self.counters.bytes;
        ProxyTraffic {
            connections: count(&self.counters.connections),
            sent: count(sent),
            received: count(received),
            turns: count(&self.counters.turns),
        }
    }
}

impl Drop for DelayProxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the acceptor; connections that are open go on until their ends close them.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

/// Carries one connection until both ends have closed it.
fn carry(client: &TcpStream, target: SocketAddr, delay: Duration, counters: &Counters) {
    // A client may send once it was answered, and its first bytes arrive one way later.
    thread::sleep(delay * 3);
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    let last = AtomicU8::new(Way::From as u8);
    thread::scope(|scope| {
        for (from, to, way) in [(client, &server, Way::To), (&server, client, Way::From)] {
            let _ = from.set_nodelay(true);
            let (sender, receiver) = channel();
            let last = &last;
            scope.spawn(move || take(from, way, delay, counters, last, &sender));
            scope.spawn(move || deliver(to, &receiver));
        }
    });
}

/// Reads what comes, and notes when it is due at the other end. The end of a stream is an empty one.
fn take(
    mut from: &TcpStream,
    way: Way,
    delay: Duration,
    counters: &Counters,
    last: &AtomicU8,
    due: &Sender<(Instant, Vec<u8>)>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        if count > 0 {
            counters.bytes[way as usize].fetch_add(count as u64, Ordering::Relaxed);
            let before = last.swap(way as u8, Ordering::Relaxed);
            if way == Way::To && before == Way::From as u8 {
                counters.turns.fetch_add(1, Ordering::Relaxed);
            }
        }
        let piece = (Instant::now() + delay, buffer[..count].to_vec());
        if due.send(piece).is_err() || count == 0 {
            return;
        }
    }
}

fn deliver(mut to: &TcpStream, due: &Receiver<(Instant, Vec<u8>)>) {
    for (time, bytes) in due {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        if bytes.is_empty() || to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{DelayProxy, ProxyTraffic};

    /// Sends back what it gets, as it gets it, to one client.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                stream.write_all(&buffer[..count]).expect("an echo");
            }
        });
        address
    }

    #[test]
    fn every_question_takes_both_ways_and_is_counted() {
        let delay = Duration::from_millis(20);
        let proxy = DelayProxy::start(echo(), delay).expect("a proxy");
        let begun = Instant::now();
        let mut stream = TcpStream::connect(proxy.address()).expect("a connection");
        for _ in 0..3 {
            stream.write_all(b"ping").expect("sent");
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).expect("an echo");
            assert_eq!(&answer, b"ping");
        }
        // Two ways more for the connection, since its third goes with the first question.
        assert!(begun.elapsed() >= delay * 8, "{:?}", begun.elapsed());
        let counted = ProxyTraffic {
            connections: 1,
            sent: 12,
            received: 12,
            turns: 3,
        };
        assert_eq!(proxy.traffic(), counted);
    }

    #[test]
    fn what_is_sent_together_is_delayed_once_and_ends_when_it_ends() {
        let delay = Duration::from_millis(50);
        let proxy = DelayProxy::start(echo(), delay).expect("a proxy");
        let mut stream = TcpStream::connect(proxy.address()).expect("a connection");
        let sent: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
        let begun = Instant::now();
        let mut receiving = stream.try_clone().expect("the same");
        let receiver = thread::spawn(move || {
            let mut all = Vec::new();
            receiving.read_to_end(&mut all).map(|_| all)
        });
        stream.write_all(&sent).expect("sent");
        stream.shutdown(std::net::Shutdown::Write).expect("an end");
        let received = receiver.join().expect("a thread").expect("an echo");
        assert!(received == sent, "{} bytes came", received.len());
        // At 50 ms for each of the echo's pieces it would be half a minute.
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{:?}",
            begun.elapsed()
        );
    }
}
