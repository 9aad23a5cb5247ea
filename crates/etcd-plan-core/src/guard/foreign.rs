use super::{Guard, GuardContext, Refusal};
use crate::facts::MemberFound;
use crate::names::Address;
use crate::op::Listener;
use crate::plan::Action;
use crate::spec::MemberSpec;

/// Refuses when somebody else listens on a port of a member.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let starts = |action| {
        matches!(
            action,
            Action::Launch | Action::Purge | Action::Restart { .. }
        )
    };
    if !context.plans(starts) {
        return Vec::new();
    }
    let mut refusals = Vec::new();
    for (member, found) in context.found() {
        for listener in found.listeners.iter().filter(|l| is_in_the_way(l, member)) {
            if is_own(listener, &found) {
                continue;
            }
            let who = match (&listener.program, listener.pid) {
                (Some(program), Some(pid)) => format!("{program} (process {pid})"),
                (None, Some(pid)) => format!("process {pid}"),
                _ => "an unknown process".to_owned(),
            };
            let evidence = format!(
                "{who} listens on {}:{}",
                listener.address.in_url(),
                listener.port
            );
            let hint = "stop it, or give the cluster other ports (`etcd_port`, `etcd_peer_port`)";
            refusals.push(context.refuse(Guard::Foreign, &member.host.name, evidence, hint));
        }
    }
    refusals
}

/// Says whether a listener has an address that the member will listen on, or all.
fn is_in_the_way(listener: &Listener, member: &MemberSpec) -> bool {
    let also_local = !member.address.is_loopback();
    listener.address.is_unspecified()
        || listener.address == member.address
        || matches!(member.address, Address::Dns(_))
        || (also_local && listener.address == Address::LOOPBACK)
}

fn is_own(listener: &Listener, found: &MemberFound) -> bool {
    match (listener.pid, found.service.pid) {
        (Some(listener), Some(service)) => listener == service,
        // Who listens could not be told: it is the service's own when that runs.
        (None, Some(_)) => true,
        _ => false,
    }
}
