use super::{Guard, GuardContext, Refusal, stranger};
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
    if context.changes_members() {
        return Vec::new(); // only what leaves, or what a failed join has left, is purged
    }
    let is_asked_for = context.plan().purge_rule() == PurgeRule::Always;
    if is_asked_for || !context.plans(|action| action == Action::Purge) {
        return Vec::new();
    }
    let mut found = context.found();
    // A cluster of another name is told of by the guard `stranger`, and not to be rebuilt.
    if stranger::is_one(context) || !found.any(|(_, found)| found.etcd.healthy) {
        return Vec::new();
    }
    let evidence = format!(
        "the cluster serves, and would have to be purged: {}",
        why.join("; ")
    );
    let hint = "new hosts join with `-l <new hosts> -e etcd_init=existing`; a member that lost its \
                data is first taken out with `etcdctl member remove`, and then joins in the same \
                way; the goal `rebuild` builds the cluster anew, data moved aside";
    vec![context.refuse(Guard::Alive, None, evidence, hint)]
}
