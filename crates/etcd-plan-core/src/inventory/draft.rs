use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{ALL, Group, GroupId, Host, HostId, Layer, Model, UNGROUPED};
use super::value::{Map, Value};
use crate::diagnostic::{Diagnostics, Source, Span};
use crate::names::{GroupName, HostName};

/// An inventory while it is put together, from a text or in code.
pub(super) struct Draft {
    groups: Vec<Group>,
    group_ids: BTreeMap<GroupName, GroupId>,
    hosts: Vec<Host>,
    host_ids: BTreeMap<HostName, HostId>,
}

impl Draft {
    pub(super) fn new() -> Self {
        let mut draft = Self {
            groups: Vec::new(),
            group_ids: BTreeMap::new(),
            hosts: Vec::new(),
            host_ids: BTreeMap::new(),
        };
        for (name, id) in [("all", ALL), ("ungrouped", UNGROUPED)] {
            let name = name.parse().expect("a good name");
            let made = draft.group(&name, None, false);
            debug_assert_eq!(made, id);
        }
        draft
    }

    /// Mentions a group. Where it is defined is a better place to show than where it is listed as
    /// a child; else the first place counts.
    pub(super) fn group(&mut self, name: &GroupName, span: Option<Span>, defined: bool) -> GroupId {
        if let Some(id) = self.group_ids.get(name) {
            let group = &mut self.groups[*id as usize];
            let rank = |span: Option<Span>, defined: bool| (span.is_none(), !defined, span);
            if rank(span, defined) < rank(group.span, group.defined) {
                group.span = span;
                group.defined = defined;
            }
            return *id;
        }
        let id = GroupId::try_from(self.groups.len()).expect("fewer groups than bytes of text");
        self.groups.push(Group {
            name: name.clone(),
            span,
            defined,
            vars: Vec::new(),
            hosts: Vec::new(),
            parents: Vec::new(),
            children: Vec::new(),
            depth: 0,
            priority: 1,
        });
        self.group_ids.insert(name.clone(), id);
        id
    }

    /// Mentions a host; its first place counts.
    pub(super) fn host(&mut self, name: &HostName, span: Option<Span>) -> HostId {
        if let Some(id) = self.host_ids.get(name) {
            let host = &mut self.hosts[*id as usize];
            host.span = match (host.span, span) {
                (Some(known), Some(new)) => Some(known.min(new)),
                (known, new) => known.or(new),
            };
            return *id;
        }
        let id = HostId::try_from(self.hosts.len()).expect("fewer hosts than bytes of text");
        self.hosts.push(Host {
            name: name.clone(),
            span,
            groups: Vec::new(),
            vars: Vec::new(),
        });
        self.host_ids.insert(name.clone(), id);
        id
    }

    /// Puts a host into a group.
    pub(super) fn member(&mut self, group: GroupId, host: HostId) {
        self.hosts[host as usize].groups.push(group);
    }

    /// Makes a group the child of another. Everything is a child of `all` anyway.
    pub(super) fn child(&mut self, parent: GroupId, child: GroupId) {
        if parent != ALL {
            self.groups[parent as usize].children.push(child);
            self.groups[child as usize].parents.push(parent);
        }
    }

    /// Adds variables to a group; those that stand later in the text win.
    pub(super) fn group_vars(&mut self, group: GroupId, vars: &Map, at: u32) {
        if !vars.is_empty() {
            self.groups[group as usize].vars.push(Layer {
                group: None,
                at,
                vars: vars.clone(),
            });
        }
    }

    /// Adds variables to a host, with the group under which they are written; those that stand
    /// later in the text win.
    pub(super) fn host_vars(&mut self, host: HostId, group: Option<GroupId>, vars: &Map, at: u32) {
        if !vars.is_empty() {
            self.hosts[host as usize].vars.push(Layer {
                group,
                at,
                vars: vars.clone(),
            });
        }
    }

    /// Goes through the values of `ansible_group_priority`.
    pub(super) fn set_priorities(&mut self, mut refuse: impl FnMut(&GroupName, Span, &Value)) {
        for group in &mut self.groups {
            sort_layers(&mut group.vars);
            let found = group
                .vars
                .iter()
                .rev()
                .find_map(|layer| layer.vars.get("ansible_group_priority"));
            if let Some(node) = found {
                match node.value.as_int() {
                    Some(priority) => group.priority = priority,
                    None => refuse(&group.name, node.span, &node.value),
                }
            }
        }
    }

    /// The groups so far, for the check of their order.
    pub(super) fn groups_mut(&mut self) -> &mut [Group] {
        &mut self.groups
    }

    /// Ends the work: hosts without a group get into `ungrouped`, and groups know their hosts.
    pub(super) fn finish(
        mut self,
        source: Option<Arc<Source>>,
        flat: bool,
        diagnostics: Diagnostics,
    ) -> Model {
        for (id, host) in (0..).zip(&mut self.hosts) {
            host.groups
                .retain(|group| *group != ALL && *group != UNGROUPED);
            host.groups.sort_unstable();
            host.groups.dedup();
            if host.groups.is_empty() {
                host.groups.push(UNGROUPED);
            }
            host.groups.shrink_to_fit();
            sort_layers(&mut host.vars);
            host.vars.shrink_to_fit();
            for group in &host.groups {
                self.groups[*group as usize].hosts.push(id);
            }
        }
        Model {
            source,
            flat,
            groups: self.groups,
            group_ids: self.group_ids,
            hosts: self.hosts,
            host_ids: self.host_ids,
            diagnostics,
        }
    }
}

/// Puts layers in the order of the text. Those from code keep the order in which they were added.
fn sort_layers(layers: &mut [Layer]) {
    layers.sort_by_key(|layer| layer.at);
}
