//! Hosts that are not there, are slow, or go away.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use etcd_plan::executor::{Executor as _, SessionError, Target};
use etcd_plan::names::HostPath;
use etcd_plan::op::{Batch, FileContent, Op, Ownership, ReadOp, WriteOp};
use etcd_plan::secret::Secret;
use etcd_plan_testkit::ssh_server::{SshSetup, Trouble};
use etcd_plan_tests::permitted;

use crate::support::{Host, executor, refusal, target, user};

const SHORT: Duration = Duration::from_millis(500);

/// Connects with a short limit; gives the message and how long it took.
fn not_reached(target: &Target) -> (String, Duration) {
    let executor = executor("/nonexistent".as_ref()).connect_timeout(SHORT);
    let begun = Instant::now();
    let refused = refusal(&executor, target);
    assert!(!refused.hint.is_empty());
    (refused.message, begun.elapsed())
}

#[test]
fn nobody_listens() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.local_addr().expect("an address").port()
    };
    let (message, _) = not_reached(&target(port, "admin"));
    assert_eq!(message, format!("127.0.0.1:{port} refuses connections"));
}

#[test]
fn a_name_that_is_none() {
    let mut target = target(22, "admin");
    // Too long for a name, so that nobody is asked for it.
    target.address = "x".repeat(300);
    let (message, _) = not_reached(&target);
    assert!(message.contains("is not resolved"), "{message}");
}

#[test]
fn nobody_answers_the_connection() {
    // A queue of one that is full: the kernel drops what comes next, as a firewall would.
    let listener = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .expect("a socket");
    let any_port: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    rustix::net::bind(&listener, &any_port).expect("a free port");
    rustix::net::listen(&listener, 0).expect("a listener");
    let address = rustix::net::getsockname(&listener).expect("an address");
    let address = SocketAddr::try_from(address).expect("an address");
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
        assert!(waiting.len() < 20, "the queue takes everybody");
    }
    let (message, elapsed) = not_reached(&target(address.port(), "admin"));
    assert_eq!(message, format!("{address} did not answer within 0.5 s"));
    assert!(elapsed < Duration::from_secs(5));
}

#[test]
fn nobody_speaks_ssh() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (message, elapsed) = not_reached(&target(port, "admin"));
    assert!(
        message.contains("no SSH handshake within 0.5 s"),
        "{message}"
    );
    assert!(elapsed < Duration::from_secs(5));

    // The first of the two is the one that has given up.
    let closer = std::thread::spawn(move || [(); 2].map(|()| drop(listener.accept())));
    let (message, _) = not_reached(&target(port, "admin"));
    assert!(message.contains("the SSH handshake on port"), "{message}");
    closer.join().expect("a thread");
}

#[test]
fn a_login_that_is_not_answered() {
    let host = Host::start(SshSetup {
        trouble: Some(Trouble::SlowLogin),
        ..SshSetup::default()
    });
    let executor = host.executor().connect_timeout(SHORT);
    let begun = Instant::now();
    let refused = refusal(&executor, &host.target());
    assert!(
        refused
            .message
            .contains("did not answer a login as admin within 0.5 s"),
        "{refused}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// Sends a file of `size` bytes to a host that gets into trouble after 100 kB; gives how the
/// session ended, and after what time. The file may not be there, and it must have ended for good.
fn interrupted(trouble: Trouble, size: usize, keep_alive: Duration) -> (SessionError, Duration) {
    let host = Host::start(SshSetup {
        trouble: Some(trouble),
        ..SshSetup::default()
    });
    let executor = host
        .executor()
        .operation_timeout(Duration::from_secs(3))
        .keep_alive(keep_alive);
    let mut session = executor.connect(&host.target()).expect("a session");
    let place = host.place("never");
    let path: HostPath = place.display().to_string().parse().expect("a path");
    let stage = WriteOp::StageFile {
        path: path.clone(),
        content: FileContent::Hidden(Secret::new(vec![b'x'; size])),
        owner: Ownership::both(&user()),
        mode: 0o600,
    };
    let batch = Batch {
        chains: vec![[stage, WriteOp::PromoteFile { path }].map(Op::Write).into()],
    };
    let begun = Instant::now();
    let ended = permitted::write(&mut session, &batch).expect_err("no answer");
    let elapsed = begun.elapsed();
    let again = session.read(&[ReadOp::System]);
    assert_eq!(again, Err(ended.clone()));
    // What came of it may lie beside its place, but not in it.
    assert!(!place.exists());
    (ended, elapsed)
}

#[test]
fn a_dropped_connection_in_the_middle_of_a_batch() {
    let (ended, elapsed) = interrupted(Trouble::Drop(100_000), 1_000_000, Duration::from_secs(15));
    assert!(ended.message.contains("the connection is lost"), "{ended}");
    assert!(elapsed < Duration::from_secs(3), "{elapsed:?}");
}

#[test]
fn a_closed_channel_in_the_middle_of_a_batch() {
    let trouble = Trouble::CloseChannel(100_000);
    let (ended, elapsed) = interrupted(trouble, 1_000_000, Duration::from_secs(15));
    assert!(
        ended.message.contains("the shell ended and said nothing"),
        "{ended}"
    );
    assert!(elapsed < Duration::from_secs(3), "{elapsed:?}");
}

#[test]
fn a_host_that_takes_no_more_in_the_middle_of_a_batch() {
    let (ended, elapsed) = interrupted(
        Trouble::Freeze(100_000),
        20_000_000,
        Duration::from_secs(15),
    );
    assert!(
        ended.message.contains("it took no input for 3 s"),
        "{ended}"
    );
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn a_host_that_answers_no_more_is_noticed_before_its_time_is_over() {
    let (ended, elapsed) = interrupted(Trouble::Freeze(100_000), 200_000, Duration::from_secs(1));
    assert!(
        ended.message.contains("was not heard of for 3 s"),
        "{ended}"
    );
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    let (ended, elapsed) = interrupted(Trouble::Freeze(100_000), 200_000, Duration::from_mins(1));
    assert!(
        ended.message.contains("it gave no answer for 6 s"),
        "{ended}"
    );
    assert!(elapsed < Duration::from_secs(9), "{elapsed:?}");
}
