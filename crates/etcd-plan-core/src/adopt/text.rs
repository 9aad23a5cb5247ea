use std::fmt::Write as _;

use super::cluster::Draft;
use super::settings::Shared;
use crate::names::{ClusterName, GroupName};
use crate::render::yaml_scalar;

/// How wide comments are.
const WIDTH: usize = 96;

/// Writes the inventory: what is not as by default, with comments where a person has to see to
/// something.
pub(super) fn write(cluster: &ClusterName, drafts: &[Draft<'_>], shared: &Shared) -> String {
    let mut text = String::new();
    let members = match drafts.len() {
        1 => "its one member".to_owned(),
        count => format!("its {count} members"),
    };
    comment(
        &format!(
            "The etcd cluster {cluster}, read from {members} by `etcd-plan adopt`. `etcd-plan plan` says \
             what differs from it."
        ),
        &mut text,
    );
    comment(
        "The CA's key is on none of them: put it beside the CA's certificate, as `ca.key`, before \
         certificates have to be issued (new members, expiry).",
        &mut text,
    );
    if !shared.notes.is_empty() {
        text.push_str("#\n");
        comment("What no parameter says:", &mut text);
        for note in &shared.notes {
            let line = format!("- {}", note.sentence());
            comment(&line, &mut text);
        }
    }
    text.push_str("all:\n  children:\n");
    line(
        &mut text,
        format_args!(
            "    {}:\n      hosts:\n",
            yaml_scalar(group(cluster).as_str())
        ),
    );
    for draft in drafts {
        text.push_str(&host(cluster, draft));
    }
    text.push_str("      vars:\n");
    line(
        &mut text,
        format_args!("        etcd_cluster: {}\n", yaml_scalar(cluster.as_str())),
    );
    for (name, value) in &shared.parameters {
        let is_number = value.parse::<u64>().is_ok() && *name != "etcd_auto_compaction_retention";
        let value = if is_number {
            value.clone()
        } else {
            yaml_scalar(value)
        };
        line(&mut text, format_args!("        {name}: {value}\n"));
    }
    if !shared.extra.0.is_empty() {
        text.push_str("        etcd_extra_config:\n");
        for (key, value) in &shared.extra.0 {
            line(&mut text, format_args!("          {key}: {value}\n"));
        }
    }
    if !drafts
        .iter()
        .all(|draft| draft.found.effective.is_at_home())
    {
        text.push_str(
            "        etcd_safeguard: true  # nothing of it is purged, whatever state it is in\n",
        );
    }
    text.push_str("        ca_create: false  # a new CA would let none of the members in\n");
    text.push_str(&connection(drafts));
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.write_fmt(line).expect("a String takes everything");
}

/// Gives the group that the cluster is: the names of some are taken.
fn group(cluster: &ClusterName) -> GroupName {
    let taken = ["all", "infra", "ungrouped"].contains(&cluster.as_str());
    let name = if taken {
        format!("etcd-{cluster}")
    } else {
        cluster.to_string()
    };
    let name = name.parse();
    name.unwrap_or_else(|_| "etcd".parse().expect("it is a name"))
}

fn host(cluster: &ClusterName, draft: &Draft<'_>) -> String {
    let given = &draft.found.reading.host;
    let address = draft.reached.address.to_string();
    let mut vars = format!("etcd_seq: {}", draft.seq);
    let mut var = |name: &str, value: &str| {
        write!(vars, ", {name}: {value}").expect("a String takes everything");
    };
    if cluster.member(draft.seq) != draft.name {
        var("etcd_name", &yaml_scalar(draft.name.as_str()));
    }
    if draft.learner {
        var("etcd_learner", "true");
    }
    let connect = given.connection.host.clone();
    let connect =
        connect.or_else(|| (given.name.as_str() != address).then(|| given.name.to_string()));
    if let Some(connect) = connect {
        var("ansible_host", &yaml_scalar(&connect));
    }
    if let Some(port) = given.connection.port {
        var("ansible_port", &port.to_string());
    }
    let key = if address.contains(':') {
        format!("\"{address}\"")
    } else {
        address
    };
    format!("        {key}: {{ {vars} }}\n")
}

/// Writes how hosts are reached, which is the same for all of them.
fn connection(drafts: &[Draft<'_>]) -> String {
    let Some(first) = drafts.first() else {
        return String::new();
    };
    let connection = &first.found.reading.host.connection;
    let mut vars = Vec::new();
    if connection.local {
        vars.push("ansible_connection: local".to_owned());
    }
    if let Some(user) = &connection.user {
        vars.push(format!("ansible_user: {}", yaml_scalar(user)));
    }
    if let Some(file) = &connection.private_key_file {
        vars.push(format!(
            "ansible_ssh_private_key_file: {}",
            yaml_scalar(file)
        ));
    }
    if let Some(user) = &connection.become_user {
        vars.push("ansible_become: true".to_owned());
        if user != "root" {
            vars.push(format!("ansible_become_user: {}", yaml_scalar(user)));
        }
    }
    if vars.is_empty() {
        return String::new();
    }
    format!("  vars: {{ {} }}\n", vars.join(", "))
}

/// Writes a comment, in lines of some width.
fn comment(words: &str, text: &mut String) {
    let mut line = String::from("#");
    let indent = if words.starts_with("- ") { "#  " } else { "#" };
    for word in words.split_whitespace() {
        if line.len() + word.len() >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            indent.clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}
