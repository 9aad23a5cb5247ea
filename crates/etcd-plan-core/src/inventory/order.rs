use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::findings::Findings;
use super::model::{ALL, Group, GroupId};
use super::yaml::DEPTH_LIMIT;
use crate::diagnostic::{Code, Diagnostic};

/// Gives every group its depth below `all`, and reports groups that descend from themselves.
pub(super) fn set_depths(groups: &mut [Group], findings: &mut Findings) {
    let mut graph = DiGraph::<(), (), u32>::with_capacity(groups.len(), groups.len());
    for _ in groups.iter() {
        graph.add_node(());
    }
    for (parent, group) in (0u32..).zip(groups.iter()) {
        for child in &group.children {
            graph.add_edge(parent.into(), (*child).into(), ());
        }
    }
    // The components come in reverse topological order: from the back, parents precede children.
    let mut too_deep = false;
    for component in kosaraju_scc(&graph).into_iter().rev() {
        let ids: Vec<GroupId> = component
            .iter()
            .filter_map(|id| GroupId::try_from(id.index()).ok())
            .collect();
        for id in &ids {
            let parents = groups[*id as usize].parents.iter();
            let above = parents.map(|parent| groups[*parent as usize].depth).max();
            let is_all = *id == ALL;
            groups[*id as usize].depth = if is_all { 0 } else { above.unwrap_or(0) + 1 };
        }
        let first = &groups[ids[0] as usize];
        if ids.len() > 1 || first.children.contains(&ids[0]) {
            report_cycle(groups, &ids, findings);
        } else if first.depth as usize > DEPTH_LIMIT && !too_deep {
            too_deep = true;
            let message = format!(
                "group `{}` is more than {DEPTH_LIMIT} levels below the topmost group",
                first.name
            );
            let place = first.span.and_then(|span| findings.place(span));
            let hint = "nest the groups less deeply";
            findings.push(Diagnostic::new(Code::TooLarge, message, hint).at(place, "too deep"));
        }
    }
}

/// Shows one way round a cycle, from the group that is written first.
fn report_cycle(groups: &[Group], component: &[GroupId], findings: &mut Findings) {
    let group = |id: GroupId| &groups[id as usize];
    let start = component
        .iter()
        .copied()
        .min_by_key(|id| (group(*id).span, &group(*id).name))
        .expect("a component is not empty");
    let path = way_round(groups, component, start);
    let names: Vec<String> = path
        .iter()
        .map(|id| format!("`{}`", group(*id).name))
        .collect();
    let message = format!(
        "group {} is its own descendant: {}",
        names[0],
        names.join(" -> ")
    );
    let hint = "take one of these groups out of the `children` of the one before it";
    let mut finding = Diagnostic::new(Code::GroupCycle, message, hint);
    if let Some(span) = group(start).span {
        finding = finding.at(findings.place(span), "");
    }
    let others = path.iter().skip(1).filter(|id| **id != start);
    for other in others.take(8) {
        if let Some(span) = group(*other).span {
            finding = finding.see(findings.place(span), "");
        }
    }
    findings.push(finding);
}

/// Finds the shortest way from a group back to itself, breadth first.
fn way_round(groups: &[Group], component: &[GroupId], start: GroupId) -> Vec<GroupId> {
    let inside: BTreeSet<GroupId> = component.iter().copied().collect();
    let mut came_from = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(id) = queue.pop_front() {
        for child in groups[id as usize]
            .children
            .iter()
            .filter(|id| inside.contains(id))
        {
            if *child == start {
                let mut path = vec![start, id];
                while let Some(before) = came_from.get(&path[path.len() - 1]) {
                    path.push(*before);
                }
                path.reverse();
                return path;
            }
            if !came_from.contains_key(child) {
                came_from.insert(*child, id);
                queue.push_back(*child);
            }
        }
    }
    vec![start, start]
}
