use super::{Guard, GuardContext, Refusal};
use crate::facts::Situation;
use crate::plan::{Action, PurgeRule, Subtask};
use crate::spec::InitialState;

/// Refuses when a part of a cluster would be built or purged: a new cluster needs all its members,
/// and one member of a living cluster that is wiped is lost to it.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let mut refusals = limits(context);
    refusals.extend(tags(context));
    refusals.extend(joins(context));
    refusals
}

fn limits(context: &GuardContext<'_>) -> Vec<Refusal> {
    let plan = context.plan();
    if plan.joins(context.cluster) {
        return Vec::new();
    }
    let left_out: Vec<_> = context
        .spec()
        .members
        .iter()
        .filter(|member| !plan.selection().takes_host(&member.host.name))
        .map(|member| member.host.name.as_str())
        .collect();
    let is_touched = context.plans(|a| matches!(a, Action::Purge | Action::Launch));
    if left_out.is_empty() || !begins_anew(context) || !is_touched {
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
    let joins = context.plan().joins(context.cluster);
    if !joins && !starts_anew(context) {
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
    let what = if joins { "member" } else { "cluster" };
    let evidence = format!(
        "the tags leave out {}, and a new {what} would start",
        missing.join(", ")
    );
    let hint = "drop the tags, or add those: a member that starts on old files can join a stranger";
    vec![context.refuse(Guard::Whole, None, evidence, hint)]
}

/// Members that join find a cluster that lives; where what is there would be purged for them, there
/// is none.
fn joins(context: &GuardContext<'_>) -> Vec<Refusal> {
    let init = *context.spec().settings.guards.init;
    let joins = context.plan().joins(context.cluster);
    if joins || init == InitialState::New || !starts_anew(context) {
        return Vec::new();
    }
    let evidence = format!(
        "`etcd_init` is {init}, and the members would not join a cluster but begin a new one"
    );
    let hint = "drop `etcd_init`: a new cluster begins with `new`";
    vec![context.refuse(Guard::Whole, None, evidence, hint)]
}

/// Says whether what is there goes, or nothing is there.
fn begins_anew(context: &GuardContext<'_>) -> bool {
    match context.situation() {
        Situation::Present { .. } => context.plan().purge_rule() == PurgeRule::Always,
        Situation::Absent | Situation::Unfinished | Situation::Remains { .. } => true,
    }
}

/// Says whether a new cluster starts.
fn starts_anew(context: &GuardContext<'_>) -> bool {
    context.plans(|action| action == Action::Launch) && begins_anew(context)
}
