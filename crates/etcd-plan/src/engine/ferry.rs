//! Files between hosts and the control machine, piece by piece: as large as they may be.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use etcd_plan_core::backup::{Manifest, manifest_name};
use etcd_plan_core::facts::LocalSnapshot;
use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{
    Batch, Digest, Fetch, Fetched, FileContent, Op, OpFailure, OpResult, Ownership, ReadOp, Reply,
    WriteOp,
};

use crate::executor::{Session, SessionError};
use crate::permit::Permit;

/// How long a piece is, in bytes: as much as is in memory at a time, twice.
const PIECE: u64 = 4 << 20;

/// Carries out a batch. What no session does, since it happens on both sides, is done here.
///
/// # Errors
///
/// When the session ended before all were answered.
pub(super) fn write(
    session: &mut dyn Session,
    batch: &Batch,
    permit: &Permit,
    folder: &Path,
) -> Result<Vec<OpResult>, SessionError> {
    let is_ferried = |op: &Op| {
        matches!(
            op,
            Op::Read(ReadOp::Fetch(_)) | Op::Write(WriteOp::SendFile { .. })
        )
    };
    if !batch.chains.iter().flatten().any(is_ferried) {
        return session.write(batch, permit);
    }
    let mut results = Vec::with_capacity(batch.len());
    for chain in &batch.chains {
        let mut broken = false;
        for part in chain.chunk_by(|one, next| !is_ferried(one) && !is_ferried(next)) {
            if broken {
                results.extend(part.iter().map(|_| Err(OpFailure::NotTried)));
                continue;
            }
            let done = match part {
                [Op::Read(ReadOp::Fetch(wanted))] => {
                    vec![fetch(session, wanted, permit, folder)?]
                }
                [
                    Op::Write(WriteOp::SendFile {
                        from,
                        path,
                        owner,
                        mode,
                    }),
                ] => {
                    let to = (path, owner, *mode);
                    vec![send(session, &folder.join(from), to, permit)?]
                }
                ops => {
                    let chains = vec![ops.to_vec()];
                    session.write(&Batch { chains }, permit)?
                }
            };
            broken = done.iter().any(Result::is_err);
            results.extend(done);
        }
    }
    Ok(results)
}

/// Brings a file here. It has its final name only when it is whole, and is for its owner alone from
/// the first byte.
fn fetch(
    session: &mut dyn Session,
    wanted: &Fetch,
    permit: &Permit,
    folder: &Path,
) -> Result<OpResult, SessionError> {
    let path = folder.join(&wanted.to);
    let failed = |doing: &str, error: &io::Error| {
        Ok(Err(OpFailure::Failed {
            message: format!("{doing} {} on this machine: {error}", path.display()),
        }))
    };
    let mut file = match begin(&path) {
        Ok(file) => file,
        Err(error) => return failed("making", &error),
    };
    let mut came = Fetched {
        size: 0,
        sha256: String::new(),
    };
    let mut digest = Digest::default();
    while came.size < wanted.size {
        let piece = ReadOp::FilePart {
            path: wanted.path.clone(),
            offset: came.size,
            length: PIECE,
        };
        let chains = vec![vec![Op::Read(piece)]];
        let mut answers = session.write(&Batch { chains }, permit)?;
        let bytes = match answers.pop() {
            Some(Ok(Reply::Bytes(Some(bytes)))) if !bytes.is_empty() => bytes,
            Some(Err(failure)) => return Ok(Err(failure)),
            _ => break,
        };
        if let Err(error) = file.write_all(&bytes) {
            return failed("writing", &error);
        }
        digest.add(&bytes);
        came.size += bytes.len() as u64;
    }
    came.sha256 = digest.end();
    if (came.size, &came.sha256) != (wanted.size, &wanted.sha256) {
        let message = format!(
            "{} of {} bytes of {} came, with the SHA-256 {} and not {}",
            came.size, wanted.size, wanted.path, came.sha256, wanted.sha256
        );
        // What is left is nobody's.
        let _ = fs::remove_file(beside(&path));
        return Ok(Err(OpFailure::Failed { message }));
    }
    match finish(&path, &file, &wanted.manifest) {
        Ok(()) => Ok(Ok(Reply::Fetched(came))),
        Err(error) => failed("finishing", &error),
    }
}

/// Brings a file to a host, where it has its name only when it is whole.
fn send(
    session: &mut dyn Session,
    from: &Path,
    (path, owner, mode): (&HostPath, &Ownership, u32),
    permit: &Permit,
) -> Result<OpResult, SessionError> {
    let failed = |error: &io::Error| {
        Ok(Err(OpFailure::Failed {
            message: format!("reading {} on this machine: {error}", from.display()),
        }))
    };
    let mut file = match File::open(from) {
        Ok(file) => file,
        Err(error) => return failed(&error),
    };
    let mut offset = 0;
    loop {
        let mut piece = Vec::new();
        let read = io::Read::take(&mut file, PIECE);
        if let Err(error) = { read }.read_to_end(&mut piece) {
            return failed(&error);
        }
        if piece.is_empty() && offset > 0 {
            break;
        }
        let length = piece.len() as u64;
        let part = WriteOp::StagePart {
            path: path.clone(),
            offset,
            content: FileContent::Shared(piece.into()),
            owner: owner.clone(),
            mode,
        };
        if let Some(Err(failure)) = one(session, part, permit)? {
            return Ok(Err(failure));
        }
        offset += length;
        if length < PIECE {
            break;
        }
    }
    let promoted = one(session, WriteOp::PromoteFile { path: path.clone() }, permit)?;
    Ok(promoted.unwrap_or(Err(OpFailure::NotTried)))
}

/// Carries out one change.
fn one(
    session: &mut dyn Session,
    change: WriteOp,
    permit: &Permit,
) -> Result<Option<OpResult>, SessionError> {
    let chains = vec![vec![Op::Write(change)]];
    Ok(session.write(&Batch { chains }, permit)?.pop())
}

/// Reads a snapshot on this machine, as far as it can be judged without etcd's tools, and its manifest.
///
/// # Errors
///
/// When it cannot be read: why, as one clause.
pub(super) fn look_at(path: &Path) -> Result<LocalSnapshot, String> {
    /// How long the digest is that etcd writes at the end of a snapshot, in bytes; what stands before
    /// are pages of 512 bytes or a multiple.
    const SEAL: u64 = 32;
    let failed = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let size = metadata.len();
    let has_seal = size % 512 == SEAL;
    let held = if has_seal { size - SEAL } else { size };
    let mut held_file = io::Read::take(file, held);
    let (mut whole, mut buffer) = (Digest::default(), vec![0; 1 << 20]);
    loop {
        let count = held_file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            break;
        }
        whole.add(&buffer[..count]);
    }
    let of_held = whole.clone().end();
    let mut seal = Vec::new();
    let mut file = held_file.into_inner();
    file.read_to_end(&mut seal).map_err(failed)?;
    whole.add(&seal);
    let hex = etcd_plan_core::op::hex(&seal);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let manifest = match fs::read(path.with_file_name(manifest_name(&name))) {
        Ok(text) => Some(Manifest::from_json(&text)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.to_string())),
    };
    Ok(LocalSnapshot {
        size,
        sha256: whole.end(),
        sealed: has_seal.then(|| hex == of_held),
        manifest,
    })
}

/// The name under which a file is written: nobody takes it for one that is whole.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

fn begin(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        let mut make = fs::DirBuilder::new();
        make.recursive(true).mode(0o700).create(folder)?;
    }
    create(&beside(path))
}

fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// The manifest is there first: what has a name has a manifest.
fn finish(path: &Path, file: &File, manifest: &str) -> io::Result<()> {
    file.sync_all()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let described = path.with_file_name(manifest_name(&name));
    let unfinished = beside(&described);
    let mut text = create(&unfinished)?;
    text.write_all(manifest.as_bytes())?;
    text.sync_all()?;
    fs::rename(&unfinished, &described)?;
    fs::rename(beside(path), path)?;
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Gives the names in a folder; none where it is not there.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        // What is not UTF-8 has no name of ours.
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Deletes a snapshot and its manifest, in that order: what has a name has a manifest.
pub(super) fn delete(folder: &Path, name: &str, _permit: &Permit) -> io::Result<()> {
    for name in [name, &manifest_name(name)] {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
