use super::{Change, Decision, Problem, StepContext, refresh};
use crate::op::{FileContent, ReadOp, WriteOp};
use crate::plan::{FileSet, MemberFile};
use crate::render::{self, Rendered};

pub(super) fn questions(file: MemberFile) -> Vec<ReadOp> {
    let path = file.wanted().path;
    let mut questions = vec![ReadOp::Stat { path: path.clone() }];
    if file.set() == FileSet::Conf || file == MemberFile::CaCertificate {
        // The content is for the difference that a preview shows, and for whom a member trusts.
        questions.push(ReadOp::ReadFile { path });
    }
    questions
}

/// A staged file replaces the one that is there, in one rename.
pub(super) fn decide(context: &StepContext<'_>, file: MemberFile) -> Result<Decision, Problem> {
    let wanted = file.wanted();
    let content = match render::member_file(context, file)? {
        Rendered::Content(content) => content,
        Rendered::NotYet => {
            let lines = vec![format!("+ {}", wanted.path)];
            return Ok(Decision::Change(Change {
                lines,
                ..Change::default()
            }));
        }
    };
    let Some(difference) = context.differs(&wanted.path, &wanted, &content)? else {
        return Ok(Decision::Nothing);
    };
    let is_new = difference == "is not there";
    let line = if is_new {
        format!("+ {}", wanted.path)
    } else {
        format!("~ {} {difference}", wanted.path)
    };
    let path = wanted.path;
    let mut ops = vec![match file {
        MemberFile::Certificate | MemberFile::PrivateKey => together(),
        _ => WriteOp::PromoteFile { path: path.clone() },
    }];
    if !is_new && file.needs_restart() && !is_effective(context, file, &content) {
        ops.insert(0, WriteOp::KeepTime { path });
    }
    Ok(Decision::Change(Change {
        lines: vec![line],
        diff: if is_new {
            None
        } else {
            diff(context, file, &content)
        },
        ops,
        check: questions(file),
        forget: Vec::new(),
    }))
}

/// A certificate and its key go to their places at once: etcd reads both at each new connection, and two
/// that do not belong together are good for none.
pub(super) fn together() -> WriteOp {
    let pair = [MemberFile::Certificate, MemberFile::PrivateKey].map(|file| file.wanted().path);
    let files = pair.map(|path| (WriteOp::staged(&path), path));
    WriteOp::PlaceTogether {
        files: files.to_vec(),
    }
}

/// Says whether etcd, or systemd for it, would read something else than what is there, as far as that is
/// known.
fn is_effective(context: &StepContext<'_>, file: MemberFile, wanted: &FileContent) -> bool {
    if file == MemberFile::EtcdConf {
        return refresh::needs_restart(context, wanted).unwrap_or(true);
    }
    if file == MemberFile::CaCertificate {
        return refresh::trusts_others(context, wanted).unwrap_or(true);
    }
    let path = file.wanted().path;
    let facts = context.facts();
    let found = facts.and_then(|facts| facts.bytes(&ReadOp::ReadFile { path }));
    found.is_ok_and(|found| found.as_deref() != Some(wanted.bytes()))
}

/// The difference in content, of files that may be shown and were read.
pub(super) fn diff(
    context: &StepContext<'_>,
    file: MemberFile,
    wanted: &FileContent,
) -> Option<String> {
    let FileContent::Shown(wanted) = wanted else {
        return None;
    };
    if file.set() != FileSet::Conf {
        return None;
    }
    let path = file.wanted().path;
    let facts = context.facts().ok()?;
    let found = facts
        .bytes(&ReadOp::ReadFile { path: path.clone() })
        .ok()?
        .as_ref()?;
    let found = String::from_utf8_lossy(found);
    let diff = similar::TextDiff::from_lines(found.as_ref(), wanted.as_str());
    Some(
        diff.unified_diff()
            .context_radius(2)
            .header(&format!("{path} (there)"), &format!("{path} (wanted)"))
            .to_string(),
    )
}
