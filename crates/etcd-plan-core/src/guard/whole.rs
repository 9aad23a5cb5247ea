use super::{Guard, GuardContext, Refusal};
use crate::facts::Situation;
use crate::plan::{Action, PurgeRule, Subtask};

/// Refuses when a part of a cluster would be built or purged: a new cluster needs all its members,
/// and one member of a living cluster that is wiped is lost to it.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let mut refusals = limits(context);
    refusals.extend(tags(context));
    refusals
}

fn limits(context: &GuardContext<'_>) -> Vec<Refusal> {
    let plan = context.plan();
    let left_out: Vec<_> = context
        .spec()
        .members
        .iter()
        .filter(|member| !plan.selection().takes_host(&member.host.name))
        .map(|member| member.host.name.as_str())
        .collect();
    let builds_or_purges = match context.situation() {
        Situation::Present { .. } => plan.purge_rule() == PurgeRule::Always,
        Situation::Absent | Situation::Unfinished | Situation::Remains { .. } => true,
    };
    let is_touched = context.plans(|a| matches!(a, Action::Purge | Action::Launch));
    if left_out.is_empty() || !builds_or_purges || !is_touched {
        return Vec::new();
    }
    if left_out.len() == context.spec().members.len() {
        return Vec::new();
    }
    let evidence = format!(
        "the limit leaves out {}, and the cluster is built or purged whole",
        left_out.join(", ")
    );
    let hint = "drop the limit, or name all hosts of the cluster in it";
    vec![context.refuse(Guard::Whole, None, evidence, hint)]
}

/// A new cluster needs a configuration of its own with a new token, and nothing of an old one.
fn tags(context: &GuardContext<'_>) -> Vec<Refusal> {
    let starts = context.plans(|action| action == Action::Launch);
    let is_built = match context.situation() {
        Situation::Present { .. } => context.plan().purge_rule() == PurgeRule::Always,
        Situation::Absent | Situation::Unfinished | Situation::Remains { .. } => true,
    };
    if !starts || !is_built {
        return Vec::new();
    }
    let needed = [Subtask::Conf, Subtask::Cert, Subtask::Purge, Subtask::Dir];
    let missing: Vec<_> = needed
        .into_iter()
        .filter(|subtask| !context.plan().selection().takes(*subtask))
        .map(Subtask::as_str)
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let evidence = format!(
        "the tags leave out {}, and a new cluster would start",
        missing.join(", ")
    );
    let hint = "drop the tags, or add those: a member that starts on old files can join a stranger";
    vec![context.refuse(Guard::Whole, None, evidence, hint)]
}
