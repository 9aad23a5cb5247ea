use super::context::rights;
use super::{Change, Decision, Problem, StepContext};
use crate::names::HostPath;
use crate::op::{FileKind, Ownership, ReadOp, WriteOp};

/// A folder as it is wanted.
struct WantedFolder {
    path: HostPath,
    owner: Ownership,
    mode: u32,
}

/// etcd's folders; data is for etcd alone (0700), or etcd warns.
fn wanted(context: &StepContext<'_>) -> [WantedFolder; 2] {
    let data = context.spec().settings.storage.data.value.clone();
    let folder = |path, mode| WantedFolder {
        path,
        owner: Ownership::both("etcd"),
        mode,
    };
    [
        folder(data, 0o700),
        folder(HostPath::fixed("/etc/etcd"), 0o750),
    ]
}

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    wanted(context)
        .into_iter()
        .map(|folder| ReadOp::Stat { path: folder.path })
        .collect()
}

/// Folders are made, and given owner and mode.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let mut change = Change::default();
    for folder in wanted(context) {
        let question = ReadOp::Stat {
            path: folder.path.clone(),
        };
        let found = context.facts()?.stat(&question)?;
        let line = match found {
            None => format!("+ {}", folder.path),
            Some(found) if found.kind == FileKind::Folder => {
                match rights(found, &folder.owner, folder.mode) {
                    Some(difference) => format!("~ {} {difference}", folder.path),
                    None => continue,
                }
            }
            // A data directory that is a link to another disk is the operator's choice.
            Some(found) if found.kind == FileKind::Link => continue,
            Some(_) => {
                return Err(Problem::new(
                    format!("{} is there and is no folder", folder.path),
                    "move it away, or set `etcd_data` to another path",
                ));
            }
        };
        change.lines.push(line);
        change.check.push(question);
        let WantedFolder { path, owner, mode } = folder;
        change.ops.push(WriteOp::MakeDir { path, owner, mode });
    }
    Ok(if change.lines.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(change)
    })
}
