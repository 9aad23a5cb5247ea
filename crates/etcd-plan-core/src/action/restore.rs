//! A member's store is made of a snapshot, beside its place, and goes there when what was there is gone.

use super::snapshot::write;
use super::{Change, Decision, Problem, StepContext};
use crate::backup::Manifest;
use crate::facts::{Basis, HostFacts};
use crate::names::HostPath;
use crate::op::{Ownership, ReadOp, RestoredMember, WriteOp};
use crate::plan::{Goal, RestoreOptions};
use crate::status::size_of;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![
        ReadOp::RestoreTool,
        context.asks().data_dir(),
        token(&folder(context, false)),
        token(&folder(context, true)),
        brought(),
    ];
    // What a recovery is made of is not known before it was saved.
    if context.step.plan().goal() == Goal::Recover {
        questions.push(context.asks().recovery_note());
    } else if let Ok(Some(snapshot)) = snapshot(context) {
        questions.push(judged(&snapshot));
    }
    questions
}

/// The snapshot on the control machine that the stores are made of.
struct Snapshot {
    /// Absolute, or relative to the folder of the run.
    file: String,
    size: u64,
    sha256: String,
    /// Whether it is a copied database, which ends with no digest.
    is_copy: bool,
    /// What a host notes of it as long as the run is under way, so that the next one goes on from it.
    note: Option<String>,
}

/// Gives the snapshot; none where nothing is to be made of one.
fn snapshot(context: &StepContext<'_>) -> Result<Option<Snapshot>, Problem> {
    let (run, cluster) = (context.run, context.cluster());
    if context.step.plan().goal() != Goal::Recover {
        return named(context).map(Some);
    }
    match run.basis(cluster) {
        Basis::Nothing => Ok(None),
        Basis::Taken(manifest) => Ok(Some(Snapshot::of(manifest))),
        Basis::Survivor { .. } => {
            let hosts = context.spec().members.iter();
            let facts = hosts.filter_map(|member| run.observation.facts(&member.host.name).ok());
            let mut answers = facts.flat_map(HostFacts::iter);
            let fetched = answers.find_map(|(question, answer)| match question {
                ReadOp::Fetch(fetch) if answer.is_ok() => Some(fetch),
                _ => None,
            });
            let unknown = || Problem::new("the snapshot was not taken yet", "run again");
            let manifest = fetched.ok_or_else(unknown)?.manifest.as_bytes();
            let manifest = Manifest::from_json(manifest).map_err(|_| unknown())?;
            Ok(Some(Snapshot::of(&manifest)))
        }
    }
}

/// Gives the snapshot that the plan names.
fn named(context: &StepContext<'_>) -> Result<Snapshot, Problem> {
    let options = context.step.plan().options().restore.as_ref();
    let options =
        options.ok_or_else(|| Problem::new("the plan names no snapshot", "make the plan again"))?;
    let read = context.run.observation.snapshot.as_ref();
    let hint = "name the file that `backup` has made, and run again";
    let read = read.ok_or_else(|| Problem::new("the snapshot was not read", hint))?;
    let read = read
        .as_ref()
        .map_err(|why| Problem::new(why.clone(), hint))?;
    Ok(Snapshot {
        file: options.snapshot.clone(),
        size: read.size,
        sha256: read.sha256.clone(),
        is_copy: read.sealed.is_none(),
        note: None,
    })
}

impl Snapshot {
    /// Gives the one that a manifest tells of.
    fn of(manifest: &Manifest) -> Self {
        Self {
            file: manifest.kept_at.clone(),
            size: manifest.size,
            sha256: manifest.sha256.clone(),
            is_copy: !manifest.sealed,
            note: Some(manifest.to_json()),
        }
    }
}

/// The folder on a host that snapshots are brought to.
fn restore_folder() -> HostPath {
    HostPath::fixed("/var/lib/etcd-plan/restore")
}

fn brought() -> ReadOp {
    ReadOp::Folder {
        path: restore_folder(),
    }
}

/// Where a snapshot lies on a host, by its digest: one that a run which was cut off has brought is not
/// brought again.
fn place(snapshot: &Snapshot) -> HostPath {
    let name = format!("{}.db", &snapshot.sha256[..16.min(snapshot.sha256.len())]);
    restore_folder().join(&name)
}

fn judged(snapshot: &Snapshot) -> ReadOp {
    ReadOp::Snapshot {
        path: place(snapshot),
        count_by: None,
    }
}

/// Where the store is made: beside the data directory, or within it where that stays where it is, so
/// that it takes no more than a rename to put it in place.
fn folder(context: &StepContext<'_>, fixed: bool) -> HostPath {
    let data = &context.spec().settings.storage.data.value;
    if fixed {
        data.join(".restored")
    } else {
        data.with_suffix(".restored")
    }
}

fn own_folder(context: &StepContext<'_>) -> Result<HostPath, Problem> {
    let data = context.facts()?.data_dir(&context.asks().data_dir())?;
    Ok(folder(context, data.fixed))
}

/// What says of which cluster the store is that was made.
fn token(folder: &HostPath) -> ReadOp {
    ReadOp::ReadFile {
        path: folder.with_suffix(".token"),
    }
}

/// The host gets the snapshot, whole, and a tool that restores it.
pub(super) fn decide_send(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let Some(snapshot) = snapshot(context)? else {
        return Ok(Decision::Nothing);
    };
    let facts = context.facts()?;
    let question = judged(&snapshot);
    let found = facts.snapshot(&question).ok().and_then(Option::as_ref);
    let is_there = found.is_some_and(|found| found.sha256 == snapshot.sha256);
    let has_tool = facts
        .restore_tool(&ReadOp::RestoreTool)
        .is_ok_and(|tool| !tool.name.is_empty());
    let noted = facts.bytes(&context.asks().recovery_note()).ok();
    let noted = noted.and_then(Option::as_deref);
    let is_noted = snapshot.note.is_none() || snapshot.note.as_deref().map(str::as_bytes) == noted;
    if is_there && has_tool && is_noted {
        return Ok(Decision::Nothing);
    }
    let path = place(&snapshot);
    let root = || Ownership::both("root");
    let folder = |path: HostPath| WriteOp::MakeDir {
        path,
        owner: root(),
        mode: 0o700,
    };
    let mut ops = vec![folder(path.parent().parent()), folder(path.parent())];
    ops.push(WriteOp::SendFile {
        from: snapshot.file.clone(),
        path: path.clone(),
        owner: root(),
        mode: 0o600,
    });
    let mut check = vec![question, ReadOp::RestoreTool, brought()];
    if let Some(note) = &snapshot.note {
        ops.extend(write(context.asks().recovery_note_path(), note));
        check.push(context.asks().recovery_note());
    }
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "+ {path}: the snapshot {} ({})",
            snapshot.file,
            size_of(snapshot.size)
        )],
        ops,
        check,
        ..Change::default()
    }))
}

/// By how much the revision is raised: members are alike only where the tools of all can do it.
fn bump(context: &StepContext<'_>) -> Result<Option<u64>, Problem> {
    let (spec, run) = (context.spec(), context.run);
    let asked = context.step.plan().options().restore.as_ref();
    let bump = asked.map_or(RestoreOptions::BUMP, |asked| asked.bump_revision);
    for member in &spec.members {
        let facts = run.observation.facts(&member.host.name)?;
        if !facts.restore_tool(&ReadOp::RestoreTool)?.bumps {
            return Ok(None);
        }
    }
    Ok(Some(bump).filter(|bump| *bump > 0))
}

pub(super) fn decide_build(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let (spec, member, run) = (context.spec(), context.member(), context.run);
    let wanted = run.token(context.cluster());
    let into = own_folder(context)?;
    let question = token(&into);
    if context.facts()?.bytes(&question)?.as_deref() == Some(wanted.as_bytes()) {
        return Ok(Decision::Nothing);
    }
    let Some(snapshot) = snapshot(context)? else {
        return Ok(Decision::Nothing);
    };
    let bump = bump(context)?;
    let how = match bump {
        Some(bump) => format!("its revision raised by {bump}, all before marked as compacted"),
        None => "its revision as it was, since the tools on the hosts cannot raise it".to_owned(),
    };
    let all = spec.members.iter();
    let all = all.map(|member| format!("{}={}", member.name, spec.peer_url(member)));
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {into}: the store of {}, {how}", member.name)],
        ops: vec![WriteOp::RestoreSnapshot {
            snapshot: place(&snapshot),
            into,
            member: RestoredMember {
                name: member.name.clone(),
                peer_url: spec.peer_url(member),
                initial_cluster: all.collect::<Vec<_>>().join(","),
                token: wanted,
            },
            bump,
            is_copy: snapshot.is_copy,
        }],
        check: vec![question],
        ..Change::default()
    }))
}

/// A store that was made goes into the data directory, which is empty by then. Its token goes last.
pub(super) fn decide_place(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if matches!(snapshot(context), Ok(None)) {
        return Ok(Decision::Nothing);
    }
    let facts = context.facts()?;
    let from = own_folder(context)?;
    let question = token(&from);
    let wanted = context.run.token(context.cluster());
    match facts.bytes(&question)?.as_deref() {
        Some(found) if found == wanted.as_bytes() => {}
        None if facts.data_dir(&context.asks().data_dir())?.wal => return Ok(Decision::Nothing),
        _ => {
            return Err(Problem::new(
                format!("the store that was made in {from} is not there any more"),
                "see who takes it away, and run again: it is made anew",
            ));
        }
    }
    let to = context.spec().settings.storage.data.value.clone();
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {to}: the store of the snapshot")],
        ops: vec![WriteOp::PlaceStore {
            from,
            to,
            owner: Ownership::both("etcd"),
        }],
        check: vec![question, context.asks().data_dir()],
        ..Change::default()
    }))
}

/// All that was brought goes, and the note last: as long as that is there, something is left to be done.
pub(super) fn decide_drop(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let names = context.facts()?.names(&brought())?;
    let note = context.asks().recovery_note_path();
    let (notes, others): (Vec<HostPath>, Vec<HostPath>) = names
        .iter()
        .map(|name| restore_folder().join(name))
        .partition(|path| *path == note);
    let gone = others.into_iter().chain(notes);
    let ops: Vec<WriteOp> = gone.map(|path| WriteOp::RemoveFile { path }).collect();
    if ops.is_empty() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        ops,
        check: vec![brought(), context.asks().recovery_note()],
        ..Change::default()
    }))
}
