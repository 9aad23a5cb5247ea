use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use std::{fs, io};

use etcd_plan_core::op::{Batch, FileContent, OpFailure, Ownership, ReadOp, Reply, WriteOp};
use etcd_plan_core::secret::Secret;

use super::framing::{NONCE, run_at_once};
use super::support::{Host, batch, path, with_each_shell};
use crate::executor::shell::protocol::Protocol;
use crate::executor::shell::settings::Settings;
use crate::executor::shell::{Channel, ShellProcess, ShellSession};
use crate::executor::{Session as _, Transfer};

/// Stages and promotes a file with this content.
fn put(file: &str, content: Vec<u8>) -> Batch {
    batch([
        WriteOp::StageFile {
            path: path(file),
            content: FileContent::Hidden(Secret::new(content)),
            owner: Ownership::both("root"),
            mode: 0o640,
        },
        WriteOp::PromoteFile { path: path(file) },
    ])
}

#[test]
fn large_content_is_taken_in_every_shell() {
    // Bytes that a shell would trip over, if it saw them.
    let content: Vec<u8> = b"exit 1\n'\"\0\xff$("
        .iter()
        .copied()
        .cycle()
        .take(3_000_000)
        .collect();
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let two = Batch {
            chains: [
                put("/a", content.clone()).chains,
                put("/b", content.clone()).chains,
            ]
            .concat(),
        };
        let results = host.session.run(&two).expect("an answer");
        assert_eq!(results, vec![Ok(Reply::Done); 4], "{}", shell.name);
        for file in ["/a", "/b"] {
            assert!(fs::read(host.place(file)).expect("a file") == content);
        }
        let Ok(Reply::Stat(Some(facts))) = host.read(ReadOp::Stat { path: path("/a") }) else {
            panic!("there is a file");
        };
        assert_eq!((facts.mode, facts.size), (0o640, 3_000_000));
    });
}

#[test]
fn large_content_that_cannot_be_written_leaves_the_shell_in_step() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        host.session.set("ulimit -f 1000");
        let commands = b"touch /tmp/never; exit 1\n".repeat(100_000);
        let results = host.session.run(&put("/a", commands)).expect("an answer");
        assert!(
            matches!(results[0], Err(OpFailure::Failed { .. })),
            "{results:?}"
        );
        assert_eq!(results[1], Err(OpFailure::NotTried));
        // Where the file cannot even be begun, nothing is asked for.
        fs::write(host.place("/folder"), "a file").expect("a file");
        let results = host.session.run(&put("/folder/a", vec![b'x'; 200_000]));
        let results = results.expect("an answer");
        assert!(
            matches!(results[0], Err(OpFailure::Failed { .. })),
            "{results:?}"
        );
        let stat = host.read(ReadOp::Stat { path: path("/a") });
        assert_eq!(stat, Ok(Reply::Stat(None)), "{}", shell.name);
    });
}

#[test]
fn large_content_that_arrives_in_part_is_not_put_in_its_place() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("file").display().to_string();
    let changes = put(&file, vec![b'x'; 200_000]);
    let protocol = Protocol::new(Settings::machine(), NONCE);
    let script = protocol.script(&changes, &[]);
    assert!(!script.contains("xxx"));
    with_each_shell(|shell| {
        let sent = format!("{}{}", *script, "x".repeat(100_000));
        let output = run_at_once(shell, &sent);
        let results = protocol.results(&changes, &output).expect("results");
        assert!(
            matches!(results[0], Err(OpFailure::Failed { .. })),
            "{results:?}"
        );
        assert!(!dir.path().join("file").exists(), "{}", shell.name);
    });
}

/// A way to a shell that notes how far its session says that it has come.
struct Noting {
    inner: ShellProcess,
    transfer: Arc<OnceLock<Transfer>>,
    noted: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl Channel for Noting {
    fn send(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let now = self.transfer.get().and_then(Transfer::now);
        self.noted.lock().expect("no panic").extend(now);
        self.inner.send(bytes, patience)
    }

    fn receive(&mut self, into: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        self.inner.receive(into, deadline)
    }

    fn last_words(&mut self) -> String {
        self.inner.last_words()
    }
}

#[test]
fn a_session_says_how_far_it_has_come_with_large_content() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("file").display().to_string();
    let (transfer, noted) = (Arc::default(), Arc::default());
    let channel = Noting {
        inner: ShellProcess::start(&mut Command::new("sh")).expect("a shell"),
        transfer: Arc::clone(&transfer),
        noted: Arc::clone(&noted),
    };
    let host = "10.10.10.10".parse().expect("a host");
    let mut session = ShellSession::open(host, Settings::machine(), channel).expect("a session");
    let view = session.transfer().expect("a view");
    transfer.set(view.clone()).expect("the first");
    let results = session.run(&put(&file, vec![b'x'; 200_000]));
    results.expect("an answer");
    let noted = noted.lock().expect("no panic").clone();
    assert_eq!(
        noted,
        [0, 65_536, 131_072, 196_608].map(|sent| (sent, 200_000))
    );
    assert_eq!(view.now(), None, "it has arrived");
}
