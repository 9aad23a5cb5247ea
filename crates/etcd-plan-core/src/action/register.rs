use super::{Change, Decision, Problem, StepContext};
use crate::op::{FileContent, Ownership, ReadOp, WriteOp};
use crate::plan::WantedFile;
use crate::render;

fn wanted(context: &StepContext<'_>) -> WantedFile {
    WantedFile {
        path: context.spec().target_file(context.member()),
        owner: Ownership::both("root"),
        mode: 0o644,
    }
}

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![ReadOp::Stat {
        path: wanted(context).path,
    }]
}

/// Prometheus finds the member in a file of its own on each host of group `infra`.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let wanted = wanted(context);
    let content = FileContent::Shown(render::target(context.spec(), context.member())?);
    let Some(difference) = context.differs(&wanted.path, &wanted, &content)? else {
        return Ok(Decision::Nothing);
    };
    let line = match difference.as_str() {
        "is not there" => format!("+ {}", wanted.path),
        difference => format!("~ {} {difference}", wanted.path),
    };
    let path = wanted.path.clone();
    Ok(Decision::Change(Change {
        lines: vec![line],
        ops: vec![
            WriteOp::StageFile {
                path: path.clone(),
                content,
                owner: wanted.owner,
                mode: wanted.mode,
            },
            WriteOp::PromoteFile { path },
        ],
        check: questions(context),
        ..Change::default()
    }))
}
