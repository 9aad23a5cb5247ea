//! A member that runs on gets a new certificate and key, and is proved with it.

use super::ready::{TIMEOUT, is_ready, not_ready};
use super::{Change, Decision, Problem, StepContext, promote};
use crate::cert::CertificateFacts;
use crate::names::HostPath;
use crate::op::{FileFacts, ReadOp, WriteOp};
use crate::plan::{Goal, MemberFile};
use crate::render::{self, Rendered};

const PAIR: [MemberFile; 2] = [MemberFile::Certificate, MemberFile::PrivateKey];

/// Where a file lies that a member had, until the member is known to be well with the new one. Both kept
/// also say that a proof is owed: a run was cut off before it.
fn kept(file: MemberFile) -> HostPath {
    HostPath::fixed(&format!("/etc/etcd/.{}.before", file.name()))
}

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = file_questions();
    let path = MemberFile::CaCertificate.wanted().path;
    questions.push(ReadOp::ReadFile { path });
    questions.push(context.asks().etcd());
    if context.run.plan.goal() == Goal::RotateCa {
        questions.extend(super::restart::file_questions(context));
        questions.sort();
        questions.dedup();
    }
    questions
}

fn file_questions() -> Vec<ReadOp> {
    let paths = PAIR
        .into_iter()
        .flat_map(|file| [file.wanted().path, kept(file)]);
    paths.map(|path| ReadOp::Stat { path }).collect()
}

/// Certificate and key are written beside their places and go there at once, without a restart: etcd
/// reads both at each new connection (facts.md S21). What is there is kept first.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let name = &context.member().name;
    let mut change = Change::default();
    let keeps_both = kept_files(context)? == 2;
    for file in PAIR {
        let (wanted, path) = (file.wanted(), file.wanted().path);
        let content = match render::member_file(context, file)? {
            Rendered::Content(content) => content,
            Rendered::NotYet => {
                change.lines = vec![format!(
                    "~ {name} gets its new certificate and key, without a restart"
                )];
                return Ok(Decision::Change(change));
            }
        };
        let Some(difference) = context.differs(&path, &wanted, &content)? else {
            continue;
        };
        change.lines.push(format!("~ {path} {difference}"));
        change.ops.push(WriteOp::StageFile {
            path,
            content,
            owner: wanted.owner,
            mode: wanted.mode,
        });
    }
    if change.ops.is_empty() {
        return Ok(Decision::Nothing);
    }
    // What was kept before is what the member was last known to be well with, if it is a whole pair.
    if !keeps_both {
        let keep = PAIR.map(|file| WriteOp::KeepFile {
            path: file.wanted().path,
            kept: kept(file),
        });
        change.ops.splice(0..0, keep);
    }
    change.ops.push(promote::together());
    change.check = file_questions();
    change.forget = vec![context.asks().etcd(), context.asks().await_back()];
    Ok(Decision::Change(change))
}

/// A member is well with its new certificate: it answers a linearizable read over a connection that is
/// made for that, and presents that certificate there, as far as a tool is there to see it. What it had is
/// dropped then.
pub(super) fn decide_proof(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let is_renewed = facts.etcd(&context.asks().etcd()).is_err();
    if !is_renewed && kept_files(context)? == 0 {
        return Ok(Decision::Nothing);
    }
    let (awaited, presented) = (context.asks().await_back(), context.asks().presented());
    let wait = Decision::Change(Change {
        check: vec![awaited.clone(), presented.clone()],
        forget: vec![context.asks().etcd()],
        ..Change::default()
    });
    let Ok(awaited) = facts.awaited(&awaited) else {
        return Ok(wait);
    };
    let name = &context.member().name;
    if !is_ready(context.member().learner, &awaited.etcd) {
        if !awaited.service.state.is_alive() || awaited.waited >= TIMEOUT {
            return Err(stopped_at(context, not_ready(context, awaited)));
        }
        return Ok(wait);
    }
    let Ok(presented) = facts.presented(&presented) else {
        return Ok(wait);
    };
    let wanted = wanted(context)?;
    if let (Some(found), Some(wanted)) = (presented, &wanted)
        && *found != wanted.sha256()
    {
        let message = format!(
            "{name} presents another certificate than its new one: that with the SHA-256 {found}"
        );
        let hint = "see which file `cert-file` of its etcd.conf names";
        return Err(stopped_at(context, Problem::new(message, hint)));
    }
    if kept_files(context)? == 0 {
        return Ok(Decision::Nothing);
    }
    let seen = match (presented, wanted) {
        (Some(_), Some(wanted)) => format!("presents the certificate {}", wanted.serial),
        _ => "answers; what it presents nobody could see, without openssl there".to_owned(),
    };
    let drop = PAIR.map(|file| WriteOp::RemoveFile { path: kept(file) });
    Ok(Decision::Change(Change {
        lines: vec![format!("~ {name} {seen}, on a new connection")],
        ops: drop.to_vec(),
        check: file_questions(),
        ..Change::default()
    }))
}

/// A member that is not well with its new certificate gets back what it had.
pub(super) fn decide_return(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let awaited = facts.awaited(&context.asks().await_back());
    let said = facts.etcd(&context.asks().etcd());
    let is_well = said.is_ok_and(|etcd| is_ready(context.member().learner, etcd));
    // Nobody has waited for it, so nothing was put in place, or the session ended: the next run sees by
    // what was kept that a proof is owed.
    if is_well && awaited.is_err() {
        return Ok(Decision::Nothing);
    }
    // Half a pair is of no use.
    if kept_files(context)? != 2 {
        return match awaited {
            Ok(awaited) if !is_ready(context.member().learner, &awaited.etcd) => {
                Err(not_ready(context, awaited))
            }
            _ => Ok(Decision::Nothing),
        };
    }
    let mut check = file_questions();
    check.push(context.asks().await_back());
    Ok(Decision::Change(Change {
        lines: vec![format!(
            "~ {} gets back the certificate and key it had, since it was not well with the new",
            context.member().name
        )],
        ops: vec![WriteOp::PlaceTogether {
            files: PAIR.map(|file| (kept(file), file.wanted().path)).to_vec(),
        }],
        check,
        forget: vec![
            context.asks().etcd(),
            context.asks().await_back(),
            context.asks().presented(),
        ],
        ..Change::default()
    }))
}

/// Counts the files that were kept.
fn kept_files(context: &StepContext<'_>) -> Result<usize, Problem> {
    let facts = context.facts()?;
    let mut count = 0;
    for file in PAIR {
        let found: &Option<FileFacts> = facts.stat(&ReadOp::Stat { path: kept(file) })?;
        count += usize::from(found.is_some());
    }
    Ok(count)
}

/// Gives the certificate that the member is to present; none where it is not there yet.
fn wanted(context: &StepContext<'_>) -> Result<Option<CertificateFacts>, Problem> {
    Ok(
        match render::member_file(context, MemberFile::Certificate)? {
            Rendered::Content(content) => CertificateFacts::parse(content.bytes()).ok(),
            Rendered::NotYet => None,
        },
    )
}

fn stopped_at(context: &StepContext<'_>, problem: Problem) -> Problem {
    let Problem { message, hint } = problem;
    let name = &context.member().name;
    let again = match context.run.plan.goal() {
        Goal::RotateCa => "rotate again: it goes on from there",
        _ => "rotate again",
    };
    let also = format!(
        "{name} gets back the certificate it had, and no other member gets a new one; mend that, and \
         {again}"
    );
    let hint = if hint.is_empty() {
        also
    } else {
        format!("{hint}; {also}")
    };
    Problem::new(message, hint)
}
