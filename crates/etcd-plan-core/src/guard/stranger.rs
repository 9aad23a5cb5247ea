use super::{Guard, GuardContext, Refusal};

/// Refuses when what is there belongs to another cluster: its configuration names a member that no
/// member of this cluster is called.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let spec = context.spec();
    let mut refusals = Vec::new();
    for (member, found) in context.found() {
        let Some(conf) = found.conf.as_ref().filter(|_| found.is_there()) else {
            continue;
        };
        if let Some(name) = conf.name.as_ref().filter(|name| !name.is_of(&spec.name)) {
            let evidence = format!("the etcd there is {name}, no member of {}", spec.name);
            let hint = format!(
                "take {} out of the inventory, or move that member away from it first",
                member.host.name
            );
            refusals.push(context.refuse(Guard::Stranger, &member.host.name, evidence, hint));
        }
    }
    refusals
}
