use super::{Guard, GuardContext, Refusal};
use crate::plan::Action;

/// Refuses when what the cluster holds is to be saved, and nobody can be asked for it.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let is_asked_for =
        context.plans(|action| action == Action::Snapshot) && context.run.saves(context.cluster);
    if !is_asked_for || context.run.snapshot_source(context.cluster).is_some() {
        return Vec::new();
    }
    let evidence =
        "no member that the plan takes in answers, and a snapshot is taken from one that does";
    let hint = "start the members that stand still (goal `create`), or take in others with the limit; \
                where the quorum is lost for good, `etcd-plan recover` saves what survivors hold";
    vec![context.refuse(Guard::Members, None, evidence, hint)]
}
