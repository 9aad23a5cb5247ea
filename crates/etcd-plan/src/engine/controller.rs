//! Steps on the controller: barriers, certificates, the proof of the cluster.

use etcd_plan_core::action::{Decision, Problem, StepContext, decide, outdated_snapshots};
use etcd_plan_core::plan::{Action, Barrier, Step};
use etcd_plan_core::report::Outcome;

use super::ferry;
use super::keys;
use super::state::State;
use crate::permit::Permit;

/// What became of a step on the controller.
pub(super) type Ended = Result<(Outcome, Vec<String>), Problem>;

/// Carries out a step on the controller.
pub(super) fn carry_out(state: &mut State<'_>, permit: &Permit, step: Step<'_>) -> Ended {
    match step.action() {
        Action::Await {
            barrier: Barrier::Locked,
        } => look_again(state, step),
        Action::EnsureAuthority
        | Action::IssueCertificate { .. }
        | Action::RotateAuthority { .. }
        | Action::EndRotation => change_keys(state, permit, step),
        Action::PruneSnapshots => prune(state, permit, step),
        _ => {
            // What is left is judged, not done.
            let run = state.context();
            match decide(&StepContext { run: &run, step })? {
                Decision::Nothing => Ok((Outcome::Unchanged, Vec::new())),
                Decision::Change(change) => Err(Problem::new(
                    format!("it is not so: {}", change.lines.join(", ")),
                    "report this as a bug",
                )),
            }
        }
    }
}

/// Behind the locks, what guards relied on was read again: it must still be so.
fn look_again(state: &State<'_>, step: Step<'_>) -> Ended {
    let cluster = position(state, step);
    let refusals = state.judge_guards_of(cluster);
    if let Some(refusal) = refusals.first() {
        let lines: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        return Err(Problem::new(
            format!(
                "what was found has moved since it was read:\n{}",
                lines.join("\n")
            ),
            refusal.hint.clone(),
        ));
    }
    let now = &state.judge_situations()[cluster];
    let before = &state.situations[cluster];
    if now != before {
        return Err(Problem::new(
            format!(
                "what was found has moved since it was read: {} before, {} now",
                before.as_str(),
                now.as_str()
            ),
            "see who else works on these hosts, and run again",
        ));
    }
    Ok((Outcome::Unchanged, Vec::new()))
}

fn change_keys(state: &mut State<'_>, permit: &Permit, step: Step<'_>) -> Ended {
    let decision = {
        let run = state.context();
        decide(&StepContext { run: &run, step })?
    };
    let Decision::Change(change) = decision else {
        return Ok((Outcome::Unchanged, Vec::new()));
    };
    let cluster = position(state, step);
    let (plan, now) = (state.plan, etcd_plan_core::cert::UnixTime(state.inputs.now));
    let spec = &plan.clusters()[cluster];
    let failed = |error: crate::pki::PkiError| Problem::new(error.to_string(), error.hint.clone());
    let step_action = step.action();
    if let Action::IssueCertificate { member } = step_action {
        let wanted = &spec.members[member as usize];
        let issued = keys::issue(spec, wanted, state.keys, now, permit).map_err(failed)?;
        state.observation.keys[cluster].members[member as usize] = issued;
    } else {
        match step_action {
            Action::RotateAuthority { stage } => {
                keys::rotate(spec, stage, state.keys, now, permit).map_err(failed)?;
            }
            Action::EndRotation => {
                keys::end_rotation(spec, state.keys, now, permit).map_err(failed)?;
            }
            _ => keys::create_authority(spec, state.keys, now, permit).map_err(failed)?,
        }
        state.observation.keys[cluster] = keys::read_cluster(plan, cluster, state.keys, now);
    }
    // The second decision is the proof.
    let run = state.context();
    match decide(&StepContext { run: &run, step })? {
        Decision::Nothing => Ok((Outcome::Changed, change.lines)),
        Decision::Change(still) => Err(Problem::new(
            format!(
                "after the change it is still so that: {}",
                still.lines.join(", ")
            ),
            "see whether another process writes the same files",
        )),
    }
}

/// What has become too old on this machine is deleted, now that the new one is there.
fn prune(state: &mut State<'_>, permit: &Permit, step: Step<'_>) -> Ended {
    let failed = |error: std::io::Error| {
        let message = format!("the folder of the backups: {error}");
        Problem::new(
            message,
            "see that it can be read and written, and run again",
        )
    };
    state.observation.backups = state.read_backups().map_err(failed)?;
    let (lines, outdated) = {
        let run = state.context();
        let context = StepContext { run: &run, step };
        let Decision::Change(change) = decide(&context)? else {
            return Ok((Outcome::Unchanged, Vec::new()));
        };
        (change.lines, outdated_snapshots(&context))
    };
    let folder = state
        .backups_folder()
        .expect("the plan brings snapshots here");
    for name in outdated {
        ferry::delete(&folder, &name, permit).map_err(failed)?;
    }
    state.observation.backups = state.read_backups().map_err(failed)?;
    Ok((Outcome::Changed, lines))
}

fn position(state: &State<'_>, step: Step<'_>) -> usize {
    let name = step.cluster().map(|cluster| &cluster.name);
    let is_it = |spec: &etcd_plan_core::spec::ClusterSpec| Some(&spec.name) == name;
    state
        .plan
        .clusters()
        .iter()
        .position(is_it)
        .expect("a step's cluster is in its plan")
}
