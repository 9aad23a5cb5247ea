use super::{Change, Decision, Problem, StepContext};
use crate::op::{ReadOp, WriteOp};
use crate::plan::FileSet;
use crate::render::{self, Rendered};

pub(super) fn questions(files: FileSet) -> Vec<ReadOp> {
    files
        .files()
        .iter()
        .map(|file| ReadOp::Stat {
            path: file.wanted().path,
        })
        .collect()
}

/// A file that is not as wanted is written beside its place, so that all is there before anything
/// is taken away.
pub(super) fn decide(context: &StepContext<'_>, files: FileSet) -> Result<Decision, Problem> {
    let mut change = Change::default();
    for file in files.files() {
        let wanted = file.wanted();
        let content = match render::member_file(context, *file)? {
            Rendered::Content(content) => content,
            // The certificate is not issued yet: a preview.
            Rendered::NotYet => {
                change.lines.push(format!("+ {} (staged)", wanted.path));
                continue;
            }
        };
        if context.differs(&wanted.path, &wanted, &content)?.is_none() {
            continue;
        }
        let staged = WriteOp::staged(&wanted.path);
        let question = ReadOp::Stat {
            path: staged.clone(),
        };
        let is_staged = context.facts()?.stat(&question).is_ok()
            && context.differs(&staged, &wanted, &content)?.is_none();
        if is_staged {
            continue;
        }
        change.lines.push(format!("+ {} (staged)", wanted.path));
        change.check.push(question);
        change.ops.push(WriteOp::StageFile {
            path: wanted.path,
            content,
            owner: wanted.owner,
            mode: wanted.mode,
        });
    }
    Ok(if change.lines.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(change)
    })
}
