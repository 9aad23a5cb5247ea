use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::findings::place;
use super::value::Map;
use super::{ExtraVars, HostVars, InventoryBuilder, Level, Var};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source, Span};
use crate::names::{GroupName, HostName};

/// Hosts, groups and variables, as a user wrote them: one text, or what code has put together.
///
/// It cannot be changed any more, and cloning it is cheap. Two groups are always there: `all`,
/// which holds every host, and `ungrouped`, which holds those that are in no other group.
#[derive(Clone)]
pub struct Inventory(pub(super) Arc<Model>);

/// What an inventory consists of.
pub(super) struct Model {
    pub(super) source: Option<Arc<Source>>,
    pub(super) flat: bool,
    pub(super) groups: Vec<Group>,
    pub(super) group_ids: BTreeMap<GroupName, GroupId>,
    pub(super) hosts: Vec<Host>,
    pub(super) host_ids: BTreeMap<HostName, HostId>,
    pub(super) diagnostics: Diagnostics,
}

/// The number of a group; [`ALL`] and [`UNGROUPED`] are always there.
pub(super) type GroupId = u32;
pub(super) const ALL: GroupId = 0;
pub(super) const UNGROUPED: GroupId = 1;

/// The number of a host.
pub(super) type HostId = u32;

pub(super) struct Group {
    pub(super) name: GroupName,
    pub(super) span: Option<Span>,
    /// Whether `span` is where the group is defined, not only listed as a child.
    pub(super) defined: bool,
    pub(super) vars: Vec<Layer>,
    /// The hosts written under the group itself.
    pub(super) hosts: Vec<HostId>,
    pub(super) parents: Vec<GroupId>,
    pub(super) children: Vec<GroupId>,
    /// The longest way down from `all`.
    pub(super) depth: u32,
    /// `ansible_group_priority`, by default 1.
    pub(super) priority: i64,
}

pub(super) struct Host {
    pub(super) name: HostName,
    pub(super) span: Option<Span>,
    /// The groups under which it is written, never `all`.
    pub(super) groups: Vec<GroupId>,
    pub(super) vars: Vec<Layer>,
}

/// Variables that are written together; of several layers the last one that has a name wins.
pub(super) struct Layer {
    /// The group under whose `hosts:` they stand, for variables of hosts.
    pub(super) group: Option<GroupId>,
    /// Where in the text they stand, among other layers.
    pub(super) at: u32,
    pub(super) vars: Map,
}

impl Inventory {
    /// Reads an inventory from its text: YAML as Ansible takes it, groups at top level, or the JSON
    /// that `ansible-inventory --list` prints. Which of them it is shows from the content.
    ///
    /// `name` is what findings call the text: as a rule the path that the user typed. An empty text
    /// is an inventory without hosts.
    ///
    /// # Errors
    ///
    /// When something in the text is wrong: all that was found, warnings too.
    pub fn parse(text: &str, name: &str) -> Result<Self, Diagnostics> {
        super::read::read(super::text::from_text(text, name)?)
    }

    /// Reads an inventory from the bytes of a file, as [`Inventory::parse`] does.
    ///
    /// # Errors
    ///
    /// When the bytes are no text, and when something in the text is wrong.
    pub fn parse_bytes(bytes: &[u8], name: &str) -> Result<Self, Diagnostics> {
        super::read::read(super::text::from_bytes(bytes, name)?)
    }

    /// Begins an inventory that is put together in code.
    pub fn builder() -> InventoryBuilder {
        InventoryBuilder::new()
    }

    /// Gives the warnings found while it was read.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.0.diagnostics
    }

    /// Says whether the text had every variable at its hosts, whatever level it was written at:
    /// the form of `ansible-inventory --list` without `--export`. [`Level`] says little then.
    pub fn is_flat(&self) -> bool {
        self.0.flat
    }

    /// Goes through all hosts, in the order of their names.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = &HostName> {
        self.0.host_ids.keys()
    }

    /// Goes through all groups but `all` and `ungrouped`, in the order of their names.
    pub fn groups(&self) -> impl Iterator<Item = &GroupName> {
        let own = |(_, id): &(_, &GroupId)| **id != ALL && **id != UNGROUPED;
        self.0.group_ids.iter().filter(own).map(|(name, _)| name)
    }

    /// Says whether a host is in the inventory.
    pub fn contains_host(&self, host: &str) -> bool {
        self.0.host_ids.contains_key(host)
    }

    /// Gives the hosts of a group and of all groups below it; none for a group that is not there.
    pub fn hosts_of(&self, group: &str) -> Option<BTreeSet<HostName>> {
        let id = *self.0.group_ids.get(group)?;
        if id == ALL {
            return Some(self.hosts().cloned().collect());
        }
        let mut seen = BTreeSet::from([id]);
        let mut open = vec![id];
        let mut hosts = BTreeSet::new();
        while let Some(id) = open.pop() {
            let group = self.0.group(id);
            hosts.extend(group.hosts.iter().map(|id| self.0.host(*id).name.clone()));
            open.extend(group.children.iter().filter(|child| seen.insert(**child)));
        }
        Some(hosts)
    }

    /// Gives the hosts written under a group itself; none for a group that is not there. Under
    /// `all` these are the hosts without any other group, as under `ungrouped`.
    pub fn direct_hosts_of(&self, group: &str) -> Option<BTreeSet<HostName>> {
        let id = *self.0.group_ids.get(group)?;
        let group = self.0.group(if id == ALL { UNGROUPED } else { id });
        Some(
            group
                .hosts
                .iter()
                .map(|id| self.0.host(*id).name.clone())
                .collect(),
        )
    }

    /// Goes through the groups directly below a group, in the order of their names.
    pub fn children_of(&self, group: &str) -> impl Iterator<Item = &GroupName> {
        let group = self.0.group_ids.get(group).map(|id| self.0.group(*id));
        let children: BTreeSet<&GroupName> = group
            .into_iter()
            .flat_map(|group| &group.children)
            .map(|child| &self.0.group(*child).name)
            .collect();
        children.into_iter()
    }

    /// Goes through the groups that a host is in, those above its own included, in the order of
    /// their names. `all` is not among them.
    pub fn groups_of(&self, host: &str) -> impl Iterator<Item = &GroupName> {
        let id = self.0.host_ids.get(host);
        let host = id.map(|id| self.0.host(*id));
        let names: BTreeSet<&GroupName> = host
            .map(|host| self.0.ancestry(host))
            .unwrap_or_default()
            .into_iter()
            .map(|id| &self.0.group(id).name)
            .collect();
        names.into_iter()
    }

    /// Gives the place where a host is written first.
    pub fn host_place(&self, host: &str) -> Option<Place> {
        let host = self.0.host(*self.0.host_ids.get(host)?);
        place(self.0.source.as_ref(), host.span?)
    }

    /// Gives the place where a group is written: defined if it is, else listed as a child.
    pub fn group_place(&self, group: &str) -> Option<Place> {
        let group = self.0.group(*self.0.group_ids.get(group)?);
        place(self.0.source.as_ref(), group.span?)
    }

    /// Gives a variable that is written at this very group, not above or below it. `all` is a
    /// group here too.
    pub fn group_var<'a>(&'a self, group: &str, var: &str) -> Option<Var<'a>> {
        let id = *self.0.group_ids.get(group)?;
        let group = self.0.group(id);
        let level = group_level(id, &group.name);
        find(&group.vars, var).map(|(_, entry)| Var {
            name: &entry.key,
            value: &entry.node.value,
            level,
            span: entry.node.span,
            key_span: entry.key_span,
            source: self.0.source.as_ref(),
            is_argument: false,
        })
    }

    /// Finds the hosts that a limit means, as Ansible's `-l` does.
    ///
    /// A limit is a list of hosts, groups, and patterns with `*`, `?` and `[…]`, separated by
    /// commas or colons. `!x` takes hosts of `x` out, `&x` keeps only those that are in `x` too;
    /// `all` and `*` mean every host. A limit of `!` and `&` only begins with all hosts.
    ///
    /// # Errors
    ///
    /// When a part of it names no host or group, or no host is left.
    pub fn select(&self, limit: &str) -> Result<BTreeSet<HostName>, Diagnostic> {
        super::select::select(self, limit)
    }

    /// Gives the variables of a host as Ansible would see them; `extra` goes above all others. A
    /// host that is not in the inventory has the variables of `all`.
    pub fn vars<'a>(&'a self, host: &'a HostName, extra: &'a ExtraVars) -> HostVars<'a> {
        HostVars::new(self, host, extra)
    }
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self
            .groups()
            .map(|group| (group, self.direct_hosts_of(group.as_str())));
        f.debug_map().entries(groups).finish()
    }
}

impl Model {
    pub(super) fn group(&self, id: GroupId) -> &Group {
        &self.groups[id as usize]
    }

    pub(super) fn host(&self, id: HostId) -> &Host {
        &self.hosts[id as usize]
    }

    /// The groups of a host with all groups above them, but for `all`: the one whose variables win
    /// first, which is the deepest, then the one of the highest priority, then the last by name.
    pub(super) fn ancestry(&self, host: &Host) -> Vec<GroupId> {
        let mut ids = host.groups.clone();
        let alone = ids.len() == 1 && self.group(ids[0]).parents.is_empty();
        if alone {
            return ids;
        }
        let mut seen: BTreeSet<GroupId> = ids.iter().copied().collect();
        let mut next = 0;
        while let Some(id) = ids.get(next) {
            let parents = &self.group(*id).parents;
            ids.extend(parents.iter().filter(|parent| seen.insert(**parent)));
            next += 1;
        }
        ids.sort_by_cached_key(|id| {
            let group = self.group(*id);
            std::cmp::Reverse((group.depth, group.priority, group.name.clone()))
        });
        ids
    }
}

/// Finds a variable in layers of which the last one wins.
pub(super) fn find<'a>(
    layers: &'a [Layer],
    name: &str,
) -> Option<(&'a Layer, &'a super::value::Entry)> {
    let mut layers = layers.iter().rev();
    layers.find_map(|layer| layer.vars.entry(name).map(|entry| (layer, entry)))
}

pub(super) fn group_level(id: GroupId, name: &GroupName) -> Level<'_> {
    if id == ALL {
        Level::All
    } else {
        Level::Group(name)
    }
}
