use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{FileContent, FileFacts, FileKind, Op, Ownership, WriteOp};

use super::call::Call;
use super::lower::{Garbled, Output};

/// The largest file that is read, in bytes: 1 MiB.
const READ_LIMIT: u32 = 1024 * 1024;

pub(super) fn read<'a>(call: Call<'a>, path: &HostPath) -> Call<'a> {
    call.function("read_file")
        .path(path)
        .word(&READ_LIMIT.to_string())
}

pub(super) fn part<'a>(call: Call<'a>, path: &HostPath, offset: u64, length: u64) -> Call<'a> {
    let call = call.function("file_part").path(path);
    if length == 0 || !offset.is_multiple_of(length) {
        return call.refuse("a piece of a file begins at a multiple of its length");
    }
    call.word(&(offset / length).to_string())
        .word(&length.to_string())
}

/// Reads the bytes of a piece, which follow the line `piece` as they are.
pub(super) fn piece(output: &Output<'_>) -> Result<Option<Vec<u8>>, Garbled> {
    if output.printed.is_empty() {
        return Ok(None);
    }
    let bytes = output.printed.strip_prefix(b"piece\n");
    let bytes = bytes.ok_or_else(|| Garbled::new("it does not begin with `piece`"))?;
    Ok(Some(bytes.to_vec()))
}

pub(super) fn make_dir<'a>(
    call: Call<'a>,
    path: &HostPath,
    owner: &Ownership,
    mode: u32,
) -> Call<'a> {
    owner_and_mode(call.function("make_dir").path(path), owner, mode)
}

/// Reads a name a line.
pub(super) fn names(output: &Output<'_>) -> Result<Vec<String>, Garbled> {
    let mut names: Vec<String> = output.text()?.lines().map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

/// Content above this size, in bytes, is not part of a script, but sent when the shell asks for it.
const LARGE: usize = 64 * 1024;

/// Gives what is sent to the shell when an operation asks for it; none for most.
pub(crate) fn taken(op: &Op) -> Option<&[u8]> {
    match op {
        Op::Write(WriteOp::StageFile { content, .. }) => {
            Some(content.bytes()).filter(|bytes| bytes.len() > LARGE)
        }
        Op::Write(WriteOp::StagePart { content, .. }) => Some(content.bytes()),
        _ => None,
    }
}

pub(super) fn stage<'a>(
    call: Call<'a>,
    path: &HostPath,
    content: &FileContent,
    owner: &Ownership,
    mode: u32,
) -> Call<'a> {
    let (staged, bytes) = (WriteOp::staged(path), content.bytes());
    if bytes.len() > LARGE {
        let call = call.function_taking("stage_large_file").path(&staged);
        owner_and_mode(call, owner, mode).word(&bytes.len().to_string())
    } else {
        let call = call.function("stage_file").path(&staged);
        owner_and_mode(call, owner, mode).bytes(bytes)
    }
}

pub(super) fn stage_part<'a>(
    call: Call<'a>,
    path: &HostPath,
    offset: u64,
    content: &FileContent,
    owner: &Ownership,
    mode: u32,
) -> Call<'a> {
    let call = call
        .function_taking("stage_part")
        .path(&WriteOp::staged(path));
    owner_and_mode(call, owner, mode)
        .word(&offset.to_string())
        .word(&content.bytes().len().to_string())
}

pub(super) fn promote<'a>(call: Call<'a>, path: &HostPath) -> Call<'a> {
    call.function("promote_file")
        .path(&WriteOp::staged(path))
        .path(path)
}

pub(super) fn place_together<'a>(call: Call<'a>, files: &[(HostPath, HostPath)]) -> Call<'a> {
    let call = call.function("place_together");
    let Some(folder) = files.first().map(|(_, to)| to.parent()) else {
        return call.refuse("no file is named");
    };
    let mut paths = files.iter().flat_map(|(from, to)| [from, to]);
    if let Some(path) = paths.find(|path| path.parent() != folder) {
        return call.refuse(format!("{path} is not in {folder}"));
    }
    let paths = files.iter().flat_map(|(from, to)| [from, to]);
    paths.fold(call.path(&folder), Call::path)
}

/// Removes a folder that is surely ours.
pub(super) fn drop_folder<'a>(call: Call<'a>, path: &HostPath) -> Call<'a> {
    let ours = ["/var/cache/etcd-plan/", "/var/lib/etcd-plan/before/"];
    let call = call.function("drop_folder").path(path);
    if ours.iter().any(|ours| path.as_str().starts_with(ours)) {
        call
    } else {
        call.refuse(format!(
            "{path} is not removed: it is in none of {}",
            ours.join(", ")
        ))
    }
}

pub(super) fn move_aside<'a>(call: Call<'a>, path: &HostPath, to: &HostPath) -> Call<'a> {
    let call = call.function("move_aside").path(path).path(to);
    if path.parent() == to.parent() {
        call
    } else {
        call.refuse(format!("{path} and {to} are not in the same folder"))
    }
}

fn owner_and_mode<'a>(call: Call<'a>, owner: &Ownership, mode: u32) -> Call<'a> {
    call.word(&format!("{}:{}", owner.user, owner.group))
        .word(&format!("{mode:04o}"))
}

/// Reads `MODE:SIZE:UID:GID:USER:GROUP` and, of regular files, the digest in the next line.
pub(super) fn facts(output: &Output<'_>) -> Result<Option<FileFacts>, Garbled> {
    let mut lines = output.text()?.lines();
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    let garbled = || Garbled::new(format!("{line:?} is no line of stat"));
    let [mode, size, uid, gid, user, group] =
        <[&str; 6]>::try_from(line.splitn(6, ':').collect::<Vec<_>>()).map_err(|_| garbled())?;
    let mode = u32::from_str_radix(mode, 16).map_err(|_| garbled())?;
    let (user, group) = output.settings.owners(
        uid.parse().map_err(|_| garbled())?,
        name_or_number(user, uid),
        name_or_number(group, gid),
    );
    Ok(Some(FileFacts {
        kind: kind(mode),
        user,
        group,
        mode: mode & 0o7777,
        size: size.parse().map_err(|_| garbled())?,
        sha256: lines.next().map(digest).transpose()?,
    }))
}

/// Reads the content of a file, which follows the line `content`.
pub(super) fn content(output: &Output<'_>) -> Result<Option<Vec<u8>>, Garbled> {
    let text = output.text()?;
    if text.is_empty() {
        return Ok(None);
    }
    let encoded: String = text
        .strip_prefix("content\n")
        .ok_or_else(|| Garbled::new("it does not begin with `content`"))?
        .split_ascii_whitespace()
        .collect();
    let bytes = BASE64
        .decode(encoded)
        .map_err(|error| Garbled::new(format!("it is no base64: {error}")))?;
    Ok(Some(bytes))
}

/// Tells the kind from the bits of `st_mode` (inode(7)).
fn kind(mode: u32) -> FileKind {
    match mode & 0o170_000 {
        0o100_000 => FileKind::File,
        0o040_000 => FileKind::Folder,
        0o120_000 => FileKind::Link,
        _ => FileKind::Other,
    }
}

/// Gives the number where stat found no name.
fn name_or_number(name: &str, number: &str) -> String {
    let shown = if name == "UNKNOWN" { number } else { name };
    shown.to_owned()
}

fn digest(line: &str) -> Result<String, Garbled> {
    let digest = line.split(' ').next().unwrap_or_default();
    if digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(digest.to_owned())
    } else {
        Err(Garbled::new(format!("{line:?} is no line of sha256sum")))
    }
}
