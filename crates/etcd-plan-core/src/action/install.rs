use super::{Change, Decision, Problem, StepContext};
use crate::op::{ReadOp, WriteOp};

pub(super) fn questions() -> Vec<ReadOp> {
    vec![ReadOp::Package]
}

/// A package that is there is left alone: another version than the one asked for was refused by
/// the guard `prerequisites`, and changing it is an upgrade.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let package = context.facts()?.package(&ReadOp::Package)?;
    let version = context.spec().settings.package.version.value.clone();
    match &package.etcd {
        Some(installed) => match version.filter(|version| !version.is_met_by(installed)) {
            None if package.etcdctl.is_some() => Ok(Decision::Nothing),
            None => Ok(install(None, "etcdctl")),
            Some(version) => Err(Problem::new(
                format!("etcd {installed} is there, and {version} was asked for"),
                "see which versions the host's package source has, and change `etcd_version`",
            )),
        },
        None => {
            let what = version
                .as_ref()
                .map_or("etcd".to_owned(), |v| format!("etcd {v}"));
            Ok(install(version, &what))
        }
    }
}

fn install(version: Option<crate::names::EtcdVersion>, what: &str) -> Decision {
    Decision::Change(Change {
        lines: vec![format!("+ package {what}")],
        ops: vec![WriteOp::InstallPackage { version }],
        check: questions(),
        ..Change::default()
    })
}
