use super::{Change, Decision, Problem, StepContext};
use crate::names::HostPath;
use crate::op::{FileContent, Ownership, ReadOp, WriteOp};
use crate::spec::PackageFile;

pub(super) fn questions() -> Vec<ReadOp> {
    vec![ReadOp::System, ReadOp::Package]
}

/// A package that is there is left alone: another version than the one asked for was refused by
/// the guard `prerequisites`, and changing it is an upgrade.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let package = context.facts()?.package(&ReadOp::Package)?;
    let version = context.spec().settings.package.version.value.clone();
    let is_throwaway = context.facts()?.system(&ReadOp::System)?.throwaway;
    match &package.etcd {
        // One that was there is refused by the guard: this one was just brought.
        Some(installed) if installed.corrupts_data() && !is_throwaway => Err(Problem::new(
            format!("etcd {installed} was installed, which can corrupt data"),
            "install 3.5.4 or later there (etcd issue 13766)",
        )),
        Some(installed) => match version.filter(|version| !version.is_met_by(installed)) {
            None if package.etcdctl.is_some() => Ok(Decision::Nothing),
            None => Ok(install(None, "etcdctl")),
            Some(version) => Err(Problem::new(
                format!("etcd {installed} is there, and {version} was asked for"),
                "see which versions the host's package source has, and change `etcd_version`",
            )),
        },
        None => match &context.spec().settings.package.package.value {
            Some(file) => install_file(context, file),
            None => {
                let what = version
                    .as_ref()
                    .map_or("etcd".to_owned(), |v| format!("etcd {v}"));
                Ok(install(version, &what))
            }
        },
    }
}

/// Gives what a package file of the control machine holds, as the engine has read it.
pub(super) fn content(
    context: &StepContext<'_>,
    file: &PackageFile,
) -> Result<FileContent, Problem> {
    match context.run.observation.packages.get(file.path()) {
        Some(Ok(bytes)) => Ok(FileContent::Shared(bytes.clone())),
        Some(Err(why)) => Err(Problem::new(why, "see `etcd_package`")),
        None => {
            let message = format!("{file} was not read");
            Err(Problem::new(message, "run again, and report this as a bug"))
        }
    }
}

/// The file is sent beside its place, checked there by its digest, and taken away when it has done
/// its work.
fn install_file(context: &StepContext<'_>, file: &PackageFile) -> Result<Decision, Problem> {
    let content = content(context, file)?;
    let path = HostPath::fixed("/var/cache/etcd-plan").join(file.file_name());
    Ok(Decision::Change(Change {
        lines: vec![format!("+ package {}, sent from here", file.file_name())],
        ops: vec![
            WriteOp::StageFile {
                path: path.clone(),
                content,
                owner: Ownership::both("root"),
                mode: 0o600,
            },
            WriteOp::PromoteFile { path: path.clone() },
            WriteOp::InstallFile {
                path: path.clone(),
                kind: file.kind(),
            },
            WriteOp::RemoveFile { path },
        ],
        check: questions(),
        ..Change::default()
    }))
}

fn install(version: Option<crate::names::EtcdVersion>, what: &str) -> Decision {
    Decision::Change(Change {
        lines: vec![format!("+ package {what}")],
        ops: vec![WriteOp::InstallPackage { version }],
        check: questions(),
        ..Change::default()
    })
}
