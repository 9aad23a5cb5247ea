//! Members get new certificates, or another authority takes over.

use std::collections::BTreeSet;

use super::{Goal, create, reload};
use crate::cert::RotationStage;
use crate::plan::PlanError;
use crate::plan::action::{Action, Barrier};
use crate::plan::leave::argument;
use crate::plan::options::{GoalOptions, RotateOptions, Selection};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;
use crate::spec::ClusterSpec;

/// Checks that a stage is named where an authority is rotated, and only there; and that all take part in
/// that who share the authority. `all` are the clusters of the inventory, `clusters` those of the plan.
pub(in crate::plan) fn check(
    goal: Goal,
    options: &GoalOptions,
    selection: &Selection,
    all: &[ClusterSpec],
) -> Result<(), PlanError> {
    let no = |what: &str, hint: &str| Err(argument(format!("the goal `{goal}` {what}"), hint));
    let RotateOptions {
        stage,
        again,
        leave_clients,
    } = options.rotate;
    let has_tags = !(selection.tags.is_empty() && selection.skip_tags.is_empty());
    match goal {
        Goal::RotateCerts | Goal::RotateCa if has_tags => no(
            "takes no tags: its steps are of no use without each other",
            "leave the tags out",
        ),
        Goal::RotateCa if stage.is_none() => no(
            "goes by stages, and needs one of them",
            "name `trust`, then `issue`, then `finish`; `etcd-plan rotate ca` goes through all of them",
        ),
        Goal::RotateCa => check_whole(selection, all),
        Goal::RotateCerts if stage.is_none() && !leave_clients => Ok(()),
        _ if stage.is_some() || leave_clients => no(
            "rotates no authority",
            "stages, and clients that are left behind, are for the goal `rotate-ca`",
        ),
        _ if again => no(
            "rotates nothing",
            "what is done once more is for the goals `rotate-certs` and `rotate-ca`",
        ),
        _ => Ok(()),
    }
}

/// Whoever shares an authority must know that another takes over.
fn check_whole(selection: &Selection, all: &[ClusterSpec]) -> Result<(), PlanError> {
    let folder = |spec: &ClusterSpec| spec.settings.certificate.ca_dir.value.clone();
    let ours = || all.iter().filter(|spec| !spec.is_external());
    let takes = |spec: &&ClusterSpec| {
        let mut members = spec.members.iter();
        members.any(|member| selection.takes_host(&member.host.name))
    };
    let folders: BTreeSet<String> = ours().filter(takes).map(folder).collect();
    let mut members = ours()
        .filter(|spec| folders.contains(&folder(spec)))
        .flat_map(|spec| spec.members.iter().map(move |member| (spec, member)));
    let Some((spec, left)) = members.find(|(_, m)| !selection.takes_host(&m.host.name)) else {
        return Ok(());
    };
    Err(argument(
        format!(
            "the limit leaves out {} of {}, which has the same authority: {}",
            left.host.name,
            spec.name,
            folder(spec)
        ),
        "an authority is rotated for all who share it: leave the limit out, or name them all",
    ))
}

/// Checks that clusters which are planned each by itself do not share an authority that is rotated: for
/// the first of them it would be changed for all.
pub(in crate::plan) fn check_each(goal: Goal, clusters: &[ClusterSpec]) -> Result<(), PlanError> {
    let mut folders = BTreeSet::new();
    let mut clusters = clusters.iter();
    let shared =
        clusters.find(|spec| !folders.insert(spec.settings.certificate.ca_dir.value.clone()));
    match shared.filter(|_| goal == Goal::RotateCa) {
        None => Ok(()),
        Some(spec) => Err(argument(
            format!("{} shares its authority with other clusters", spec.name),
            "make one plan of all of them: an authority is rotated for all who share it",
        )),
    }
}

/// Adds the steps for a cluster whose members get new certificates.
pub(super) fn plan_certs(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let last = renew(steps, locked);
    reload::prove(steps, &last);
}

/// Adds the steps of one stage for a cluster whose authority is rotated.
///
/// Whom it trusts etcd reads when it starts, its certificate at each new connection (facts.md S21): so the
/// first stage and the last restart members as a reload does, and the one between restarts nobody.
pub(super) fn plan_ca(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let stage = steps.rotation_stage();
    let locked = create::lock(steps, gate);
    let rotated = steps.add(At::Controller, Action::RotateAuthority { stage }, [locked]);
    match stage {
        RotationStage::Issue => {
            let last = renew(steps, rotated);
            reload::prove(steps, &last);
        }
        RotationStage::Trust | RotationStage::Finish => {
            let told = steps
                .selected()
                .map(|member| steps.add(At::Member(member), Action::Refresh, [rotated]))
                .collect();
            let told = steps.barrier(Barrier::Staged, told);
            let last = reload::restart_in_turn(steps, told);
            let proved = reload::prove(steps, &last);
            if stage == RotationStage::Finish {
                steps.add(At::Controller, Action::EndRotation, [proved]);
            }
        }
    }
}

/// One member after the other gets its new certificate, and is proved with it before the next; the first
/// that is not well gets back what it had, and no other follows.
fn renew(steps: &mut ClusterSteps<'_, '_>, after: StepIndex) -> Vec<StepIndex> {
    let mut last = vec![after];
    for member in steps.selected() {
        let at = At::Member(member);
        let issue = Action::IssueCertificate { member };
        let issued = steps.add(At::Controller, issue, last.iter().copied());
        let renewed = steps.add(at, Action::Renew, [issued]);
        let proved = steps.add(at, Action::ProveRenewed, [renewed]);
        let before = last.iter().copied();
        let returned = steps.add(at, Action::ReturnCertificate, before.chain([proved]));
        last = vec![proved, returned];
    }
    last
}
