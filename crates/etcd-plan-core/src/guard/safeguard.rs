use super::{Guard, GuardContext, Refusal};
use crate::facts::{MemberFound, Situation};
use crate::plan::{Action, MemberFile, PurgeRule};
use crate::spec::MemberSpec;

/// The seeds' truth table: where something runs, and `etcd_safeguard` is true or `etcd_clean`
/// false, everything stops. The same where data lies still: a member that is down is no less worth
/// keeping (design.md, rule 4); and where it cannot be told whether there is data.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let guards = &context.spec().settings.guards;
    let takes_away = context.plans(Action::is_destructive);
    if !takes_away && !context.plans(writes_conf) {
        return Vec::new();
    }
    let purges = takes_away && !is_taken_up(context);
    let (closed_by, open_with) = match (*guards.safeguard, *guards.clean) {
        (false, true) => return Vec::new(),
        (true, true) => ("`etcd_safeguard` is true", "`-e etcd_safeguard=false`"),
        (false, false) => ("`etcd_clean` is false", "`-e etcd_clean=true`"),
        (true, false) => (
            "`etcd_safeguard` is true and `etcd_clean` false",
            "`-e etcd_safeguard=false -e etcd_clean=true`",
        ),
    };
    let keep_hint = format!(
        "to change files only, select the tag `etcd_config`; where the cluster may really be \
         purged, {open_with} opens the guard"
    );
    let look_hint = format!(
        "see what lies there, and set `etcd_data` back or move it yourself; {open_with} goes on \
         without it"
    );
    context
        .found()
        .chain(context.leaving())
        .filter_map(|(member, found)| {
            let is_purged = purges && is_in_the_way(context, member, &found);
            let kept = is_purged.then(|| what_is_there(context, &found)).flatten();
            let (what, hint) = match kept {
                Some(what) => (what, &keep_hint),
                None => (elsewhere(context, member, &found)?, &look_hint),
            };
            let evidence = format!("{what}, and {closed_by}");
            Some(context.refuse(Guard::Safeguard, &member.host.name, evidence, hint))
        })
        .collect()
}

/// Says whether the run takes up one that was cut off while it built the cluster. What that has left
/// was never a cluster that somebody could want to keep; and where its members serve already,
/// nothing is purged.
fn is_taken_up(context: &GuardContext<'_>) -> bool {
    match context.situation() {
        Situation::Unfinished => true,
        Situation::Present { .. } => {
            let mut there = context.found().filter(|(_, found)| found.is_there());
            let purges = context.plan().purge_rule() == PurgeRule::Always;
            !purges && there.any(|(_, found)| found.is_being_built())
        }
        Situation::Absent | Situation::Remains { .. } => false,
    }
}

/// Says whether what is there of a member would go, and with it what nobody else holds: where others
/// join, nothing but what an unknown member has; and what a join that was cut off has left was never a
/// member's. Where a member leaves, nothing but what is not of this cluster's making.
fn is_in_the_way(context: &GuardContext<'_>, member: &MemberSpec, found: &MemberFound) -> bool {
    let cluster = context.cluster;
    if !context.changes_members() {
        return true;
    }
    // What a member holds that leaves, the others hold too.
    if context.run.is_leaving(cluster, member) {
        let token = found.conf.as_ref().and_then(|conf| conf.token.clone());
        return token != Some(context.run.token(cluster));
    }
    let is_taken_away = context.run.takes_away(cluster, member);
    is_taken_away.unwrap_or(true) && !found.is_being_built()
}

/// Says what would be lost, or could be.
fn what_is_there(context: &GuardContext<'_>, found: &MemberFound) -> Option<String> {
    let path = &context.spec().settings.storage.data.value;
    if found.service.state.is_alive() {
        return Some(match found.service.pid {
            Some(pid) => format!("etcd runs (process {pid})"),
            None => "etcd runs".to_owned(),
        });
    }
    if found.data.wal {
        return Some(format!("etcd is down, {path} holds its data"));
    }
    // A database can lie there without a log: a snapshot that is to be restored.
    if found.data.exists && !found.data.empty {
        return Some(format!("{path} is not empty"));
    }
    None
}

/// Says that nobody has looked where the etcd that is configured there has its data. A configuration
/// that named another place would hide it, from etcd and from the next run's guards.
fn elsewhere(
    context: &GuardContext<'_>,
    member: &MemberSpec,
    found: &MemberFound,
) -> Option<String> {
    let path = &context.spec().settings.storage.data.value;
    let roots = &context.run.inputs.roots;
    let root = roots.get(&member.host.name).map_or("", String::as_str);
    let before = found.conf.as_ref()?.data_dir.as_ref()?;
    (*before != path.below(root)).then(|| {
        format!("the etcd that is configured there keeps its data in {before}, not in {path}")
    })
}

fn writes_conf(action: Action) -> bool {
    let file = MemberFile::EtcdConf;
    action == Action::Promote { file }
}
