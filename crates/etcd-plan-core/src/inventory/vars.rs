use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ExtraVars;
use super::findings::place;
use super::model::{ALL, GroupId, Host, Inventory, Layer, find, group_level};
use super::value::{Entry, Value};
use crate::diagnostic::{Diagnostic, Place, Source, Span};
use crate::names::{GroupName, HostName};

/// The variables of one host, as Ansible would see them.
///
/// What goes above what: extra variables, those of the host, those of its groups (the deeper group
/// above the one that holds it, then the one with the higher `ansible_group_priority`, then the
/// later name), those of `all`. Nothing is copied, and templates stay as they are until
/// [`HostVars::render`].
#[derive(Clone)]
pub struct HostVars<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) host: &'a HostName,
    pub(super) extra: &'a ExtraVars,
    own: &'a [Layer],
    /// The groups of the host, the one that wins first; `all` last.
    groups: Vec<GroupId>,
}

/// A variable of a host: the value that won.
#[derive(Clone, Copy)]
pub struct Var<'a> {
    /// The name.
    pub name: &'a str,
    /// The value, as written.
    pub value: &'a Value,
    /// The level at which it is written.
    pub level: Level<'a>,
    /// The range of the value in its source; empty for values that come from code.
    pub span: Span,
    pub(super) key_span: Span,
    pub(super) source: Option<&'a Arc<Source>>,
    pub(super) is_argument: bool,
}

/// The level at which a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level<'a> {
    /// An extra variable, as of `-e`.
    Extra,
    /// A variable of the host itself.
    Host {
        /// The group under whose `hosts:` it is written; none in JSON and for what code has set.
        group: Option<&'a GroupName>,
    },
    /// A variable of a group that the host is in.
    Group(&'a GroupName),
    /// A variable of `all`.
    All,
}

/// Where a value comes from. Prints as `file:line:column`, `argument` or `code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A place in a text.
    Place(Place),
    /// An argument of the command, with the place in its text; or its counterpart in code.
    Argument(Option<Place>),
    /// An inventory that was put together in code.
    Code,
}

impl<'a> HostVars<'a> {
    pub(super) fn new(inventory: &'a Inventory, host: &'a HostName, extra: &'a ExtraVars) -> Self {
        let model = &inventory.0;
        let known: Option<&Host> = model.host_ids.get(host).map(|id| model.host(*id));
        let mut groups = known.map(|host| model.ancestry(host)).unwrap_or_default();
        groups.push(ALL);
        Self {
            inventory,
            host,
            extra,
            own: known.map_or(&[], |host| &host.vars),
            groups,
        }
    }

    /// Gives the host.
    pub fn host(&self) -> &'a HostName {
        self.host
    }

    /// Finds a variable, at the level that wins.
    pub fn get(&self, name: &str) -> Option<Var<'a>> {
        if let Some(var) = self.extra.get(name) {
            return Some(var);
        }
        if let Some((layer, entry)) = find(self.own, name) {
            return Some(self.var(entry, self.host_level(layer)));
        }
        self.groups.iter().find_map(|id| {
            let group = self.inventory.0.group(*id);
            let (_, entry) = find(&group.vars, name)?;
            Some(self.var(entry, group_level(*id, &group.name)))
        })
    }

    /// Goes through the variables whose names begin with a text, in the order of their names, each
    /// at the level that wins.
    pub fn names(&self, prefix: &str) -> impl Iterator<Item = Var<'a>> + use<'a> {
        let mut found = BTreeMap::new();
        // From the lowest level to the highest, so that the higher one stays.
        for id in self.groups.iter().rev() {
            let group = self.inventory.0.group(*id);
            for entry in group
                .vars
                .iter()
                .flat_map(|layer| layer.vars.with_prefix(prefix))
            {
                found.insert(&*entry.key, self.var(entry, group_level(*id, &group.name)));
            }
        }
        for layer in self.own {
            for entry in layer.vars.with_prefix(prefix) {
                found.insert(&*entry.key, self.var(entry, self.host_level(layer)));
            }
        }
        for var in self.extra.with_prefix(prefix) {
            found.insert(var.name, var);
        }
        found.into_values()
    }

    /// Renders the templates in a value, as Ansible does before it uses one: in texts, and in the
    /// elements of lists and mappings. Variables that templates refer to are rendered in turn. A
    /// value without any costs nothing.
    ///
    /// A value that is one expression in braces keeps its type (a list stays a list); any other
    /// template gives a text.
    ///
    /// # Errors
    ///
    /// When the value, or one that it refers to, is undefined, encrypted, refers to itself, or is
    /// no template that can be rendered here.
    pub fn render(&self, var: &Var<'a>) -> Result<Cow<'a, Value>, Diagnostic> {
        super::template::render(self, var)
    }

    fn host_level(&self, layer: &Layer) -> Level<'a> {
        let group = layer.group.map(|id| &self.inventory.0.group(id).name);
        Level::Host { group }
    }

    fn var(&self, entry: &'a Entry, level: Level<'a>) -> Var<'a> {
        Var {
            name: &entry.key,
            value: &entry.node.value,
            level,
            span: entry.node.span,
            key_span: entry.key_span,
            source: self.inventory.0.source.as_ref(),
            is_argument: false,
        }
    }
}

impl Var<'_> {
    /// Gives the place of the value, if it has one: in the inventory, or in an argument's text.
    pub fn place(&self) -> Option<Place> {
        self.place_of(self.span)
    }

    /// Gives the place of the name; that of the value in an argument such as `-e name=value`.
    pub fn key_place(&self) -> Option<Place> {
        if self.key_span == Span::default() {
            return self.place();
        }
        self.place_of(self.key_span)
    }

    /// Gives the place of a range in the same source, such as that of an element of a list.
    pub fn place_of(&self, span: Span) -> Option<Place> {
        place(self.source, span)
    }

    /// Says where the value comes from.
    pub fn origin(&self) -> Origin {
        match self.place() {
            place if self.is_argument => Origin::Argument(place),
            Some(place) => Origin::Place(place),
            None => Origin::Code,
        }
    }
}

impl Origin {
    /// Gives the place in a text, if there is one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Place(place) => Some(place),
            Self::Argument(place) => place.as_ref(),
            Self::Code => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => place.fmt(f),
            Self::Argument(_) => f.write_str("argument"),
            Self::Code => f.write_str("code"),
        }
    }
}

// Values may be passwords of other modules, so that they are not shown.

impl fmt::Debug for HostVars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names("").map(|var| var.name);
        f.debug_set().entries(names).finish()
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var({} from {})", self.name, self.origin())
    }
}
