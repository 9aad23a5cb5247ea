use super::{Change, Decision, Problem, StepContext};
use crate::names::HostPath;
use crate::op::{ReadOp, WriteOp};
use crate::plan::Goal;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let path = context.spec().target_folder();
    vec![ReadOp::Folder { path }]
}

/// A file of a member that the cluster no longer has in the inventory would keep an alarm alive. It
/// is told by its name alone, which no member of another cluster can have.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let folder = context.spec().target_folder();
    let question = ReadOp::Folder {
        path: folder.clone(),
    };
    let names = context.facts()?.names(&question)?;
    let gone: Vec<HostPath> = names
        .iter()
        .filter(|name| is_gone(context, name))
        .map(|name| folder.join(name))
        .collect();
    if gone.is_empty() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: gone.iter().map(|path| format!("- {path}")).collect(),
        ops: gone
            .into_iter()
            .map(|path| WriteOp::RemoveFile { path })
            .collect(),
        check: questions(context),
        ..Change::default()
    }))
}

fn is_gone(context: &StepContext<'_>, name: &str) -> bool {
    let spec = context.spec();
    let seq = name
        .strip_prefix(spec.name.as_str())
        .and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".yml"))
        .and_then(|seq| {
            seq.parse::<u32>()
                .ok()
                .filter(|number| number.to_string() == seq)
        });
    let stays = |seq| spec.members.iter().any(|member| member.seq == seq);
    let is_destroyed = context.run.plan.goal() == Goal::Destroy;
    seq.is_some_and(|seq| is_destroyed || !stays(seq))
}
