//! Members go to another version of etcd, one at a time.

use super::{Goal, backup, create, reload};
use crate::diagnostic::{Code, Diagnostic};
use crate::names::EtcdVersion;
use crate::plan::action::{Action, Barrier, Turn};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;
use crate::plan::{PlanError, Selection};
use crate::spec::{ClusterSpec, ValueOrigin};

/// Sets the version that is asked for above that of the inventory, and checks that there is one that
/// members can go to.
pub(in crate::plan) fn check(
    goal: Goal,
    selection: &Selection,
    asked: Option<&EtcdVersion>,
    clusters: &mut [ClusterSpec],
) -> Result<(), PlanError> {
    let refuse = |code, message: String, hint: &str| {
        Err(PlanError::Selection(Box::new(Diagnostic::new(
            code, message, hint,
        ))))
    };
    if goal != Goal::Upgrade {
        let Some(version) = asked else { return Ok(()) };
        return refuse(
            Code::GoalArgument,
            format!("the goal `{goal}` takes no version, and {version} was given"),
            "ask for the goal `upgrade`; which etcd is installed at first, `etcd_version` says",
        );
    }
    if !(selection.tags.is_empty() && selection.skip_tags.is_empty()) {
        return refuse(
            Code::GoalArgument,
            format!("the goal `{goal}` takes no tags: its steps are of no use without each other"),
            "leave the tags out; a limit says which members go",
        );
    }
    for cluster in clusters {
        let setting = &mut cluster.settings.package.version;
        if let Some(version) = asked {
            setting.value = Some(version.clone());
            setting.origin = ValueOrigin::Recorded("asked for".to_owned());
        }
        match &setting.value {
            None => {
                return refuse(
                    Code::GoalArgument,
                    format!("the goal `upgrade` needs a version for {}", cluster.name),
                    "say which: `--to 3.5.16`, or `etcd_version` in the inventory",
                );
            }
            Some(version) if !version.is_exact() => {
                return refuse(
                    Code::GoalArgument,
                    format!("the goal `upgrade` needs an exact version, and {version} is many"),
                    "give the patch too, such as `3.5.16`",
                );
            }
            Some(version) if version.corrupts_data() => {
                return refuse(
                    Code::VersionCorrupts,
                    format!("etcd {version} can corrupt data"),
                    "upgrade to 3.5.4 or later (etcd issue 13766)",
                );
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Adds the steps for a cluster.
///
/// All members' hosts are locked, and the packages are fetched on those that go to the new version,
/// so that no source fails while a member is down. What the cluster holds is saved. Then members take
/// the turns of a reload: each gets the new package and the configuration for it, restarts, and is
/// waited for. At the end the cluster is proved.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let fetched: Vec<StepIndex> = steps
        .selected()
        .map(|member| steps.add(At::Member(member), Action::Fetch, [locked]))
        .collect();
    let fetched = steps.barrier(Barrier::Staged, fetched);
    let mut last = vec![backup::plan_snapshot(steps, fetched)];
    for turn in Turn::ALL {
        for member in steps.selected() {
            last = reload::restart(steps, At::Member(member), turn, &last);
        }
    }
    reload::prove(steps, &last);
}
