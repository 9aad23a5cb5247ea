use super::{Guard, GuardContext, Refusal};
use crate::facts::Situation;
use crate::host_journal::HostJournal;
use crate::plan::{Action, Goal, Subtask};

/// Refuses when what the cluster holds is to be saved, and nobody can be asked for it.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    // From whom a recovery takes it has a guard of its own.
    let is_asked_for = context.plan().goal() != Goal::Recover
        && context.plans(|action| action == Action::Snapshot)
        && context.run.saves(context.cluster);
    if !is_asked_for || context.run.snapshot_source(context.cluster).is_some() {
        return Vec::new();
    }
    let destroys = context.plan().goal() == Goal::Destroy;
    if destroys && (*context.situation() == Situation::Absent || is_saved(context)) {
        return Vec::new();
    }
    if destroys {
        let evidence =
            "no member answers, and what the cluster holds could not be saved before it goes";
        let hint = "start the members that stand still (goal `create`); where nobody needs what it \
                    holds, `--no-snapshot` says so";
        return vec![context.refuse(Guard::Members, None, evidence, hint)];
    }
    let evidence =
        "no member that the plan takes in answers, and a snapshot is taken from one that does";
    let hint = "start the members that stand still (goal `create`), or take in others with the limit; \
                where the quorum is lost for good, `etcd-plan recover` saves what survivors hold";
    vec![context.refuse(Guard::Members, None, evidence, hint)]
}

/// Says whether a run of this goal was cut off behind the snapshot: nobody is stopped before that is
/// saved.
fn is_saved(context: &GuardContext<'_>) -> bool {
    let spec = context.spec();
    let question = HostJournal::question(&spec.name);
    let mut journals = spec.members.iter().filter_map(|member| {
        let facts = context.facts(&member.host.name).ok()?;
        HostJournal::read(facts.bytes(&question).ok()?.as_deref()?)
    });
    journals.any(|journal| {
        let is_behind = |step: &String| step.contains(&format!("/{}/", Subtask::Purge));
        journal.run.starts_with("destroy ") && journal.last_step.as_ref().is_some_and(is_behind)
    })
}
