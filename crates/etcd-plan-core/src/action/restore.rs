//! A member's store is made of a snapshot, beside its place, and goes there when what was there is gone.

use super::{Change, Decision, Problem, StepContext};
use crate::facts::LocalSnapshot;
use crate::names::HostPath;
use crate::op::{Ownership, ReadOp, RestoredMember, WriteOp};
use crate::plan::RestoreOptions;
use crate::status::size_of;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![
        ReadOp::RestoreTool,
        context.asks().data_dir(),
        token(&folder(context, false)),
        token(&folder(context, true)),
    ];
    if let Ok(snapshot) = snapshot(context) {
        questions.push(judged(snapshot));
    }
    questions
}

/// The snapshot on the control machine.
fn snapshot<'a>(context: &StepContext<'a>) -> Result<&'a LocalSnapshot, Problem> {
    let read = context.run.observation.snapshot.as_ref();
    let hint = "name the file that `backup` has made, and run again";
    let read = read.ok_or_else(|| Problem::new("the snapshot was not read", hint))?;
    read.as_ref().map_err(|why| Problem::new(why.clone(), hint))
}

fn options<'a>(context: &StepContext<'a>) -> Result<&'a RestoreOptions, Problem> {
    let options = context.step.plan().options().restore.as_ref();
    options.ok_or_else(|| Problem::new("the plan names no snapshot", "make the plan again"))
}

/// Where a snapshot lies on a host, by its digest: one that a run which was cut off has brought is not
/// brought again.
fn place(snapshot: &LocalSnapshot) -> HostPath {
    let name = format!("{}.db", &snapshot.sha256[..16.min(snapshot.sha256.len())]);
    HostPath::fixed("/var/lib/etcd-plan/restore").join(&name)
}

fn judged(snapshot: &LocalSnapshot) -> ReadOp {
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
    let (snapshot, options) = (snapshot(context)?, options(context)?);
    let facts = context.facts()?;
    let question = judged(snapshot);
    let found = facts.snapshot(&question).ok().and_then(Option::as_ref);
    let is_there = found.is_some_and(|found| found.sha256 == snapshot.sha256);
    let has_tool = facts
        .restore_tool(&ReadOp::RestoreTool)
        .is_ok_and(|tool| !tool.name.is_empty());
    if is_there && has_tool {
        return Ok(Decision::Nothing);
    }
    let path = place(snapshot);
    let root = || Ownership::both("root");
    let folder = |path: HostPath| WriteOp::MakeDir {
        path,
        owner: root(),
        mode: 0o700,
    };
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "+ {path}: the snapshot {} ({})",
            options.snapshot,
            size_of(snapshot.size)
        )],
        ops: vec![
            folder(path.parent().parent()),
            folder(path.parent()),
            WriteOp::SendFile {
                from: options.snapshot.clone(),
                path,
                owner: root(),
                mode: 0o600,
            },
        ],
        check: vec![question, ReadOp::RestoreTool],
        ..Change::default()
    }))
}

/// By how much the revision is raised: members are alike only where the tools of all can do it.
fn bump(context: &StepContext<'_>) -> Result<Option<u64>, Problem> {
    let (spec, run) = (context.spec(), context.run);
    let bump = options(context)?.bump_revision;
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
    let snapshot = snapshot(context)?;
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
            snapshot: place(snapshot),
            into,
            member: RestoredMember {
                name: member.name.clone(),
                peer_url: spec.peer_url(member),
                initial_cluster: all.collect::<Vec<_>>().join(","),
                token: wanted,
            },
            bump,
            is_copy: snapshot.sealed.is_none(),
        }],
        check: vec![question],
        ..Change::default()
    }))
}

/// A store that was made goes into the data directory, which is empty by then. Its token goes last.
pub(super) fn decide_place(context: &StepContext<'_>) -> Result<Decision, Problem> {
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

pub(super) fn decide_drop(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let question = judged(snapshot(context)?);
    if context.facts()?.snapshot(&question)?.is_none() {
        return Ok(Decision::Nothing);
    }
    let path = place(snapshot(context)?);
    Ok(Decision::Change(Change {
        ops: vec![WriteOp::RemoveFile { path }],
        check: vec![question],
        ..Change::default()
    }))
}
