use super::{Change, Decision, Problem, StepContext, purge, stop};
use crate::op::ReadOp;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    purge::questions(context)
}

/// A member that was taken out again has data that no cluster takes back: it is stopped, and what it
/// holds is moved aside, so that the next join begins as this one did.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let stopped = stop::decide(context)?;
    let moved = purge::move_aside(context)?;
    let changes = [stopped, moved]
        .into_iter()
        .filter_map(|decision| match decision {
            Decision::Nothing => None,
            Decision::Change(change) => Some(change),
        });
    let all = changes.reduce(|mut all, change| {
        all.lines.extend(change.lines);
        all.ops.extend(change.ops);
        all.check.extend(change.check);
        all.forget.extend(change.forget);
        all
    });
    Ok(all.map_or(Decision::Nothing, |change: Change| Decision::Change(change)))
}
