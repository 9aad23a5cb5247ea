use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use etcd_plan_core::op::{Batch, FileContent, Op, OpFailure, Ownership, ReadOp, Reply, WriteOp};
use etcd_plan_core::secret::Secret;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::support::{Host, Shell, batch, path, shells, with_each_shell};
use crate::executor::shell::frame::{Frame, Marker, frames, last_lines};
use crate::executor::shell::protocol::Protocol;
use crate::executor::shell::settings::Settings;

pub(super) const NONCE: [u8; 16] = [7; 16];

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Runs a whole session as one script, as a session does that can do no more.
pub(super) fn run_at_once(shell: &Shell, script: &str) -> Vec<u8> {
    let protocol = Protocol::new(Settings::machine(), NONCE);
    let mut child = shell
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null()) // bash warns of zero bytes, and all of half a script
        .spawn()
        .expect("a shell");
    let mut stdin = child.stdin.take().expect("a pipe");
    let prelude = protocol.prelude().expect("settings without zero bytes");
    let sender = std::thread::spawn({
        let script = format!("{prelude}{script}");
        move || stdin.write_all(script.as_bytes())
    });
    let output = child.wait_with_output().expect("a shell that ends").stdout;
    sender
        .join()
        .expect("a sender")
        .expect("a shell that reads");
    let end = protocol.end_of_batch();
    let greeted = output
        .windows(end.len())
        .position(|window| window == end)
        .expect("a greeting");
    output[greeted + end.len()..].to_vec()
}

#[test]
fn any_bytes_come_back_from_stdout_and_stderr() {
    let shells = shells();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("bytes");
    let bytes = proptest::collection::vec(any::<u8>(), 0..2000);
    let outcome = TestRunner::new(config(24)).run(&bytes, |bytes| {
        fs::write(&file, &bytes).expect("a file");
        for shell in &shells {
            let script = format!(
                "talk() {{ cat \"$1\" >&2; return 3; }}\n{{\n\
                 op 0 cat '{0}' && op 1 talk '{0}'\nop 2 true\nbatch_end\n}}\n",
                file.display()
            );
            let output = run_at_once(shell, &script);
            let found = frames(&Marker::new(NONCE), &output).expect("frames");
            prop_assert_eq!(found.len(), 3);
            prop_assert_eq!((found[0].status, found[0].printed), (0, &bytes[..]));
            // A shell keeps no zero bytes and no final line feeds in a variable.
            let mut said: Vec<u8> = bytes.iter().copied().filter(|b| *b != 0).collect();
            while said.last() == Some(&b'\n') {
                said.pop();
            }
            prop_assert_eq!(found[1].status, 3);
            prop_assert_eq!(&found[1].said, &String::from_utf8_lossy(&said));
        }
        Ok(())
    });
    outcome.expect("every output comes back");
}

#[test]
fn frames_are_taken_apart_as_they_were_put_together() {
    let parts = proptest::collection::vec((any::<Vec<u8>>(), any::<String>(), any::<u8>()), 0..6);
    let outcome = TestRunner::new(config(256)).run(&parts, |parts| {
        let marker = Marker::new(NONCE);
        let mark = marker.as_str();
        let mut output = Vec::new();
        for (number, (printed, said, status)) in parts.iter().enumerate() {
            output.extend(format!("\n{mark} op {number}\n").bytes());
            output.extend(printed);
            output.extend(format!("\n{mark} status {status}\n{said}\n{mark} end\n").bytes());
        }
        output.extend(marker.end_of_batch());
        let wanted: Vec<Frame<'_>> = parts
            .iter()
            .enumerate()
            .map(|(number, (printed, said, status))| Frame {
                number,
                status: *status,
                printed,
                said: said.clone(),
            })
            .collect();
        prop_assert_eq!(frames(&marker, &output).expect("frames"), wanted);
        // A piece of it is never taken for the whole.
        for length in 0..output.len() {
            prop_assert!(frames(&marker, &output[..length]).is_err());
        }
        Ok(())
    });
    outcome.expect("all frames come back");
}

#[test]
fn any_content_goes_to_a_file_and_back() {
    let hosts: Vec<_> = shells().iter().map(Host::new).collect();
    let hosts = std::cell::RefCell::new(hosts);
    let bytes = proptest::collection::vec(any::<u8>(), 0..3000);
    let outcome = TestRunner::new(config(16)).run(&bytes, |bytes| {
        for host in hosts.borrow_mut().iter_mut() {
            let file = path("/etc/etcd/file");
            let stage = WriteOp::StageFile {
                path: file.clone(),
                content: FileContent::Hidden(Secret::new(bytes.clone())),
                owner: Ownership::both("etcd"),
                mode: 0o600,
            };
            host.write(stage).expect("a staged file");
            host.write(WriteOp::PromoteFile { path: file.clone() })
                .expect("a promoted file");
            let content = host.read(ReadOp::ReadFile { path: file });
            prop_assert_eq!(content, Ok(Reply::Bytes(Some(bytes.clone()))));
        }
        Ok(())
    });
    outcome.expect("every content comes back");
}

#[test]
fn the_first_failure_ends_its_chain_and_no_other() {
    let remove = |path_text: &str| {
        Op::Write(WriteOp::PromoteFile {
            path: path(path_text),
        })
    };
    let stat = |path_text: &str| {
        Op::Read(ReadOp::Stat {
            path: path(path_text),
        })
    };
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let results = host
            .session
            .run(&Batch {
                chains: vec![
                    vec![stat("/a"), remove("/missing"), stat("/b"), stat("/c")],
                    vec![],
                    vec![stat("/d"), stat("/e")],
                ],
            })
            .expect("an answer");
        let nothing = Ok(Reply::Stat(None));
        assert_eq!(results.len(), 6);
        assert_eq!(results[0], nothing);
        assert!(matches!(results[1], Err(OpFailure::Failed { .. })));
        assert_eq!(
            results[2..4],
            [Err(OpFailure::NotTried), Err(OpFailure::NotTried)]
        );
        assert_eq!(results[4..], [nothing.clone(), nothing]);
        assert_eq!(host.session.run(&Batch::default()), Ok(Vec::new()));
    });
}

#[test]
fn prelude_and_script_can_be_sent_together() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().join("folder").display().to_string();
    let questions = Batch::of_reads([
        ReadOp::System,
        ReadOp::Stat {
            path: path(&folder),
        },
    ]);
    let protocol = Protocol::new(Settings::machine(), NONCE);
    with_each_shell(|shell| {
        let output = run_at_once(shell, &protocol.script(&questions, &[]));
        let results = protocol.results(&questions, &output).expect("results");
        assert!(matches!(results[0], Ok(Reply::System(_))), "{results:?}");
        assert_eq!(results[1], Ok(Reply::Stat(None)));
    });
}

#[test]
fn a_script_that_arrives_in_part_does_nothing() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folders = batch((0..3).map(|nth| WriteOp::MakeDir {
        path: path(&dir.path().join(nth.to_string()).display().to_string()),
        owner: Ownership::both("root"),
        mode: 0o755,
    }));
    let protocol = Protocol::new(Settings::machine(), NONCE);
    let script = protocol.script(&folders, &[]);
    with_each_shell(|shell| {
        // Without the closing brace.
        run_at_once(shell, &script[..script.len() - 2]);
        let made = fs::read_dir(dir.path()).expect("a folder").count();
        assert_eq!(made, 0, "{}", shell.name);
    });
}

#[test]
fn long_complaints_are_cut_at_a_line() {
    let lines: Vec<String> = (0..100).map(|nth| format!("line {nth}")).collect();
    let text = lines.join("\n");
    let end = last_lines(&text);
    assert_eq!(end.lines().count(), 20);
    assert!(end.starts_with("line 80\n") && end.ends_with("line 99"));
    assert_eq!(last_lines(&"ü".repeat(4000)).chars().count(), 2000);
    assert_eq!(last_lines(" one \n"), "one");
}
