use std::collections::BTreeMap;
use std::fmt;

use crate::action::{summary, why_it_waits};
use crate::plan::{Action, Plan, PurgeRule, Step};
use crate::spec::ClusterSpec;

impl fmt::Display for Plan {
    /// Writes the plan as a person reads it in a terminal of 80 columns: the clusters, then the
    /// steps in order, those that are alike on several hosts in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clusters = self.clusters().len();
        let hosts: std::collections::BTreeSet<_> =
            self.steps().filter_map(Step::host_name).collect();
        writeln!(
            f,
            "plan: {} {} on {}, {}",
            self.goal(),
            count(clusters, "cluster"),
            count(hosts.len(), "host"),
            count(self.len(), "step"),
        )?;
        for (at, cluster) in self.clusters().iter().enumerate() {
            write_cluster(f, self, at, cluster)?;
        }
        write_summary(f, self)
    }
}

fn write_cluster(
    f: &mut fmt::Formatter<'_>,
    plan: &Plan,
    at: usize,
    cluster: &ClusterSpec,
) -> fmt::Result {
    writeln!(
        f,
        "\ncluster {}: {}, quorum {}, survives {}",
        cluster.name,
        count(cluster.members.len(), "member"),
        cluster.quorum(),
        count(cluster.tolerance(), "failure"),
    )?;
    for member in &cluster.members {
        let learner = if member.learner { ", learner" } else { "" };
        writeln!(
            f,
            "  {:<12} {}{learner}",
            member.name.as_str(),
            cluster.client_url(member)
        )?;
    }
    for group in groups(plan, at) {
        let first = group[0];
        let mark = match first.action() {
            Action::Gate => '=',
            action if action.is_destructive() => '!',
            action if action.can_change() => '+',
            _ => ' ',
        };
        let subtask = first.subtask().map_or("", crate::plan::Subtask::as_str);
        let place = match (first.host_name(), group.len()) {
            (None, _) => String::new(),
            (Some(host), 1) => format!(" on {host}"),
            (Some(_), hosts) => format!(" on {hosts} hosts"),
        };
        let what = if group.len() > 1 {
            of_many(first)
        } else {
            summary(first)
        };
        writeln!(f, " {mark} {subtask:<13} {what}{place}")?;
        let reason = why_it_waits(first.action());
        if !reason.is_empty() && matches!(first.action(), Action::Gate | Action::Await { .. }) {
            writeln!(f, "   {:<13} ({reason})", "")?;
        }
    }
    Ok(())
}

/// What a line says that stands for steps on several hosts.
fn of_many(step: Step<'_>) -> String {
    match step.action() {
        Action::Stop => "stop etcd where the cluster is purged".to_owned(),
        Action::Launch => "start etcd, now and at boot".to_owned(),
        Action::AwaitReady => "wait until etcd answers through TLS".to_owned(),
        Action::IssueCertificate { .. } => {
            "use the members' certificates, or issue them".to_owned()
        }
        Action::Register { .. } => "register the members with Prometheus".to_owned(),
        _ => summary(step),
    }
}

/// The steps of a cluster with the gate, those alike together, in an order that can be read down.
fn groups(plan: &Plan, cluster: usize) -> Vec<Vec<Step<'_>>> {
    let mut groups: Vec<Vec<Step<'_>>> = Vec::new();
    let mut by_action: BTreeMap<(Action, bool), usize> = BTreeMap::new();
    // The order in which steps were planned reads better than any topological one; the gate
    // stands behind the guards.
    let (judged, behind): (Vec<_>, Vec<_>) = plan
        .steps_of(cluster)
        .partition(|step| !step.action().can_change() && step.is_above_gate());
    let gate = plan.steps().filter(|step| step.action() == Action::Gate);
    for step in judged.into_iter().chain(gate).chain(behind) {
        let node = step.node();
        let action = match node.action {
            Action::IssueCertificate { .. } => Action::IssueCertificate { member: 0 },
            Action::Register { .. } => Action::Register { member: 0 },
            other => other,
        };
        let group = *by_action
            .entry((action, step.host().is_some()))
            .or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
        groups[group].push(step);
    }
    groups
}

fn write_summary(f: &mut fmt::Formatter<'_>, plan: &Plan) -> fmt::Result {
    let changes = plan
        .steps()
        .filter(|step| step.action().can_change())
        .count();
    let destructive = plan
        .steps()
        .filter(|step| step.action().is_destructive())
        .count();
    let purge = match plan.purge_rule() {
        _ if destructive == 0 => "nothing is purged",
        PurgeRule::WhenNeeded => "purges only what is no cluster of this inventory",
        PurgeRule::Always => "PURGES what is there",
    };
    let path = plan.critical_path();
    writeln!(
        f,
        "\n{} can change something (+), {} of them can take something away (!); {purge}",
        count(changes, "step"),
        destructive
    )?;
    write!(f, "longest chain: {}", count(path.steps.len(), "step"))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
