use std::collections::BTreeSet;

use super::{Change, Decision, Problem, StepContext};
use crate::cert::CertificateFacts;
use crate::facts::FoundConf;
use crate::op::{FileContent, ReadOp, WriteOp};
use crate::plan::{Goal, MemberFile};
use crate::render::{self, Rendered};

/// The files of which a change can do without a restart, or may: those that name the members of the
/// cluster, and whom a member trusts where a restart is planned; or, while the authority is rotated, whom
/// clients on the host trust.
fn files(context: &StepContext<'_>) -> &'static [MemberFile] {
    match context.run.plan.goal() {
        Goal::RotateCa => &[MemberFile::TrustedCa],
        Goal::Reload => &[
            MemberFile::EtcdConf,
            MemberFile::Environment,
            MemberFile::CaCertificate,
        ],
        _ => &[MemberFile::EtcdConf, MemberFile::Environment],
    }
}

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let paths = || files(context).iter().map(|file| file.wanted().path);
    let stats = paths().map(|path| ReadOp::Stat { path });
    let contents = paths().map(|path| ReadOp::ReadFile { path });
    // Whose certificate is there a guard has to know before an authority is dropped.
    let path = MemberFile::Certificate.wanted().path;
    let certificate = context.run.plan.goal() == Goal::RotateCa;
    let certificate = certificate.then_some(ReadOp::Stat { path });
    stats.chain(contents).chain(certificate).collect()
}

/// A member of the cluster learns who the others are, from files that etcd does not read again while
/// it has its data. A configuration that differs in more than that is left as it is: what a restart
/// brings is for the goal `reload` to decide.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    if !context.run.takes_part(context.cluster(), context.member()) {
        return Ok(Decision::Nothing);
    }
    let is_rotation = context.run.plan.goal() == Goal::RotateCa;
    if is_rotation && !context.run.follows_rotation(context.cluster()) {
        return Ok(Decision::Nothing);
    }
    let mut change = Change::default();
    for &file in files(context) {
        let wanted = file.wanted();
        let what = if is_rotation {
            format!("~ {}: whom clients on the host trust", wanted.path)
        } else {
            format!("~ {}: what etcd does not read again", wanted.path)
        };
        let Rendered::Content(content) = render::member_file(context, file)? else {
            if is_rotation {
                change.lines.push(what);
            }
            continue;
        };
        let is_for_a_restart = match file {
            MemberFile::EtcdConf => needs_restart(context, &content)?,
            MemberFile::CaCertificate => trusts_others(context, &content)?,
            _ => false,
        };
        if is_for_a_restart || context.differs(&wanted.path, &wanted, &content)?.is_none() {
            continue;
        }
        let path = wanted.path;
        change.lines.push(what);
        change.ops.push(WriteOp::StageFile {
            path: path.clone(),
            content,
            owner: wanted.owner,
            mode: wanted.mode,
        });
        change.ops.push(WriteOp::KeepTime { path: path.clone() });
        change.ops.push(WriteOp::PromoteFile { path });
    }
    if change.lines.is_empty() {
        return Ok(Decision::Nothing);
    }
    change.check = questions(context);
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

/// Says whether the file that says whom a member trusts is there and says what is wanted, in whichever
/// way.
pub(crate) fn trusts_as_wanted(context: &StepContext<'_>) -> bool {
    match render::member_file(context, MemberFile::CaCertificate) {
        Ok(Rendered::Content(wanted)) => {
            trusts_others(context, &wanted).is_ok_and(|others| !others)
        }
        _ => false,
    }
}

/// Says whether a member would trust others with the wanted file than with the one that is there: it may
/// say the same in another way.
pub(super) fn trusts_others(
    context: &StepContext<'_>,
    wanted: &FileContent,
) -> Result<bool, Problem> {
    let path = MemberFile::CaCertificate.wanted().path;
    let Some(found) = context.facts()?.bytes(&ReadOp::ReadFile { path })? else {
        return Ok(true);
    };
    let trusted = |pem: &[u8]| {
        let all = CertificateFacts::parse_all(pem).ok()?;
        let all: BTreeSet<Vec<u8>> = all.into_iter().map(|one| one.der).collect();
        Some(all)
    };
    let found = trusted(found);
    Ok(found.is_none() || found != trusted(wanted.bytes()))
}
