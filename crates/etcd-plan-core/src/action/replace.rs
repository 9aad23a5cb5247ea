//! Another version of etcd takes the place of the one that is installed, and goes again where its
//! member does not come back.

use super::{Problem, StepContext};
use crate::facts::{HostFacts, MemberQuestions, Missing, Observation};
use crate::names::{EtcdVersion, HostPath};
use crate::op::{ReadOp, WriteOp};
use crate::spec::{ClusterSpec, MemberSpec};

/// Where packages wait until it is their member's turn.
pub(super) fn folder(version: &EtcdVersion) -> HostPath {
    HostPath::fixed("/var/cache/etcd-plan").join(&version.to_string())
}

/// Where the programs lie that a member ran on, in a folder named after their version, until it is
/// known to be well on the new ones. What lies there also says that a run was cut off.
fn kept_folder() -> HostPath {
    HostPath::fixed("/var/lib/etcd-plan/before")
}

/// What a step must know that installs a package, or takes it back.
pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let Some(version) = context.run.target(context.cluster()) else {
        return Vec::new();
    };
    let path = folder(version);
    vec![ReadOp::Package, kept_question(), ReadOp::Folder { path }]
}

fn kept_question() -> ReadOp {
    ReadOp::Folder {
        path: kept_folder(),
    }
}

/// Says whether a version is there that was asked for.
pub(super) fn is_met(wanted: &EtcdVersion, found: Option<&EtcdVersion>) -> bool {
    found.is_some_and(|found| wanted.is_met_by(found))
}

/// Gives the version whose programs were kept; none when none were.
pub(super) fn kept(facts: &HostFacts) -> Result<Option<EtcdVersion>, Missing> {
    let names = facts.names(&kept_question())?;
    Ok(names.iter().find_map(|name| name.parse().ok()))
}

/// Gives the version that a member runs on, as it said last; none when it did not answer.
pub(crate) fn running(
    spec: &ClusterSpec,
    member: &MemberSpec,
    observation: &Observation,
) -> Option<EtcdVersion> {
    let facts = observation.facts(&member.host.name).ok()?;
    let said = MemberQuestions::new(spec, member).last_said(facts);
    said.ok()?.status.as_ref()?.version.parse().ok()
}

/// What a member's turn has to do for its version.
#[derive(Default)]
pub(super) struct Replacement {
    /// Why, a clause each; none when the member runs on what is wanted.
    pub(super) why: Vec<String>,
    /// What keeps the programs that are there, and brings the new ones.
    pub(super) ops: Vec<WriteOp>,
}

pub(super) fn decide(context: &StepContext<'_>) -> Result<Replacement, Problem> {
    let mut found = Replacement::default();
    let Some(version) = context.run.target(context.cluster()) else {
        return Ok(found);
    };
    let facts = context.facts()?;
    let installed = facts.package(&ReadOp::Package)?.etcd.as_ref();
    let kept = kept(facts)?;
    let runs = running(context.spec(), context.member(), context.run.observation);
    if !is_met(version, installed) {
        let from = installed.map_or_else(|| "none".to_owned(), ToString::to_string);
        found
            .why
            .push(format!("etcd {version} takes the place of {from}"));
        // What was kept before is what the member last was well on.
        let from = kept.map_or(from, |kept| kept.to_string());
        found.ops.push(WriteOp::ReplacePackage {
            version: version.clone(),
            folder: folder(version),
            keep: kept_folder().join(&from),
        });
    } else if runs.as_ref().is_some_and(|runs| !version.is_met_by(runs)) {
        let runs = runs.map(|runs| runs.to_string()).unwrap_or_default();
        found.why.push(format!(
            "etcd {version} is installed, and it runs on {runs}"
        ));
    } else if kept.is_some() && runs.is_none() {
        found.why.push(format!(
            "etcd {version} was installed by a run that was cut off before the member was well on it"
        ));
    }
    Ok(found)
}

/// Says what is wrong with a member that answers: another version than the one it restarted for.
pub(super) fn is_not_met(context: &StepContext<'_>, said: &str) -> Option<String> {
    let version = context.run.target(context.cluster())?;
    let runs: Option<EtcdVersion> = said.parse().ok();
    (!is_met(version, runs.as_ref())).then(|| {
        let name = &context.member().name;
        format!("{name} answers, and runs on etcd {said}, not {version}")
    })
}

/// What takes away, of a member that is well, the packages and the programs that were kept.
pub(super) fn drop_all(context: &StepContext<'_>) -> Result<Vec<(WriteOp, ReadOp)>, Problem> {
    let Some(version) = context.run.target(context.cluster()) else {
        return Ok(Vec::new());
    };
    let facts = context.facts()?;
    let mut drops = Vec::new();
    let path = folder(version);
    let question = ReadOp::Folder { path: path.clone() };
    if !facts.names(&question)?.is_empty() {
        drops.push((WriteOp::DropFolder { path }, question));
    }
    drops.extend(drop_kept(facts)?);
    Ok(drops)
}

/// Says whether a run was cut off when a member was well on the wanted version, and only what served
/// that is left.
pub(super) fn is_left_over(context: &StepContext<'_>) -> Result<bool, Problem> {
    let Some(version) = context.run.target(context.cluster()) else {
        return Ok(false);
    };
    let runs = running(context.spec(), context.member(), context.run.observation);
    Ok(is_met(version, runs.as_ref()) && !drop_all(context)?.is_empty())
}

fn drop_kept(facts: &HostFacts) -> Result<Option<(WriteOp, ReadOp)>, Problem> {
    Ok(kept(facts)?.map(|version| {
        let path = kept_folder().join(&version.to_string());
        (WriteOp::DropFolder { path }, kept_question())
    }))
}

/// What brings back the programs that a member ran on before.
pub(super) struct Return {
    /// What puts them in their places.
    pub(super) put: WriteOp,
    /// What takes the copies away, once the member was started on them.
    pub(super) drop: WriteOp,
    /// What tells whether that was done.
    pub(super) check: [ReadOp; 2],
}

/// Decides what brings back the programs that were kept; none when none were.
///
/// # Errors
///
/// When the cluster has left the old version for good: that is so once all members run the new one
/// (etcd's upgrade guides; facts.md S34).
pub(super) fn put_back(context: &StepContext<'_>) -> Result<Option<Return>, Problem> {
    let Some(version) = context.run.target(context.cluster()) else {
        return Ok(None);
    };
    let Some(before) = kept(context.facts()?)? else {
        return Ok(None);
    };
    let name = &context.member().name;
    let is_older = |member: &MemberSpec| {
        let runs = running(context.spec(), member, context.run.observation);
        runs.is_some_and(|runs| runs.minor() < version.minor())
    };
    let mut others = context.spec().members.iter().filter(|m| m.name != *name);
    if before.minor() != version.minor() && !others.any(is_older) {
        return Err(Problem::new(
            format!(
                "{name} did not come back on etcd {version}, and cannot go back to {before}: all others \
                 have left it"
            ),
            "mend what its log says (`journalctl -u etcd` there) and upgrade again; or take it out \
             of the cluster and let it join anew",
        ));
    }
    let kept = kept_folder().join(&before.to_string());
    Ok(Some(Return {
        put: WriteOp::PutBackPrograms { kept: kept.clone() },
        drop: WriteOp::DropFolder { path: kept },
        check: [ReadOp::Package, kept_question()],
    }))
}
