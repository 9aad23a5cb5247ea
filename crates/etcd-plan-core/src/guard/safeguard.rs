use super::{Guard, GuardContext, Refusal};
use crate::facts::Situation;
use crate::plan::Action;

/// The seeds' truth table: where something runs, and `etcd_safeguard` is true or `etcd_clean`
/// false, everything stops. The same where data lies still: a member that is down is no less worth
/// keeping (design.md, rule 4).
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let guards = &context.spec().settings.guards;
    // What a run that was cut off left was never a cluster that somebody could want to keep.
    let is_unfinished = *context.situation() == Situation::Unfinished;
    if is_unfinished || !context.plans(|action| action == Action::Purge) {
        return Vec::new();
    }
    let (closed_by, open_with) = match (*guards.safeguard, *guards.clean) {
        (false, true) => return Vec::new(),
        (true, true) => ("`etcd_safeguard` is true", "`-e etcd_safeguard=false`"),
        (false, false) => ("`etcd_clean` is false", "`-e etcd_clean=true`"),
        (true, false) => (
            "`etcd_safeguard` is true and `etcd_clean` false",
            "`-e etcd_safeguard=false -e etcd_clean=true`",
        ),
    };
    let hint = format!(
        "nothing was changed; to change files only, select `etcd_config`; {open_with} opens the \
         guard where the cluster may really be purged"
    );
    context
        .found()
        .filter_map(|(member, found)| {
            let what = if found.service.state.is_alive() {
                match found.service.pid {
                    Some(pid) => format!("etcd runs (process {pid})"),
                    None => "etcd runs".to_owned(),
                }
            } else if found.data.wal {
                let path = &context.spec().settings.storage.data.value;
                format!("etcd does not run, and {path} holds its data")
            } else {
                return None;
            };
            let evidence = format!("{what}, and {closed_by}");
            Some(context.refuse(Guard::Safeguard, &member.host.name, evidence, hint.clone()))
        })
        .collect()
}
