use super::{Change, Decision, Problem, StepContext, install, replace};
use crate::names::EtcdVersion;
use crate::op::{Ownership, ReadOp, WriteOp};
use crate::spec::PackageFile;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![ReadOp::Package, context.asks().auth()];
    questions.extend(context.run.target(context.cluster()).map(|version| {
        match &context.spec().settings.package.package.value {
            Some(file) => ReadOp::Stat {
                path: replace::folder(version).join(file.file_name()),
            },
            None => ReadOp::Folder {
                path: replace::folder(version),
            },
        }
    }));
    questions
}

/// The packages are on the host before a member goes down, and nothing is installed yet.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let package = facts.package(&ReadOp::Package)?;
    let Some(version) = context.run.target(context.cluster()) else {
        return Ok(Decision::Nothing);
    };
    if replace::is_met(version, package.etcd.as_ref()) {
        return Ok(Decision::Nothing);
    }
    if let Some(file) = &context.spec().settings.package.package.value {
        return send(context, version, file);
    }
    let folder = replace::folder(version);
    let question = ReadOp::Folder {
        path: folder.clone(),
    };
    if !facts.names(&question)?.is_empty() {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("+ packages of etcd {version} in {folder}")],
        ops: vec![WriteOp::FetchPackage {
            version: version.clone(),
            folder,
        }],
        check: vec![question],
        ..Change::default()
    }))
}

fn send(
    context: &StepContext<'_>,
    version: &EtcdVersion,
    file: &PackageFile,
) -> Result<Decision, Problem> {
    let content = install::content(context, file)?;
    let path = replace::folder(version).join(file.file_name());
    let question = ReadOp::Stat { path: path.clone() };
    let found = context.facts()?.stat(&question)?.as_ref();
    if found.is_some_and(|found| found.sha256.as_deref() == Some(&content.sha256())) {
        return Ok(Decision::Nothing);
    }
    Ok(Decision::Change(Change {
        lines: vec![format!("+ {path}, sent from here")],
        ops: vec![
            WriteOp::StageFile {
                path: path.clone(),
                content,
                owner: Ownership::both("root"),
                mode: 0o600,
            },
            WriteOp::PromoteFile { path },
        ],
        check: vec![question],
        ..Change::default()
    }))
}
