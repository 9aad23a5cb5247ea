use super::{Guard, GuardContext, Refusal};
use crate::facts::Situation;
use crate::plan::{Action, PurgeRule};

/// Refuses when a cluster that serves would be purged on the way to the one that the inventory has.
///
/// The seeds' playbook wipes it: an inventory with one more host, run without a limit, was enough.
/// Here that has to be asked for, with the goal `rebuild` or the tag `etcd_purge`.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let Situation::Remains { why } = context.situation() else {
        return Vec::new();
    };
    let is_asked_for = context.plan().purge_rule() == PurgeRule::Always;
    if is_asked_for || !context.plans(|action| action == Action::Purge) {
        return Vec::new();
    }
    let serving: Vec<String> = context
        .found()
        .filter(|(_, found)| found.etcd.healthy)
        .map(|(member, _)| member.name.to_string())
        .collect();
    if serving.is_empty() {
        return Vec::new();
    }
    let evidence = format!(
        "{} would have to be purged, and it serves ({}): {}",
        context.spec().name,
        serving.join(", "),
        why.join("; ")
    );
    let hint = "take hosts that are new out of the inventory again, since this version does not add \
                members to a living cluster yet; to build the cluster anew, data moved aside, use \
                the goal `rebuild`";
    vec![context.refuse(Guard::Alive, None, evidence, hint)]
}
