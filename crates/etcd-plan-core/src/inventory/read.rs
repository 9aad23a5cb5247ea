use std::str::FromStr;
use std::sync::Arc;

use super::draft::Draft;
use super::findings::{Findings, shown};
use super::model::{GroupId, Inventory};
use super::order::set_depths;
use super::pattern::{HostPattern, RANGE_LIMIT, port_variable};
use super::value::{Entry, Map, Node, Value};
use super::yaml;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span};
use crate::names::{GroupName, HostName, NameError};

/// Reads an inventory from a text.
pub(super) fn read(source: Arc<Source>) -> Result<Inventory, Diagnostics> {
    let mut findings = Findings::about(Some(Arc::clone(&source)));
    let tree = yaml::read(&source, &mut findings);
    let mut reader = Reader {
        draft: Draft::new(),
        findings,
        form: Form::Yaml,
        from_ranges: 0,
    };
    let mut flat = false;
    if let Some(tree) = tree {
        flat = reader.inventory(&tree);
    }
    let Reader {
        mut draft,
        mut findings,
        ..
    } = reader;
    draft.set_priorities(|group, span, value| {
        findings.shape(
            span,
            format!(
                "`ansible_group_priority` of group `{group}` is {}",
                value.kind()
            ),
            "not a whole number",
            "write a whole number; Ansible's default is 1",
        );
    });
    set_depths(draft.groups_mut(), &mut findings);
    let diagnostics = findings.finish().into_result()?;
    Ok(Inventory(Arc::new(draft.finish(
        Some(source),
        flat,
        diagnostics,
    ))))
}

/// What the text is, which shows from its content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Groups as mappings, as people write them.
    Yaml,
    /// What `ansible-inventory --list` prints: it has `_meta`, and lists of names.
    List,
}

struct Reader {
    draft: Draft,
    findings: Findings,
    form: Form,
    /// How many hosts came from ranges.
    from_ranges: usize,
}

impl Reader {
    /// Reads the whole tree, and says whether all variables stand at hosts.
    fn inventory(&mut self, tree: &Node) -> bool {
        let map = match &tree.value {
            Value::Map(map) => map,
            Value::Null => return false,
            other => {
                self.findings.shape(
                    tree.span,
                    format!("the inventory is {}, not a mapping of groups", other.kind()),
                    "",
                    "begin with a group: `etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }`. \
                     From an inventory in INI, take what `ansible-inventory --list` prints",
                );
                return false;
            }
        };
        let mut has_group_vars = false;
        if let Some(meta) = map.entry("_meta") {
            self.form = Form::List;
            self.meta(meta);
        }
        for entry in map {
            if self.form == Form::List && &*entry.key == "_meta" {
                continue;
            }
            let vars = entry.node.value.as_map().and_then(|body| body.get("vars"));
            has_group_vars |= vars.is_some();
            self.group(entry);
        }
        self.form == Form::List && !has_group_vars
    }

    /// Reads `_meta`, whose `hostvars` hold the variables of all hosts.
    fn meta(&mut self, meta: &Entry) {
        let hint = "take the output of `ansible-inventory --list` as it is";
        let Value::Map(body) = &meta.node.value else {
            let message = format!("`_meta` is {}, not a mapping", meta.node.value.kind());
            return self.findings.shape(meta.node.span, message, "", hint);
        };
        let Some(hostvars) = body.get("hostvars") else {
            return;
        };
        match &hostvars.value {
            Value::Map(hosts) => {
                for entry in hosts {
                    if let Some(name) = self.name::<HostName>(&entry.key, entry.key_span, "host") {
                        let host = self.draft.host(&name, Some(entry.key_span));
                        if let Some(vars) = self.vars_of(&name, entry) {
                            let at = entry.key_span.start;
                            self.draft.host_vars(host, None, &vars, at);
                        }
                    }
                }
            }
            Value::Null => {}
            other => {
                let message = format!("`hostvars` is {}, not a mapping of hosts", other.kind());
                self.findings.shape(hostvars.span, message, "", hint);
            }
        }
    }

    /// Reads a group where it is defined, and gives its number.
    fn group(&mut self, entry: &Entry) -> Option<GroupId> {
        let name = self.name::<GroupName>(&entry.key, entry.key_span, "group")?;
        let defined = !entry.node.value.is_null();
        let id = self.draft.group(&name, Some(entry.key_span), defined);
        let body = match &entry.node.value {
            Value::Map(body) => body,
            Value::Null => return Some(id),
            other => {
                let hint = if name.as_str() == "plugin" {
                    "this looks like the settings of an inventory plugin: take what `ansible-inventory --list` prints with it"
                } else {
                    "write `hosts`, `children` or `vars` below the group, or remove it"
                };
                let message = format!("group `{name}` is {}, not a mapping", other.kind());
                self.findings
                    .shape(entry.node.span, message, "not a group", hint);
                return Some(id);
            }
        };
        for part in body {
            match &*part.key {
                "hosts" => self.hosts(&name, id, &part.node),
                "children" => self.children(&name, id, &part.node),
                "vars" => self.group_vars(&name, id, part),
                _ => self.unknown_key(&name, part),
            }
        }
        Some(id)
    }

    fn hosts(&mut self, group: &GroupName, id: GroupId, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::Map(hosts) => {
                for entry in hosts {
                    self.host(id, entry);
                }
            }
            Value::Scalar { text, .. } => self.bare_host(id, text, node.span),
            Value::List(items) if self.form == Form::List => {
                for item in items.iter() {
                    match &item.value {
                        Value::Scalar { text, .. } => self.bare_host(id, text, item.span),
                        other => self.not_a_name(group, "hosts", item.span, other),
                    }
                }
            }
            other => self.findings.shape(
                node.span,
                format!(
                    "`hosts` of group `{group}` is {}, not a mapping",
                    other.kind()
                ),
                "",
                "write each host as a key: `hosts: { 10.10.10.10: {}, 10.10.10.11: {} }`",
            ),
        }
    }

    /// Reads a host without variables.
    fn bare_host(&mut self, group: GroupId, name: &Arc<str>, span: Span) {
        self.host(
            group,
            &Entry {
                key: Arc::clone(name),
                key_span: span,
                node: Node {
                    value: Value::Null,
                    span,
                },
            },
        );
    }

    /// Reads a host or a range of hosts under a group.
    fn host(&mut self, group: GroupId, entry: &Entry) {
        let plain = !entry.key.contains([':', '[']) || self.form == Form::List;
        if plain {
            self.one_host(group, &entry.key, None, entry);
            return;
        }
        let pattern = match HostPattern::parse(&entry.key) {
            Ok(pattern) => pattern,
            Err(clause) => {
                let hint = "write a range as `node[1:3]`, `node[01:20]` or `db-[a:c]`";
                return self.bad_name("host", &entry.key, entry.key_span, &clause, hint);
            }
        };
        let count = pattern.count();
        if count > 1 {
            self.from_ranges = self.from_ranges.saturating_add(count);
            if self.from_ranges > RANGE_LIMIT {
                self.from_ranges -= count.min(self.from_ranges);
                let message = format!(
                    "with `{}` the ranges of the inventory stand for more than {RANGE_LIMIT} hosts",
                    shown(&entry.key)
                );
                let hint = "check the bounds of the range";
                let place = self.findings.place(entry.key_span);
                let finding = Diagnostic::new(Code::TooLarge, message, hint);
                self.findings.push(finding.at(place, "too many hosts"));
                return;
            }
        }
        let port = pattern.port.map(|port| port_variable(port, entry.key_span));
        for name in pattern.names() {
            self.one_host(group, &name, port.as_ref(), entry);
        }
    }

    fn one_host(&mut self, group: GroupId, name: &str, port: Option<&Map>, entry: &Entry) {
        let Some(name) = self.name::<HostName>(name, entry.key_span, "host") else {
            return;
        };
        let host = self.draft.host(&name, Some(entry.key_span));
        self.draft.member(group, host);
        let at = entry.key_span.start;
        if let Some(port) = port {
            self.draft.host_vars(host, Some(group), port, at);
        }
        if let Some(vars) = self.vars_of(&name, entry) {
            self.draft.host_vars(host, Some(group), &vars, at);
        }
    }

    /// Gives the variables written at a host, if there are any.
    fn vars_of(&mut self, host: &HostName, entry: &Entry) -> Option<Map> {
        match &entry.node.value {
            Value::Map(vars) => Some(vars.clone()),
            Value::Null => None,
            other => {
                self.findings.shape(
                    entry.node.span,
                    format!(
                        "host `{host}` has {} where its variables belong",
                        other.kind()
                    ),
                    "not a mapping",
                    format!("write variables by name, `{host}: {{ etcd_seq: 1 }}`, or nothing"),
                );
                None
            }
        }
    }

    fn children(&mut self, group: &GroupName, id: GroupId, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::Map(children) => {
                for entry in children {
                    if self.may_be_child(group, &entry.key, entry.key_span)
                        && let Some(child) = self.group(entry)
                    {
                        self.draft.child(id, child);
                    }
                }
            }
            Value::Scalar { text, .. } => self.bare_child(group, id, text, node.span),
            Value::List(items) if self.form == Form::List => {
                for item in items.iter() {
                    match &item.value {
                        Value::Scalar { text, .. } => self.bare_child(group, id, text, item.span),
                        other => self.not_a_name(group, "children", item.span, other),
                    }
                }
            }
            other => self.findings.shape(
                node.span,
                format!(
                    "`children` of group `{group}` is {}, not a mapping",
                    other.kind()
                ),
                "",
                "write each group as a key: `children: { etcd: {}, infra: {} }`",
            ),
        }
    }

    /// Reads a child group that is only named.
    fn bare_child(&mut self, group: &GroupName, id: GroupId, child: &str, span: Span) {
        if self.may_be_child(group, child, span)
            && let Some(name) = self.name::<GroupName>(child, span, "group")
        {
            let child = self.draft.group(&name, Some(span), false);
            self.draft.child(id, child);
        }
    }

    fn may_be_child(&mut self, parent: &GroupName, child: &str, span: Span) -> bool {
        if child == "all" {
            let place = self.findings.place(span);
            let message = format!("group `all` is listed as a child of group `{parent}`");
            let hint = format!("remove it: `{parent}` is in `all` already, as every group is");
            self.findings.push(
                Diagnostic::new(Code::GroupCycle, message, hint).at(place, "not below itself"),
            );
        }
        child != "all"
    }

    fn group_vars(&mut self, group: &GroupName, id: GroupId, part: &Entry) {
        match &part.node.value {
            Value::Null => {}
            Value::Map(vars) => self.draft.group_vars(id, vars, part.key_span.start),
            other => self.findings.shape(
                part.node.span,
                format!(
                    "`vars` of group `{group}` is {}, not a mapping",
                    other.kind()
                ),
                "",
                "write variables by name: `vars: { etcd_cluster: etcd }`",
            ),
        }
    }

    fn unknown_key(&mut self, group: &GroupName, part: &Entry) {
        let key = shown(&part.key);
        let hint = match &*key {
            "host" => "did you mean `hosts`?".to_owned(),
            "child" | "childs" | "childrens" | "groups" => "did you mean `children`?".to_owned(),
            "var" | "variables" => "did you mean `vars`?".to_owned(),
            key if key.contains('_') => {
                format!("put `{key}` below `vars` if it is a variable, or remove it")
            }
            key => format!(
                "put `{key}` below `children` if it is a group, below `hosts` if it is a host, or remove it"
            ),
        };
        let message = format!(
            "group `{group}` has the key `{key}`, which has no effect: only `hosts`, `children` and `vars` do"
        );
        let place = self.findings.place(part.key_span);
        self.findings
            .push(Diagnostic::new(Code::UnknownGroupKey, message, hint).at(place, "ignored"));
    }

    fn not_a_name(&mut self, group: &GroupName, list: &str, span: Span, value: &Value) {
        self.findings.shape(
            span,
            format!(
                "`{list}` of group `{group}` lists {}, not a name",
                value.kind()
            ),
            "",
            "take the output of `ansible-inventory --list` as it is",
        );
    }

    fn name<N: FromStr<Err = NameError>>(&mut self, text: &str, span: Span, of: &str) -> Option<N> {
        match text.parse() {
            Ok(name) => Some(name),
            Err(error) => {
                let hint =
                    format!("give the {of} a name without white space, of at most 255 bytes");
                self.bad_name(of, text, span, &error.to_string(), &hint);
                None
            }
        }
    }

    fn bad_name(&mut self, of: &str, text: &str, span: Span, clause: &str, hint: &str) {
        let message = format!("the {of} name `{}` {clause}", shown(text));
        let place = self.findings.place(span);
        self.findings
            .push(Diagnostic::new(Code::BadName, message, hint).at(place, ""));
    }
}
