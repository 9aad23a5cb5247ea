//! Frames: how the output of many operations comes through one stream and is told apart again.
//!
//! A line that marks something holds the session's marker, 128 random bits that stand in no file
//! and in nobody's output. Between the marks everything is passed on as it is, zero bytes too. (Of
//! stderr a shell drops zero bytes and final line feeds.)

/// The random word that marks the lines of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker(String);

impl Marker {
    pub(super) fn new(nonce: [u8; 16]) -> Self {
        Self(format!("etcd-plan-{:032x}", u128::from_be_bytes(nonce)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Finds the first line from `from` on with which an operation asks for bytes; gives the
    /// operation's number and where the line ends.
    pub(super) fn find_take(&self, output: &[u8], from: usize) -> Option<(usize, usize)> {
        let mark = format!("\n{} take ", self.0).into_bytes();
        let begin = from + find(&output[from..], &mark)? + mark.len();
        let length = output[begin..].iter().position(|byte| *byte == b'\n')?;
        let number = str::from_utf8(&output[begin..begin + length]).ok()?;
        Some((number.parse().ok()?, begin + length))
    }

    /// Gives the line that ends the output of a batch.
    pub(super) fn end_of_batch(&self) -> Vec<u8> {
        format!("\n{} done\n", self.0).into_bytes()
    }
}

/// What one operation left behind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// Its number in the batch.
    pub(super) number: usize,
    /// Its exit status.
    pub(super) status: u8,
    /// Its stdout.
    pub(super) printed: &'a [u8],
    /// Its stderr; what is not UTF-8 in it is replaced.
    pub(super) said: String,
}

/// Says that the output of a batch does not consist of frames.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the shell's answer breaks off or is garbled: {0}")]
pub(crate) struct FrameError(pub(super) String);

/// Takes the output of a batch, up to and with its last line, apart.
pub(super) fn frames<'a>(marker: &Marker, output: &'a [u8]) -> Result<Vec<Frame<'a>>, FrameError> {
    let mark = |word: &str| format!("\n{} {word}", marker.0).into_bytes();
    let (op, status, end, done) = (mark("op "), mark("status "), mark("end\n"), mark("done\n"));
    let mut rest = output;
    let mut frames = Vec::new();
    while rest != done {
        rest = rest
            .strip_prefix(&op[..])
            .ok_or_else(|| FrameError("an operation does not begin where one should".into()))?;
        let number = take_number(&mut rest)?;
        let printed = take_until(&mut rest, &status)?;
        let status = take_number(&mut rest)?;
        let said = take_until(&mut rest, &end)?;
        frames.push(Frame {
            number,
            status: u8::try_from(status).map_err(|_| FrameError("no such status".into()))?,
            printed,
            said: String::from_utf8_lossy(said).into_owned(),
        });
    }
    Ok(frames)
}

/// Gives the end of a text as far as a person wants to read it: 20 lines, 4000 characters.
pub(crate) fn last_lines(text: &str) -> String {
    let text = text.trim();
    let lines = text
        .rmatch_indices('\n')
        .nth(19)
        .map_or(0, |(at, _)| at + 1);
    let begin = lines.max(text.ceil_char_boundary(text.len().saturating_sub(4000)));
    text[begin..].to_owned()
}

fn take_until<'a>(rest: &mut &'a [u8], mark: &[u8]) -> Result<&'a [u8], FrameError> {
    let at = find(rest, mark).ok_or_else(|| FrameError("an operation does not end".into()))?;
    let (before, from_mark) = rest.split_at(at);
    *rest = &from_mark[mark.len()..];
    Ok(before)
}

fn take_number(rest: &mut &[u8]) -> Result<usize, FrameError> {
    let line = take_until(rest, b"\n")?;
    str::from_utf8(line)
        .ok()
        .and_then(|line| line.parse().ok())
        .ok_or_else(|| FrameError("there is no number where one should be".into()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
