use std::net::IpAddr;
use std::path::Path;

use etcd_plan_core::names::{HostName, HostPath};
use etcd_plan_core::op::{Batch, Op, OpResult, ReadOp, WriteOp};
use zeroize::Zeroizing;

use super::shell::{Protocol, Sandbox, Settings, is_sent_apart, last_lines, quote};
use super::{ConnectError, Session, SessionError, Target};
use crate::permit::Permit;

/// Runs shell scripts on a host, one at a time: all that somebody has to write who reaches hosts in
/// a way of their own, such as `docker exec` or `kubectl exec`. A [`ScriptSession`] does the rest.
pub trait ScriptRunner: Send {
    /// Runs `sh -c SCRIPT` on the host, with this input, and waits until it ends.
    ///
    /// The script is short, and never a secret: it can stand on a command line. The input can hold
    /// private keys.
    ///
    /// # Errors
    ///
    /// When the script could not be run to its end: why, as one clause.
    fn run(&mut self, script: &str, input: &[u8]) -> Result<ScriptOutput, String>;
}

/// What a script left behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptOutput {
    /// Its exit status.
    pub status: i32,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it said on stderr; it is told when the script failed, and may be left empty.
    pub stderr: Vec<u8>,
}

/// A session over a [`ScriptRunner`]: each batch is one script.
///
/// No shell is kept, so nothing holds a lock between two scripts. Each script takes the locks of
/// its run again, and the session ends when another run has had one meanwhile: so of two runs at
/// the same time at least one ends before its next change.
pub struct ScriptSession {
    host: HostName,
    protocol: Protocol,
    settings: Settings,
    runner: Box<dyn ScriptRunner>,
    /// The locks that this session took.
    locks: Vec<Held>,
    /// Lines for the journal that have not gone yet.
    notes: Vec<String>,
    /// Why the session is over, once it is.
    over: Option<String>,
}

/// A lock that each script takes again.
struct Held {
    path: HostPath,
    holder: String,
    journal: HostPath,
}

impl ScriptSession {
    /// Begins a session with a machine.
    ///
    /// # Errors
    ///
    /// When scripts cannot be run there, or the host lacks a program that operations need.
    pub fn open(host: HostName, runner: Box<dyn ScriptRunner>) -> Result<Self, ConnectError> {
        Self::begin(host, Settings::machine(), runner)
    }

    /// Begins a session with a folder of this machine that stands for a host, as those of a
    /// [`SandboxExecutor`](super::SandboxExecutor) do. The executor must name the same folder in
    /// [`Executor::root`](super::Executor::root).
    ///
    /// # Errors
    ///
    /// As [`ScriptSession::open`]; and when the folder is not absolute, or not UTF-8.
    pub fn in_folder(
        target: &Target,
        root: &Path,
        runner: Box<dyn ScriptRunner>,
    ) -> Result<Self, ConnectError> {
        let place = root.to_str().filter(|_| root.is_absolute());
        let place = place.ok_or_else(|| ConnectError {
            host: target.host.clone(),
            message: format!("{} is not absolute, or not UTF-8", root.display()),
            hint: "name an absolute folder in UTF-8".to_owned(),
        })?;
        let sandbox = Sandbox {
            root: place.to_owned(),
            address: target.address.parse::<IpAddr>().ok(),
            uid: rustix::process::geteuid().as_raw(),
        };
        let settings = Settings::sandbox(sandbox, std::env::var("PATH").ok().as_deref());
        Self::begin(target.host.clone(), settings, runner)
    }

    fn begin(
        host: HostName,
        settings: Settings,
        runner: Box<dyn ScriptRunner>,
    ) -> Result<Self, ConnectError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| ConnectError {
            host: host.clone(),
            message: format!("this machine gives no random numbers: {error}"),
            hint: "see to it that /dev/urandom can be read".to_owned(),
        })?;
        let mut session = Self {
            host,
            protocol: Protocol::new(settings.clone(), nonce),
            settings,
            runner,
            locks: Vec::new(),
            notes: Vec::new(),
            over: None,
        };
        session.greet()?;
        Ok(session)
    }

    fn greet(&mut self) -> Result<(), ConnectError> {
        let output = self.run("", &[]).map_err(|error| ConnectError {
            host: error.host,
            message: error.message,
            hint: "see that the executor runs `sh` there, with the input that it is given"
                .to_owned(),
        })?;
        let greeting = self.protocol.greeting(&output);
        let missing = greeting.map_err(|error| error.to_string()).map(|g| {
            (!g.missing.is_empty())
                .then(|| format!("these programs are missing: {}", g.missing.join(", ")))
        });
        match missing {
            Ok(None) => Ok(()),
            Ok(Some(message)) | Err(message) => Err(ConnectError {
                host: self.host.clone(),
                message,
                hint: "install coreutils and grep, or busybox, and use dash, bash or busybox as sh"
                    .to_owned(),
            }),
        }
    }

    /// Carries out a batch: in one script, but for chains with large content, which have one each.
    fn carry_out(&mut self, batch: &Batch) -> Result<Vec<OpResult>, SessionError> {
        let mut results = Vec::with_capacity(batch.len());
        for part in parts(batch) {
            let answers = self.carry_out_part(&part)?;
            for (op, answer) in part.chains.iter().flatten().zip(&answers) {
                if let (
                    Op::Write(WriteOp::Lock {
                        path,
                        holder,
                        journal,
                    }),
                    Ok(_),
                ) = (op, answer)
                {
                    self.locks.push(Held {
                        path: path.clone(),
                        holder: holder.clone(),
                        journal: journal.clone(),
                    });
                }
            }
            results.extend(answers);
        }
        Ok(results)
    }

    fn carry_out_part(&mut self, batch: &Batch) -> Result<Vec<OpResult>, SessionError> {
        let script = self
            .protocol
            .script(batch, &std::mem::take(&mut self.notes));
        let large: Vec<&[u8]> = batch
            .chains
            .iter()
            .flatten()
            .filter_map(is_sent_apart)
            .collect();
        let output = self.run(&script, &large)?;
        let end = self.protocol.end_of_batch();
        // The greeting ends as a batch does.
        let answer = after(&output, &end).unwrap_or_default();
        let length = answer.len() - after(answer, &end).unwrap_or(answer).len();
        let results = self.protocol.results(batch, &answer[..length]);
        results.map_err(|error| self.end(error.to_string()))
    }

    /// Runs the functions and a script, with what it takes besides, and gives what was printed.
    fn run(&mut self, script: &str, large: &[&[u8]]) -> Result<Vec<u8>, SessionError> {
        if let Some(message) = &self.over {
            return Err(SessionError {
                host: self.host.clone(),
                message: message.clone(),
            });
        }
        let text = self.whole(script).map_err(|message| self.end(message))?;
        // A shell that reads its script from stdin may read more than the script; `head` does not.
        let start = format!("etcd_plan=$(head -c {}) && eval \"$etcd_plan\"", text.len());
        let length = text.len() + large.iter().map(|bytes| bytes.len()).sum::<usize>();
        let mut input = Zeroizing::new(Vec::with_capacity(length));
        input.extend_from_slice(text.as_bytes());
        for bytes in large {
            input.extend_from_slice(bytes);
        }
        let output = self
            .runner
            .run(&start, &input)
            .map_err(|why| self.end(why))?;
        if output.status == 0 {
            return Ok(output.stdout);
        }
        let said = last_lines(&String::from_utf8_lossy(&output.stderr));
        Err(self.end(match said.as_str() {
            "" => format!("its script ended with status {}", output.status),
            said => format!("its script ended with status {}: {said}", output.status),
        }))
    }

    /// Writes the functions, the locks that are taken again, and the script.
    fn whole(&self, script: &str) -> Result<Zeroizing<String>, String> {
        let holds_zero = |what: &'static str| move |error| format!("{what} {error}");
        let prelude = self.protocol.prelude();
        let prelude = prelude.map_err(holds_zero("PATH or the folder of the sandbox"))?;
        // With room for the rest, so that no copy of a secret is left behind by a text that grew.
        let locks = self.locks()?;
        let room = prelude.len() + locks.len() + script.len();
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push_str(&prelude);
        text.push_str(&locks);
        text.push_str(script);
        Ok(text)
    }

    /// Writes the calls that take the locks again.
    fn locks(&self) -> Result<String, String> {
        let mut calls = String::new();
        for held in &self.locks {
            calls.push_str("retake_lock");
            let path = self.settings.place(&held.path);
            let journal = self.settings.place(&held.journal);
            for word in [&path, &held.holder, &journal] {
                calls.push(' ');
                quote(word, &mut calls).map_err(|error| format!("a lock {error}"))?;
            }
            calls.push('\n');
        }
        Ok(calls)
    }

    /// Marks the session as over: what was carried out, and what not, is unknown.
    fn end(&mut self, message: String) -> SessionError {
        self.over = Some(message.clone());
        SessionError {
            host: self.host.clone(),
            message,
        }
    }
}

impl Session for ScriptSession {
    fn read(&mut self, questions: &[ReadOp]) -> Result<Vec<OpResult>, SessionError> {
        self.carry_out(&Batch::of_reads(questions.iter().cloned()))
    }

    fn write(&mut self, batch: &Batch, _permit: &Permit) -> Result<Vec<OpResult>, SessionError> {
        self.carry_out(batch)
    }

    fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    fn renew(&mut self) -> Result<(), SessionError> {
        self.carry_out_part(&Batch::default()).map(|_| ())
    }
}

/// Splits a batch so that a chain with large content stands alone: its operations take from the
/// input in their order, and none after one that failed.
fn parts(batch: &Batch) -> Vec<Batch> {
    let is_large = |chain: &[Op]| chain.iter().any(|op| is_sent_apart(op).is_some());
    let together = |one: &Vec<Op>, next: &Vec<Op>| !is_large(one) && !is_large(next);
    let parts = batch.chains.chunk_by(together);
    parts
        .map(|chains| Batch {
            chains: chains.to_vec(),
        })
        .collect()
}

/// Gives what stands behind the first occurrence of a mark.
fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some(&text[at + mark.len()..])
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use etcd_plan_core::names::HostPath;
    use etcd_plan_core::op::{
        Batch, FileContent, Op, OpFailure, Ownership, ReadOp, Reply, WriteOp,
    };
    use etcd_plan_core::secret::Secret;
    use tempfile::TempDir;

    use super::{ScriptOutput, ScriptRunner, ScriptSession};
    use crate::executor::Target;

    /// Runs scripts here.
    struct Here;

    impl ScriptRunner for Here {
        fn run(&mut self, script: &str, input: &[u8]) -> Result<ScriptOutput, String> {
            assert!(script.len() < 200, "it stands on a command line: {script}");
            let mut child = Command::new("sh")
                .args(["-c", script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .map_err(|error| error.to_string())?;
            let mut stdin = child.stdin.take().expect("piped");
            let input = input.to_vec();
            let writer = std::thread::spawn(move || stdin.write_all(&input));
            let output = child
                .wait_with_output()
                .map_err(|error| error.to_string())?;
            let _ = writer.join();
            Ok(ScriptOutput {
                status: output.status.code().unwrap_or(-1),
                stdout: output.stdout,
                stderr: output.stderr,
            })
        }
    }

    fn session(folder: &TempDir) -> ScriptSession {
        let target = Target {
            host: "127.0.0.99".parse().expect("a host name"),
            address: "127.0.0.99".to_owned(),
            port: None,
            user: None,
            private_key_file: None,
            ssh_common_args: None,
            become_user: None,
            local: false,
        };
        ScriptSession::in_folder(&target, folder.path(), Box::new(Here)).expect("a session")
    }

    fn lock(holder: &str) -> Op {
        Op::Write(WriteOp::Lock {
            path: HostPath::fixed("/run/etcd-plan.lock"),
            holder: holder.to_owned(),
            journal: HostPath::fixed("/var/lib/etcd-plan/etcd.journal"),
        })
    }

    fn file(path: &str, content: &[u8]) -> Op {
        Op::Write(WriteOp::StageFile {
            path: HostPath::fixed(path),
            content: FileContent::Hidden(Secret::new(content)),
            owner: Ownership::both("root"),
            mode: 0o600,
        })
    }

    fn read(path: &str) -> Op {
        Op::Read(ReadOp::ReadFile {
            path: WriteOp::staged(&HostPath::fixed(path)),
        })
    }

    #[test]
    fn each_batch_is_a_script_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = session(&folder);
        let chains = vec![
            vec![file("/a", b"it's \x00 secret"), read("/a")],
            vec![read("/b")],
        ];
        let results = session.carry_out(&Batch { chains }).expect("answers");
        assert_eq!(results[0], Ok(Reply::Done));
        assert_eq!(
            results[1],
            Ok(Reply::Bytes(Some(b"it's \x00 secret".to_vec())))
        );
        assert_eq!(results[2], Ok(Reply::Bytes(None)));
    }

    #[test]
    fn large_content_reaches_its_own_file_though_another_chain_fails_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = session(&folder);
        let (first, second) = (vec![1; 100_000], vec![2; 200_000]);
        let missing = Op::Write(WriteOp::PromoteFile {
            path: HostPath::fixed("/none"),
        });
        let chains = vec![
            vec![missing, file("/first", &first)],
            vec![file("/second", &second), read("/second")],
            vec![read("/first")],
        ];
        let results = session.carry_out(&Batch { chains }).expect("answers");
        assert!(matches!(results[0], Err(OpFailure::Failed { .. })));
        assert_eq!(results[1], Err(OpFailure::NotTried));
        assert_eq!(
            results[2..],
            [
                Ok(Reply::Done),
                Ok(Reply::Bytes(Some(second))),
                Ok(Reply::Bytes(None))
            ]
        );
    }

    #[test]
    fn of_two_runs_at_the_same_time_one_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut ours, mut theirs) = (session(&folder), session(&folder));
        let take = |session: &mut ScriptSession, holder: &str| {
            session.carry_out(&Batch {
                chains: vec![vec![lock(holder)]],
            })
        };
        assert_eq!(take(&mut ours, "we"), Ok(vec![Ok(Reply::Done)]));
        let change = Batch {
            chains: vec![vec![file("/a", b"1")]],
        };
        assert_eq!(ours.carry_out(&change), Ok(vec![Ok(Reply::Done)]));
        assert_eq!(take(&mut theirs, "they"), Ok(vec![Ok(Reply::Done)]));
        let error = ours.carry_out(&change).expect_err("they have the lock now");
        assert!(error.message.contains("they"), "{error}");
        assert_eq!(ours.carry_out(&change), Err(error));
        assert_eq!(theirs.carry_out(&change), Ok(vec![Ok(Reply::Done)]));
    }

    #[test]
    fn what_the_runner_says_is_told() {
        struct Broken;
        impl ScriptRunner for Broken {
            fn run(&mut self, _script: &str, _input: &[u8]) -> Result<ScriptOutput, String> {
                Ok(ScriptOutput {
                    status: 126,
                    stderr: b"no such container\n".to_vec(),
                    ..ScriptOutput::default()
                })
            }
        }
        let host = "db-1".parse().expect("a host name");
        let refused = ScriptSession::open(host, Box::new(Broken)).map(drop);
        let message = refused.expect_err("no shell").message;
        assert_eq!(
            message,
            "its script ended with status 126: no such container"
        );
    }
}
