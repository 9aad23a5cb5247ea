use super::{Change, Decision, Problem, StepContext};
use crate::facts::FoundConf;
use crate::op::{FileContent, ReadOp, WriteOp};
use crate::plan::MemberFile;
use crate::render::{self, Rendered};

/// The files that name the members of the cluster, and of which a change can do without a restart.
const FILES: [MemberFile; 2] = [MemberFile::EtcdConf, MemberFile::Environment];

pub(super) fn questions() -> Vec<ReadOp> {
    let paths = FILES.map(|file| file.wanted().path);
    let stats = paths.iter().map(|path| ReadOp::Stat { path: path.clone() });
    let contents = paths
        .iter()
        .map(|path| ReadOp::ReadFile { path: path.clone() });
    stats.chain(contents).collect()
}

/// A member of the cluster learns who the others are, from files that etcd does not read again while
/// it has its data. A configuration that differs in more than that is left as it is: what a restart
/// brings is for the goal `reload` to decide.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !context.run.takes_part(context.cluster(), context.member()) {
        return Ok(Decision::Nothing);
    }
    let mut change = Change::default();
    for file in FILES {
        let wanted = file.wanted();
        let Rendered::Content(content) = render::member_file(context, file)? else {
            continue;
        };
        if context.differs(&wanted.path, &wanted, &content)?.is_none()
            || (file == MemberFile::EtcdConf && needs_restart(context, &content)?)
        {
            continue;
        }
        let path = wanted.path;
        change
            .lines
            .push(format!("~ {path}: what etcd does not read again"));
        change.ops.push(WriteOp::StageFile {
            path: path.clone(),
            content,
            owner: wanted.owner,
            mode: wanted.mode,
        });
        change.ops.push(WriteOp::KeepTime { path: path.clone() });
        change.ops.push(WriteOp::PromoteFile { path });
    }
    if change.ops.is_empty() {
        return Ok(Decision::Nothing);
    }
    change.check = questions();
    Ok(Decision::Change(change))
}

/// Says whether a configuration differs from the one that is there in more than what etcd does not
/// read again.
pub(super) fn needs_restart(
    context: &StepContext<'_>,
    wanted: &FileContent,
) -> Result<bool, Problem> {
    let path = MemberFile::EtcdConf.wanted().path;
    let found = context.facts()?.bytes(&ReadOp::ReadFile { path })?;
    Ok(found
        .as_ref()
        .is_none_or(|found| FoundConf::differs_for_good(found, wanted.bytes())))
}
