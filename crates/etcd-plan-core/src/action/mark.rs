//! The note on a host that its cluster is being built.
//!
//! It is there from just before the first start until the cluster is proved. A run that is cut off
//! in between leaves it, and the next run knows that what it finds was never a working cluster: it
//! may be taken away, whatever `etcd_safeguard` says of clusters that are.

use super::{Change, Decision, Problem, StepContext};
use crate::facts::Standing;
use crate::op::{FileContent, Ownership, ReadOp, WriteOp};

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().mark()]
}

/// The note holds the token of the cluster that is being built.
pub(super) fn decide_mark(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let found = context.facts()?.bytes(&context.asks().mark())?;
    let token = context.run.token(context.cluster());
    if !is_being_built(context)? || found.as_deref() == Some(token.as_bytes()) {
        return Ok(Decision::Nothing);
    }
    let path = context.asks().mark_path();
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {path} notes that the cluster is being built")],
        ops: vec![
            WriteOp::StageFile {
                path: path.clone(),
                content: FileContent::Shown(token),
                owner: Ownership::both("etcd"),
                mode: 0o644,
            },
            WriteOp::PromoteFile { path },
        ],
        check: questions(context),
        ..Change::default()
    }))
}

/// A member that is to join is being built until it is what it is wanted to be.
fn is_being_built(context: &StepContext<'_>) -> Result<bool, Problem> {
    if !context.is_joining() {
        return Ok(context.run.builds(context.cluster()));
    }
    let standing = context.run.standing(context.cluster(), context.member())?;
    Ok(match standing {
        Standing::Unlisted | Standing::Unstarted(_) => true,
        Standing::Learner(_) => !context.member().learner,
        Standing::Voter(_) => false,
    })
}

pub(super) fn decide_unmark(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if context.facts()?.bytes(&context.asks().mark())?.is_none() {
        return Ok(Decision::Nothing);
    }
    let path = context.asks().mark_path();
    Ok(Decision::Change(Change {
        lines: vec![format!("- {path}: the cluster is built")],
        ops: vec![WriteOp::RemoveFile { path }],
        check: questions(context),
        ..Change::default()
    }))
}
