use std::time::Duration;

use etcd_plan_core::op::{Batch, Op, OpFailure, OpResult};
use zeroize::Zeroizing;

use super::call::Call;
use super::file;
use super::frame::{Frame, FrameError, Marker, frames, last_lines};
use super::lower::{self, Output};
use super::quote::{HoldsZero, quote};
use super::settings::Settings;

/// The shell functions that every host gets.
const FUNCTIONS: [&str; 10] = [
    include_str!("protocol.sh"),
    include_str!("file.sh"),
    include_str!("lock.sh"),
    include_str!("system.sh"),
    include_str!("package.sh"),
    include_str!("listeners.sh"),
    include_str!("data_dir.sh"),
    include_str!("etcd.sh"),
    include_str!("snapshot.sh"),
    include_str!("process.sh"),
];

/// What a session and its shell say to each other, as functions on text and bytes.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    settings: Settings,
    marker: Marker,
}

/// How a shell introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Programs that operations need and the host has not.
    pub(crate) missing: Vec<String>,
}

impl Protocol {
    /// Makes the protocol of one session; `nonce` is random.
    pub(crate) fn new(settings: Settings, nonce: [u8; 16]) -> Self {
        Self {
            settings,
            marker: Marker::new(nonce),
        }
    }

    /// Gives the text that begins a session, to which the shell answers with a greeting.
    ///
    /// # Errors
    ///
    /// When a setting holds a zero byte.
    pub(crate) fn prelude(&self) -> Result<String, HoldsZero> {
        let mut prelude = String::new();
        let mut set = |name: &str, value: &str| {
            prelude.push_str(name);
            prelude.push('=');
            quote(value, &mut prelude)?;
            prelude.push('\n');
            Ok(())
        };
        set("marker", self.marker.as_str())?;
        set("PATH", &self.settings.path)?;
        set("LC_ALL", "C")?;
        let special = match &self.settings.sandbox {
            Some(sandbox) => {
                set("root", &sandbox.root)?;
                include_str!("sandbox.sh")
            }
            None => include_str!("machine.sh"),
        };
        prelude.push_str("export PATH LC_ALL\n");
        for functions in FUNCTIONS.into_iter().chain([special]) {
            push_without_comments(functions, &mut prelude);
        }
        prelude.push_str("greet\nbatch_end\n");
        Ok(prelude)
    }

    /// Reads the answer to the prelude. What a login or `sudo` printed before it is passed over.
    ///
    /// # Errors
    ///
    /// When there is no greeting.
    pub(crate) fn greeting(&self, output: &[u8]) -> Result<Greeting, FrameError> {
        let text = String::from_utf8_lossy(output);
        let mark = format!("{} hello ", self.marker.as_str());
        let mut words = text
            .lines()
            .find_map(|line| line.strip_prefix(&mark))
            .ok_or_else(|| FrameError("the shell does not greet".into()))?
            .split(' ');
        words.next(); // the user's number, which the shell itself remembers
        Ok(Greeting {
            missing: words.map(str::to_owned).collect(),
        })
    }

    /// Gives the script that carries out a batch, and first goes on with the journal.
    ///
    /// It is one compound command, which a shell reads to its end before it runs any of it: a
    /// script that arrives in part does nothing. It can hold secrets, so it goes to the shell's
    /// stdin only and is wiped here. Large content is not in it: [`Protocol::next_taken`].
    pub(crate) fn script(&self, batch: &Batch, notes: &[String]) -> Zeroizing<String> {
        let notes: Vec<String> = notes.iter().filter_map(|line| note(line)).collect();
        let room = notes.iter().map(String::len).sum::<usize>() + room_for(batch);
        let mut script = Zeroizing::new(String::with_capacity(room));
        script.push_str("{\nat_work\n");
        script.extend(notes);
        let mut number = 0;
        for chain in &batch.chains {
            for (nth, op) in chain.iter().enumerate() {
                script.push_str(if nth == 0 { "" } else { " &&\n" });
                lower::lower(op, Call::begin(&mut script, &self.settings, number));
                number += 1;
            }
            script.push('\n');
        }
        script.push_str("batch_end\n}\n");
        script
    }

    /// Gives the bytes with which the output of a batch, and the answer to the prelude, ends.
    pub(crate) fn end_of_batch(&self) -> Vec<u8> {
        self.marker.end_of_batch()
    }

    /// Finds the next bytes that the shell asks for in the middle of a batch: from `*read` on, which
    /// is set to where the search goes on.
    pub(crate) fn next_taken<'a>(
        &self,
        batch: &'a Batch,
        output: &[u8],
        read: &mut usize,
    ) -> Option<&'a [u8]> {
        // Output comes in pieces, and is long: what has been searched is not searched again, but
        // for the length of a line that may have come in part.
        const LINE_LIMIT: usize = 100;
        match self.marker.find_take(output, *read) {
            Some((number, end)) => {
                *read = end;
                batch
                    .chains
                    .iter()
                    .flatten()
                    .nth(number)
                    .and_then(file::taken)
            }
            None => {
                *read = (*read).max(output.len().saturating_sub(LINE_LIMIT));
                None
            }
        }
    }

    /// Reads the output of a batch: a result for each operation, chain after chain.
    ///
    /// # Errors
    ///
    /// When the output is not that of this batch.
    pub(crate) fn results(
        &self,
        batch: &Batch,
        output: &[u8],
    ) -> Result<Vec<OpResult>, FrameError> {
        let mut frames = frames(&self.marker, output)?.into_iter().peekable();
        let mut results = Vec::with_capacity(batch.len());
        for chain in &batch.chains {
            let mut broken = false;
            for op in chain {
                if broken {
                    results.push(Err(OpFailure::NotTried));
                    continue;
                }
                let frame = frames
                    .next_if(|frame| frame.number == results.len())
                    .ok_or_else(|| FrameError(format!("operation {} is missing", results.len())))?;
                let result = self.result(op, &frame);
                // The chain goes by the exit status, which is what the shell went by.
                broken = frame.status != 0;
                results.push(result);
            }
        }
        match frames.next() {
            None => Ok(results),
            Some(frame) => Err(FrameError(format!(
                "operation {} is too much",
                frame.number
            ))),
        }
    }

    /// Says how long the shell can take to read some of a script before the session counts as dead.
    pub(crate) fn patience(&self) -> Duration {
        self.settings.patience
    }

    /// Says how long a batch can take before the session counts as dead.
    pub(crate) fn budget(&self, batch: &Batch) -> Duration {
        let patience = self.settings.patience;
        let ops = batch.chains.iter().flatten();
        ops.map(|op| lower::budget(op, patience)).sum()
    }

    fn result(&self, op: &Op, frame: &Frame<'_>) -> OpResult {
        if frame.status != 0 {
            let said = last_lines(&frame.said);
            let message = if said.is_empty() {
                format!("it ended with status {} and said nothing", frame.status)
            } else {
                said
            };
            return Err(OpFailure::Failed { message });
        }
        let output = Output {
            printed: frame.printed,
            said: &frame.said,
            settings: &self.settings,
        };
        lower::answer(op, &output).map_err(|garbled| OpFailure::Failed {
            message: garbled.to_string(),
        })
    }
}

/// Gives the call that writes a line into the journal; none for a line that no file could hold.
fn note(line: &str) -> Option<String> {
    let mut call = "note ".to_owned();
    quote(line, &mut call).ok()?;
    call.push('\n');
    Some(call)
}

/// Estimates the length of a script from above, so that no copy of a secret is left behind by a
/// buffer that had to grow.
fn room_for(batch: &Batch) -> usize {
    let contents = batch.chains.iter().flatten().map(|op| match op {
        large if file::taken(large).is_some() => 0,
        Op::Write(etcd_plan_core::op::WriteOp::StageFile { content, .. }) => {
            content.bytes().len().div_ceil(3) * 4
        }
        _ => 0,
    });
    contents.map(|content| content + 2048).sum::<usize>() + 2048
}

/// Appends shell functions without comments and indentation, which a third of the text is and which
/// a distant host would wait for.
fn push_without_comments(functions: &str, prelude: &mut String) {
    for line in functions.lines().map(str::trim_start) {
        if !line.starts_with('#') {
            prelude.push_str(line);
            prelude.push('\n');
        }
    }
}
