use std::fmt::Write as _;

use super::inventory::{Cluster, Shape};

/// A variable with its value as YAML in one line, and as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Var {
    name: &'static str,
    yaml: String,
    json: String,
}

impl Var {
    /// Makes a variable whose value is JSON, which is YAML too.
    pub(super) fn raw(name: &'static str, json: &str) -> Self {
        Self {
            name,
            yaml: json.to_owned(),
            json: json.to_owned(),
        }
    }

    fn number(name: &'static str, number: impl Into<u64>, quoted: bool) -> Self {
        let number = number.into();
        if quoted {
            Self::raw(name, &format!("\"{number}\""))
        } else {
            Self::raw(name, &number.to_string())
        }
    }

    fn flag(name: &'static str, flag: bool, spelling: (&str, &str)) -> Self {
        let (yes, no) = spelling;
        Self {
            name,
            yaml: if flag { yes } else { no }.to_owned(),
            json: flag.to_string(),
        }
    }

    fn text(name: &'static str, text: &str) -> Self {
        Self {
            name,
            yaml: text.to_owned(),
            json: format!("\"{text}\""),
        }
    }
}

/// A group with its hosts, each with its variables.
struct Group<'a> {
    name: &'a str,
    hosts: Vec<(&'a str, Vec<Var>)>,
    vars: Vec<Var>,
}

/// Writes an inventory down.
pub(super) fn render(
    shape: Shape,
    clusters: &[Cluster],
    infra: &[String],
    global: &[Var],
) -> String {
    let mut groups: Vec<Group<'_>> = clusters.iter().map(group).collect();
    if !infra.is_empty() {
        groups.push(Group {
            name: "infra",
            hosts: infra
                .iter()
                .map(|host| (host.as_str(), Vec::new()))
                .collect(),
            vars: Vec::new(),
        });
    }
    match shape {
        Shape::BlockFragment => groups.iter().map(|group| block(group, 0)).collect(),
        Shape::FlowFragment => groups.iter().map(flow).collect(),
        Shape::WholeBlock => whole(&groups, global),
        Shape::AnsibleList => list(&groups, global),
    }
}

fn group(cluster: &Cluster) -> Group<'_> {
    let (quoted, spelling) = (cluster.quoted_numbers, cluster.spelling);
    let mut vars = Vec::new();
    vars.extend(
        cluster
            .name
            .as_deref()
            .map(|name| Var::text("etcd_cluster", name)),
    );
    if let Some((client, peer)) = cluster.ports {
        vars.push(Var::number("etcd_port", client, quoted));
        vars.push(Var::number("etcd_peer_port", peer, quoted));
    }
    vars.extend(
        cluster
            .data
            .as_deref()
            .map(|data| Var::text("etcd_data", data)),
    );
    if let Some((heartbeat, election)) = cluster.timers {
        vars.push(Var::number("etcd_heartbeat_interval", heartbeat, quoted));
        vars.push(Var::number("etcd_election_timeout", election, quoted));
    }
    let flag = |name, value: Option<bool>| value.map(|flag| Var::flag(name, flag, spelling));
    vars.extend(flag("etcd_safeguard", cluster.safeguard));
    vars.extend(flag("etcd_clean", cluster.clean));
    vars.extend(cluster.noise.iter().cloned());
    let hosts = cluster.members.iter().map(|member| {
        let mut vars = vec![Var::number("etcd_seq", member.seq, quoted)];
        vars.extend(member.noise.iter().cloned());
        (member.host.as_str(), vars)
    });
    Group {
        name: &cluster.group,
        hosts: hosts.collect(),
        vars,
    }
}

/// Quotes a host's name where YAML would take it for something else.
fn key(host: &str) -> String {
    if host.contains(':') {
        format!("\"{host}\"")
    } else {
        host.to_owned()
    }
}

fn block(group: &Group<'_>, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = format!("{pad}{}: # a group\n{pad}  hosts:\n", group.name);
    for (host, vars) in &group.hosts {
        write_line(&mut text, &format!("{pad}    {}:", key(host)));
        write_vars(&mut text, vars, indent + 6);
    }
    if !group.vars.is_empty() {
        write_line(&mut text, &format!("{pad}  vars:"));
        write_vars(&mut text, &group.vars, indent + 4);
    }
    text
}

fn flow(group: &Group<'_>) -> String {
    let braces = |vars: &[Var]| {
        let vars: Vec<String> = vars
            .iter()
            .map(|var| format!("{}: {}", var.name, var.yaml))
            .collect();
        format!("{{ {} }}", vars.join(", "))
    };
    let hosts: Vec<String> = group
        .hosts
        .iter()
        .map(|(host, vars)| format!("{}: {}", key(host), braces(vars)))
        .collect();
    format!(
        "{}: {{ hosts: {{ {} }}, vars: {} }}\n",
        group.name,
        hosts.join(", "),
        braces(&group.vars)
    )
}

fn whole(groups: &[Group<'_>], global: &[Var]) -> String {
    let mut text = "---\nall:\n".to_owned();
    if !global.is_empty() {
        text.push_str("  vars:\n");
        write_vars(&mut text, global, 4);
    }
    text.push_str("  children:\n");
    text.extend(groups.iter().map(|group| block(group, 4)));
    text
}

/// Writes what `ansible-inventory --list` prints: every variable at the host, none at a group.
fn list(groups: &[Group<'_>], global: &[Var]) -> String {
    let mut hosts: Vec<(&str, Vec<&Var>)> = Vec::new();
    for group in groups {
        for (host, vars) in &group.hosts {
            if hosts.iter().any(|(known, _)| known == host) {
                continue;
            }
            let mut all: Vec<&Var> = vars.iter().collect();
            for var in group.vars.iter().chain(global) {
                if !all.iter().any(|known| known.name == var.name) {
                    all.push(var);
                }
            }
            hosts.push((host, all));
        }
    }
    let object = |vars: &[&Var]| {
        let vars: Vec<String> = vars
            .iter()
            .map(|var| format!("\"{}\": {}", var.name, var.json))
            .collect();
        format!("{{{}}}", vars.join(", "))
    };
    let hostvars: Vec<String> = hosts
        .iter()
        .map(|(host, vars)| format!("      \"{host}\": {}", object(vars)))
        .collect();
    let names: Vec<String> = groups.iter().map(|g| format!("\"{}\"", g.name)).collect();
    let groups: Vec<String> = groups
        .iter()
        .map(|group| {
            let hosts: Vec<String> = group
                .hosts
                .iter()
                .map(|(h, _)| format!("\"{h}\""))
                .collect();
            format!(
                "  \"{}\": {{\"hosts\": [{}]}}",
                group.name,
                hosts.join(", ")
            )
        })
        .collect();
    format!(
        "{{\n  \"_meta\": {{\n    \"hostvars\": {{\n{}\n    }}\n  }},\n  \"all\": {{\"children\": [\"ungrouped\", {}]}},\n{}\n}}\n",
        hostvars.join(",\n"),
        names.join(", "),
        groups.join(",\n")
    )
}

fn write_vars(text: &mut String, vars: &[Var], indent: usize) {
    for var in vars {
        let pad = " ".repeat(indent);
        write_line(text, &format!("{pad}{}: {}", var.name, var.yaml));
    }
}

fn write_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a String takes everything");
}
