use std::str::FromStr;
use std::sync::Arc;

use super::draft::Draft;
use super::findings::Findings;
use super::model::{ALL, GroupId, HostId, Inventory};
use super::order::set_depths;
use super::value::{Entry, Map, Node, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::names::{GroupName, HostName, NameError};

/// Puts an inventory together in code.
///
/// Groups and hosts come into being when they are first mentioned. Names that are not usable are
/// reported by [`InventoryBuilder::build`], all at once.
///
/// ```
/// use etcd_plan_core::inventory::Inventory;
///
/// let mut builder = Inventory::builder();
/// for (seq, host) in (1..).zip(["10.10.10.10", "10.10.10.11", "10.10.10.12"]) {
///     builder.host("etcd", host).host_var(host, "etcd_seq", seq);
/// }
/// builder.group_var("etcd", "etcd_cluster", "etcd");
/// let inventory = builder.build()?;
/// assert_eq!(inventory.hosts().len(), 3);
/// # Ok::<(), etcd_plan_core::diagnostic::Diagnostics>(())
/// ```
pub struct InventoryBuilder {
    draft: Draft,
    findings: Findings,
}

impl InventoryBuilder {
    pub(super) fn new() -> Self {
        Self {
            draft: Draft::new(),
            findings: Findings::about(None),
        }
    }

    /// Adds a group, which may stay empty.
    pub fn group(&mut self, group: &str) -> &mut Self {
        self.group_id(group);
        self
    }

    /// Adds a host to a group. `all` and `ungrouped` are groups for hosts in no other.
    pub fn host(&mut self, group: &str, host: &str) -> &mut Self {
        if let (Some(group), Some(host)) = (self.group_id(group), self.host_id(host)) {
            self.draft.member(group, host);
        }
        self
    }

    /// Makes a group a child of another.
    pub fn child(&mut self, parent: &str, child: &str) -> &mut Self {
        if let (Some(parent), Some(child)) = (self.group_id(parent), self.group_id(child)) {
            if child == ALL {
                let message = format!(
                    "group `all` is made a child of group `{}`",
                    self.draft.groups_mut()[parent as usize].name
                );
                let hint = "leave it out: every group is in `all` already";
                self.findings
                    .push(Diagnostic::new(Code::GroupCycle, message, hint));
            } else {
                self.draft.child(parent, child);
            }
        }
        self
    }

    /// Sets a variable of a host.
    pub fn host_var(&mut self, host: &str, name: &str, value: impl Into<Value>) -> &mut Self {
        if let Some(host) = self.host_id(host) {
            self.draft.host_vars(host, None, &one(name, value), 0);
        }
        self
    }

    /// Sets a variable of a group.
    pub fn group_var(&mut self, group: &str, name: &str, value: impl Into<Value>) -> &mut Self {
        if let Some(group) = self.group_id(group) {
            self.draft.group_vars(group, &one(name, value), 0);
        }
        self
    }

    /// Sets a variable of `all`.
    pub fn all_var(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.group_var("all", name, value)
    }

    /// Ends the work.
    ///
    /// # Errors
    ///
    /// When a name is not usable, or a group is its own descendant.
    pub fn build(self) -> Result<Inventory, Diagnostics> {
        let Self {
            mut draft,
            mut findings,
        } = self;
        draft.set_priorities(|group, span, value| {
            findings.shape(
                span,
                format!(
                    "`ansible_group_priority` of group `{group}` is {}",
                    value.kind()
                ),
                "",
                "set a whole number; Ansible's default is 1",
            );
        });
        set_depths(draft.groups_mut(), &mut findings);
        let diagnostics = findings.finish().into_result()?;
        Ok(Inventory(Arc::new(draft.finish(None, false, diagnostics))))
    }

    fn group_id(&mut self, name: &str) -> Option<GroupId> {
        let name: GroupName = self.name(name, "group")?;
        Some(self.draft.group(&name, None, true))
    }

    fn host_id(&mut self, name: &str) -> Option<HostId> {
        let name: HostName = self.name(name, "host")?;
        Some(self.draft.host(&name, None))
    }

    fn name<N: FromStr<Err = NameError>>(&mut self, text: &str, of: &str) -> Option<N> {
        let result = text.parse();
        result
            .map_err(|error| {
                let message = format!("the {of} name {text:?} {error}");
                let hint =
                    format!("give the {of} a name without white space, of at most 255 bytes");
                self.findings
                    .push(Diagnostic::new(Code::BadName, message, hint));
            })
            .ok()
    }
}

impl Default for InventoryBuilder {
    fn default() -> Self {
        Self::new()
    }
}

fn one(name: &str, value: impl Into<Value>) -> Map {
    Map::new(vec![Entry {
        key: name.into(),
        key_span: Span::default(),
        node: Node::from(value.into()),
    }])
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Style;
    use crate::inventory::{ExtraVars, Inventory, Level, Origin};

    #[test]
    fn builds_all_levels() {
        let mut builder = Inventory::builder();
        builder
            .all_var("a", "all")
            .all_var("b", "all")
            .group_var("etcd", "b", "group")
            .host("etcd", "10.10.10.10")
            .host_var("10.10.10.10", "etcd_seq", 1)
            .host_var("10.10.10.10", "etcd_seq", 2)
            .child("dcs", "etcd")
            .group("empty");
        let inventory = builder.build().expect("a good inventory");
        let groups: Vec<_> = inventory.groups().map(ToString::to_string).collect();
        assert_eq!(groups, ["dcs", "empty", "etcd"]);
        let host = inventory.hosts().next().expect("one host");
        let extra = ExtraVars::new();
        let vars = inventory.vars(host, &extra);
        let seq = vars.get("etcd_seq").expect("set");
        assert_eq!(seq.value.as_int(), Some(2), "the last one set wins");
        assert_eq!(seq.level, Level::Host { group: None });
        assert_eq!(seq.origin(), Origin::Code);
        assert_eq!(vars.get("a").expect("set").level, Level::All);
        assert_eq!(vars.get("b").expect("set").value.as_text(), Some("group"));
        assert_eq!(inventory.hosts_of("dcs").expect("a group").len(), 1);
        assert_eq!(inventory.group_place("etcd"), None);
    }

    #[test]
    fn reports_all_names_that_are_not_usable() {
        let mut builder = Inventory::builder();
        builder
            .host("a b", "")
            .child("x", "all")
            .child("p", "q")
            .child("q", "p");
        let findings = builder.build().expect_err("refused");
        insta::assert_snapshot!("builder_findings", findings.render(Style::Plain));
    }
}
