use super::ready::{is_ready, not_ready};
use super::restart::{file_questions, files, place, restart_ops};
use super::{Change, Decision, Problem, StepContext, peers, replace};
use crate::op::{FileContent, ReadOp, WriteOp};
use crate::plan::MemberFile;

/// A member that did not come back gets what it ran on before, and is started with it.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let awaited = facts.awaited(&context.asks().await_back());
    let said = facts.etcd(&context.asks().etcd());
    let is_well = said.is_ok_and(|etcd| is_ready(context.member().learner, etcd));
    // Nobody has waited for it, so the restart itself failed before the member was stopped, or the
    // session ended: the next run sees by what was kept that a restart is owed.
    if is_well && awaited.is_err() {
        return Ok(Decision::Nothing);
    }
    let mut change = Change::default();
    let mut drop = Vec::new();
    for (file, kept) in files(context) {
        let question = ReadOp::ReadFile { path: kept.clone() };
        if let Some(before) = facts.bytes(&question)? {
            let path = file.wanted().path;
            if let (MemberFile::EtcdConf, Some(now)) =
                (file, facts.bytes(&ReadOp::ReadFile { path })?)
            {
                change.ops.extend(peers::update_back(context, before, now));
            }
            let before = FileContent::Shared(before.clone().into());
            change.ops.extend(place(file, &file.wanted().path, before));
            drop.push(WriteOp::RemoveFile { path: kept });
        }
    }
    if let Some(programs) = replace::put_back(context)? {
        change.ops.push(programs.put);
        drop.push(programs.drop);
        change.check.extend(programs.check);
    }
    if drop.is_empty() {
        return match awaited {
            Ok(awaited) if !is_ready(context.member().learner, &awaited.etcd) => {
                Err(not_ready(context, awaited))
            }
            _ => Ok(Decision::Nothing),
        };
    }
    change.lines = vec![format!(
        "~ {} is started with what it ran on before, since it did not come back",
        context.member().name
    )];
    change.ops.extend(restart_ops(context));
    change.ops.extend(drop);
    change.check.push(context.asks().service());
    change.check.extend(file_questions(context));
    change.check.push(context.asks().await_back());
    change.forget = vec![context.asks().etcd(), context.asks().await_back()];
    Ok(Decision::Change(change))
}
