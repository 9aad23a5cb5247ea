use super::{Guard, GuardContext, Refusal};
use crate::names::MemberName;
use crate::spec::MemberSpec;

/// Refuses when what is there belongs to another cluster: its configuration names a member that no
/// member of this cluster is called.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let hint = "take the host out of the inventory, or move that member away from it first; if it is \
                this cluster that was renamed, give it back its name";
    strangers(context)
        .map(|(member, name)| {
            let cluster = &context.spec().name;
            let evidence = format!("the etcd there is {name}, no member of {cluster}");
            context.refuse(Guard::Stranger, &member.host.name, evidence, hint)
        })
        .collect()
}

/// Says whether something of another cluster is there.
pub(super) fn is_one(context: &GuardContext<'_>) -> bool {
    strangers(context).next().is_some()
}

fn strangers<'a>(context: &GuardContext<'a>) -> impl Iterator<Item = (&'a MemberSpec, MemberName)> {
    let (spec, cluster) = (context.spec(), &context.spec().name);
    let leaving = spec
        .leaving
        .iter()
        .filter_map(|leaver| leaver.member.as_ref());
    // Members have other names where `etcd_name` gives them some.
    let named: Vec<&MemberName> = spec
        .members
        .iter()
        .chain(leaving)
        .map(|m| &m.name)
        .collect();
    context
        .found()
        .chain(context.leaving())
        .filter_map(move |(member, found)| {
            let conf = found.conf.as_ref().filter(|_| found.is_there())?;
            let name = conf.name.as_ref().filter(|name| !name.is_of(cluster))?;
            if named.contains(&name) {
                return None;
            }
            Some((member, name.clone()))
        })
}
