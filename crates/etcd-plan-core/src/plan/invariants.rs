//! What must hold of every plan: checked when one is built, and again when one is read.

use std::collections::BTreeSet;

use super::action::Action;
use super::step::At;
use super::{BrokenInvariant, Plan, StepIndex};
use crate::guard::Guard;

/// Checks that every step is about a member and a host that are there, so that it has a name.
pub(super) fn check_places(plan: &Plan) -> Result<(), BrokenInvariant> {
    if let Some(cluster) = plan.clusters.iter().find(|cluster| cluster.is_external()) {
        return Err(BrokenInvariant::External(cluster.name.clone()));
    }
    for index in plan.indices() {
        let node = plan.node(index);
        let Some(cluster) = plan.clusters.get(node.cluster as usize) else {
            return Err(BrokenInvariant::NoSuchMember(index.get()));
        };
        let members = cluster.members.len();
        let is_there = match node.at {
            At::Controller => true,
            At::Member(position) => (position as usize) < members,
            At::Leaving(position) => {
                let leaver = cluster.leaving.get(position as usize);
                leaver.is_some_and(|leaver| leaver.member.is_some())
            }
            At::Infra(position) => (position as usize) < cluster.infra.len(),
        };
        let named = node.action.member();
        let names_member = named.is_none_or(|member| (member as usize) < members);
        if !is_there || !names_member {
            return Err(BrokenInvariant::NoSuchMember(index.get()));
        }
    }
    Ok(())
}

/// Checks the rules of safety on a graph without cycles.
pub(super) fn check(plan: &Plan) -> Result<(), BrokenInvariant> {
    let gates: Vec<StepIndex> = plan
        .indices()
        .filter(|index| plan.node(*index).action == Action::Gate)
        .collect();
    let [gate] = gates[..] else {
        return Err(BrokenInvariant::Gates(gates.len()));
    };
    check_gate_is_above_changes(plan, gate)?;
    check_gate_waits(plan, gate)?;
    check_guards(plan)?;
    check_hosts_are_read(plan)
}

/// The gate is an ancestor of every step that changes anything (design.md, rule 2).
fn check_gate_is_above_changes(plan: &Plan, gate: StepIndex) -> Result<(), BrokenInvariant> {
    let mut behind_gate = vec![false; plan.len()];
    for index in &plan.order {
        let is_behind = *index == gate || plan.before(*index).any(|s| behind_gate[s.index.get()]);
        behind_gate[index.get()] = is_behind;
        if !is_behind && plan.node(*index).action.can_change() {
            return Err(BrokenInvariant::BeforeGate(plan.step(*index).id()));
        }
    }
    Ok(())
}

/// The gate waits for every guard, and every guard for all facts of its cluster (rule 1).
fn check_gate_waits(plan: &Plan, gate: StepIndex) -> Result<(), BrokenInvariant> {
    let waited: BTreeSet<StepIndex> = plan.before(gate).map(|step| step.index).collect();
    let mut facts = vec![Vec::new(); plan.clusters.len()];
    for index in plan.indices() {
        let node = plan.node(index);
        if node.action == Action::ReadFacts {
            facts[node.cluster as usize].push(index);
        }
    }
    for index in plan.indices() {
        let node = plan.node(index);
        if let Action::Judge { .. } = node.action {
            if !waited.contains(&index) {
                return Err(BrokenInvariant::UnguardedGate(plan.step(index).id()));
            }
            let read: BTreeSet<StepIndex> = plan.before(index).map(|step| step.index).collect();
            if let Some(unread) = facts[node.cluster as usize]
                .iter()
                .find(|f| !read.contains(f))
            {
                return Err(BrokenInvariant::UnreadHost(plan.step(*unread).id()));
            }
        }
    }
    Ok(())
}

/// Every step has the guards that it needs, whatever was selected.
fn check_guards(plan: &Plan) -> Result<(), BrokenInvariant> {
    let mut judged = vec![[false; Guard::ALL.len()]; plan.clusters.len()];
    for index in plan.indices() {
        let node = plan.node(index);
        if let Action::Judge { guard } = node.action {
            judged[node.cluster as usize][guard as usize] = true;
        }
    }
    for index in plan.indices() {
        let node = plan.node(index);
        // The gate is one for all clusters and changes nothing itself.
        if node.action == Action::Gate {
            continue;
        }
        let has = |guard: &&Guard| judged[node.cluster as usize][**guard as usize];
        if let Some(guard) = node.action.guards().iter().find(|guard| !has(guard)) {
            let step = plan.step(index).id();
            return Err(BrokenInvariant::MissingGuard {
                step,
                guard: guard.as_str(),
            });
        }
    }
    Ok(())
}

/// Every host of a cluster is read, members outside a limit too, since a guard must see the whole
/// cluster; and no step is there twice.
fn check_hosts_are_read(plan: &Plan) -> Result<(), BrokenInvariant> {
    let mut keys: Vec<_> = plan
        .indices()
        .map(|index| plan.node(index))
        .map(|node| (node.cluster, node.at, node.action))
        .collect();
    keys.sort_unstable();
    let name = |key: (u32, At, Action)| {
        let is_it = |index: &StepIndex| {
            let node = plan.node(*index);
            (node.cluster, node.at, node.action) == key
        };
        let index = plan
            .indices()
            .find(is_it)
            .expect("the key was taken from a step");
        plan.step(index).id()
    };
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(BrokenInvariant::SameId(name(pair[0])));
    }
    let is_read = |cluster, at| {
        keys.binary_search(&(cluster, at, Action::ReadFacts))
            .is_ok()
    };
    if let Some(key) = keys
        .iter()
        .find(|key| key.1 != At::Controller && !is_read(key.0, key.1))
    {
        return Err(BrokenInvariant::UnreadHost(name(*key)));
    }
    for (at, cluster) in plan.clusters.iter().enumerate() {
        for (position, member) in cluster.members.iter().enumerate() {
            let place = At::Member(u32::try_from(position).expect("counted in 32 bits"));
            if !is_read(u32::try_from(at).expect("counted in 32 bits"), place) {
                return Err(BrokenInvariant::UnreadMember(member.name.clone()));
            }
        }
    }
    Ok(())
}
