//! What a cluster holds is saved into one file, from one member.

use super::{Change, Decision, Problem, StepContext};
use crate::backup::{self, Manifest};
use crate::cert::UnixTime;
use crate::facts::Basis;
use crate::names::{EtcdId, HostPath};
use crate::op::{Fetch, FileContent, Ownership, ReadOp, SnapshotFacts, WriteOp};
use crate::plan::Goal;
use crate::status::size_of;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = file_questions();
    questions.push(context.asks().etcd());
    // Who has no quorum may not answer: see facts/survivors.rs.
    if context.step.plan().goal() == Goal::Recover {
        questions.push(context.asks().held_revision());
        questions.push(context.asks().recovery_note());
    }
    questions
}

/// What the steps behind the snapshot must know besides: what the member says of itself they leave as
/// it is, since others stand on it.
pub(super) fn file_questions() -> Vec<ReadOp> {
    vec![names(), last()]
}

fn names() -> ReadOp {
    ReadOp::Folder {
        path: backup::folder(),
    }
}

fn last() -> ReadOp {
    ReadOp::ReadFile {
        path: backup::last(),
    }
}

/// The snapshot that this run makes, where it is made.
fn unfinished(context: &StepContext<'_>) -> HostPath {
    let name = backup::unfinished_name(&context.spec().name, &context.run.inputs.stamp);
    backup::folder().join(&name)
}

fn judged(context: &StepContext<'_>) -> ReadOp {
    ReadOp::Snapshot {
        path: unfinished(context),
        count_by: Some(context.asks().access()).filter(|_| !is_copied(context)),
    }
}

/// Says whether a database is copied, since its member does not answer.
fn is_copied(context: &StepContext<'_>) -> bool {
    let basis = context.run.basis(context.cluster());
    matches!(basis, Basis::Survivor { answers: false, .. })
}

fn is_source(context: &StepContext<'_>) -> bool {
    let source = context.run.snapshot_source(context.cluster());
    context.run.saves(context.cluster())
        && source.is_some_and(|source| source.name == context.member().name)
}

/// One member saves what it has, into a file that is found whole before it counts. What a run that was
/// cut off has left goes first.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !is_source(context) {
        return Ok(Decision::Nothing);
    }
    let facts = context.facts()?;
    if let Ok(Some(found)) = facts.snapshot(&judged(context)) {
        return if found.sealed == Some(true) || is_copied(context) {
            Ok(Decision::Nothing)
        } else {
            Err(Problem::new(
                "the snapshot is not whole: it does not end with the digest of what it holds",
                "see whether the disk of the host is full or damaged, and run again",
            ))
        };
    }
    let root = || Ownership::both("root");
    let folder = |path: HostPath| WriteOp::MakeDir {
        path,
        owner: root(),
        mode: 0o700,
    };
    let left = facts.names(&names())?.iter();
    let left = left.filter(|name| backup::is_unfinished(name));
    let left = left.map(|name| WriteOp::RemoveFile {
        path: backup::folder().join(name),
    });
    let mut ops: Vec<WriteOp> = left.collect();
    ops.extend([folder(backup::folder().parent()), folder(backup::folder())]);
    let mut check = vec![judged(context), names()];
    let path = unfinished(context);
    let what = if is_copied(context) {
        ops.push(WriteOp::CopyDatabase {
            service: context.spec().service(),
            data: context.spec().settings.storage.data.value.clone(),
            path,
        });
        check.extend([context.asks().service(), context.asks().listeners()]);
        "the database"
    } else {
        let access = context.asks().access();
        ops.push(WriteOp::SaveSnapshot { access, path });
        "a snapshot"
    };
    let to = match &context.step.plan().options().backup.to {
        Some(folder) => format!("{folder} here"),
        None => backup::folder().to_string(),
    };
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "+ {what} of {}, from {}, into {to}{}",
            context.spec().name,
            context.member().name,
            size(context)
        )],
        ops,
        check,
        ..Change::default()
    }))
}

/// Says how much it will be, as far as the member says.
fn size(context: &StepContext<'_>) -> String {
    let facts = context.facts().ok();
    let said = facts.and_then(|facts| context.asks().last_said(facts).ok());
    let status = said.and_then(|said| said.status.as_ref());
    status.map_or_else(String::new, |status| {
        let size = size_of(status.db_size);
        format!(": {size}, revision {}", status.revision)
    })
}

/// What was found in the snapshot of this run, with the name that it gets.
fn found<'a>(context: &StepContext<'a>) -> Result<(&'a SnapshotFacts, String), Problem> {
    let found = context.facts()?.snapshot(&judged(context))?;
    let found = found.as_ref().ok_or_else(|| {
        Problem::new(
            "the snapshot is not there any more",
            "see who deletes it, and run again",
        )
    })?;
    let stamp = &context.run.inputs.stamp;
    let name = backup::file_name(&context.spec().name, found.revision, stamp);
    Ok((found, name))
}

fn manifest(
    context: &StepContext<'_>,
    found: &SnapshotFacts,
    name: String,
) -> Result<Manifest, Problem> {
    let (cluster_id, etcd_version) = if is_copied(context) {
        let package = context.facts()?.package(&ReadOp::Package)?;
        let version = package.etcd.as_ref().map(ToString::to_string);
        (EtcdId(0), version.unwrap_or_default())
    } else {
        let said = context.asks().last_said(context.facts()?)?;
        let status = said.status.as_ref();
        let status =
            status.ok_or_else(|| Problem::new("the member does not say who it is", "run again"))?;
        (status.cluster_id, status.version.clone())
    };
    Ok(Manifest {
        format: Manifest::FORMAT.to_owned(),
        kept_at: match &context.step.plan().options().backup.to {
            Some(folder) => format!("{folder}/{name}"),
            None => format!(
                "{}:{}",
                context.member().host.name,
                backup::folder().join(&name)
            ),
        },
        file: name,
        cluster: context.spec().name.clone(),
        cluster_id,
        revision: found.revision,
        keys: found.keys,
        size: found.size,
        sha256: found.sha256.clone(),
        sealed: found.sealed == Some(true),
        etcd_version,
        taken_from: context.member().name.clone(),
        taken_at: UnixTime(context.run.inputs.now).to_string(),
        taken_at_unix: context.run.inputs.now,
    })
}

/// It comes to the control machine piece by piece, and is kept there if it is what it was on the host.
pub(super) fn decide_fetch(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let Some(folder) = &context.step.plan().options().backup.to else {
        return Ok(Decision::Nothing);
    };
    if !is_source(context) {
        return Ok(Decision::Nothing);
    }
    let (found, name) = found(context)?;
    let to = format!("{folder}/{name}");
    let question = ReadOp::Fetch(Fetch {
        path: unfinished(context),
        to: to.clone(),
        size: found.size,
        sha256: found.sha256.clone(),
        manifest: manifest(context, found, name)?.to_json(),
    });
    if context.facts()?.fetched(&question).is_ok() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {to} ({})", size_of(found.size))],
        check: vec![question],
        ..Change::default()
    }))
}

/// What was saved is noted on the host, where it gets its name or, once it has come to the control
/// machine, goes.
pub(super) fn decide_record(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !is_source(context) {
        return Ok(Decision::Nothing);
    }
    let (found, name) = found(context)?;
    let text = manifest(context, found, name.clone())?.to_json();
    let facts = context.facts()?;
    let there = facts.names(&names())?;
    let is_there = |name: &str| there.iter().any(|there| there == name);
    let mut change = Change {
        check: vec![names(), last()],
        ..Change::default()
    };
    let (path, folder) = (unfinished(context), backup::folder());
    let options = &context.step.plan().options().backup;
    if options.to.is_some() {
        if is_there(path.file_name()) {
            change.ops.push(WriteOp::RemoveFile { path });
        }
    } else {
        // Of another run in the same second, with the same revision.
        if is_there(&name) && is_there(path.file_name()) {
            change.ops.push(WriteOp::RemoveFile { path });
        } else if !is_there(&name) {
            let beside = folder.join(&backup::manifest_name(&name));
            change.ops.extend(write(beside, &text));
            change.lines.push(format!("+ {}", folder.join(&name)));
            change.ops.push(WriteOp::MoveAside {
                path,
                to: folder.join(&name),
            });
        }
        let all = there.iter().map(String::as_str);
        let all = all.chain([&*name].into_iter().filter(|name| !is_there(name)));
        let keep = options.keep.unwrap_or(u32::MAX);
        for old in backup::outdated(all, &context.spec().name, keep) {
            change
                .lines
                .push(format!("- {} is outdated", folder.join(old)));
            for gone in [old, &backup::manifest_name(old)] {
                let path = folder.join(gone);
                change.ops.push(WriteOp::RemoveFile { path });
            }
        }
    }
    if facts.bytes(&last())?.as_deref() != Some(text.as_bytes()) {
        change.ops.extend(write(backup::last(), &text));
    }
    Ok(if change.ops.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(change)
    })
}

/// Writes a text for root alone.
pub(super) fn write(path: HostPath, text: &str) -> [WriteOp; 2] {
    [
        WriteOp::StageFile {
            path: path.clone(),
            content: FileContent::Shown(text.to_owned()),
            owner: Ownership::both("root"),
            mode: 0o600,
        },
        WriteOp::PromoteFile { path },
    ]
}

/// Snapshots on the control machine that are older than those to be kept.
pub(super) fn decide_prune(context: &StepContext<'_>) -> Decision {
    let folder = context.step.plan().options().backup.to.as_deref();
    let lines: Vec<String> = outdated(context)
        .into_iter()
        .map(|name| format!("- {}/{name} is outdated", folder.unwrap_or_default()))
        .collect();
    if lines.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(Change {
            lines,
            ..Change::default()
        })
    }
}

/// Gives the names of the snapshots on the control machine that are outdated, with the one that this
/// run makes.
pub fn outdated(context: &StepContext<'_>) -> Vec<String> {
    let keep = context.step.plan().options().backup.keep;
    let Some(keep) = keep.filter(|_| context.run.saves(context.cluster())) else {
        return Vec::new();
    };
    let (names, stamp) = (&context.run.observation.backups, &context.run.inputs.stamp);
    let has_new = names.iter().any(|name| name.contains(stamp.as_str()));
    // Before it is there its revision is not known, and not needed.
    let new = backup::file_name(&context.spec().name, 0, stamp);
    let all = names.iter().map(String::as_str);
    let all = all.chain([new.as_str()].into_iter().filter(|_| !has_new));
    let outdated = backup::outdated(all, &context.spec().name, keep).into_iter();
    outdated.map(str::to_owned).collect()
}
