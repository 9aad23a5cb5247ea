use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use super::lines::Lines;
use super::wrap::{WIDTH, write_line, write_wrapped};
use crate::names::HostName;
use crate::plan::{Plan, PurgeRule, Step, Subtask};
use crate::spec::{ClusterSpec, ValueOrigin};

impl fmt::Display for Plan {
    /// Writes the plan as a person reads it in a terminal of 80 columns: see [`Plan::page`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.page(WIDTH).fmt(f)
    }
}

impl Plan {
    /// Gives the plan as a person reads it in a terminal of so many columns: what was asked for,
    /// each cluster with what is set for it and its steps, and what to expect of them.
    pub fn page(&self, width: usize) -> impl fmt::Display {
        Page { plan: self, width }
    }
}

struct Page<'a> {
    plan: &'a Plan,
    width: usize,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, width } = *self;
        let hosts: BTreeSet<_> = plan.steps().filter_map(Step::host_name).collect();
        writeln!(
            f,
            "Plan: {} {} on {}, in {}",
            plan.goal(),
            count(plan.clusters().len(), "cluster"),
            count(hosts.len(), "host"),
            count(plan.len(), "step"),
        )?;
        write_selection(f, width, plan)?;
        write_warnings(f, width, plan)?;
        for (at, cluster) in plan.clusters().iter().enumerate() {
            write_cluster(f, width, cluster)?;
            Lines::of(plan, at).write(f, width)?;
        }
        write_summary(f, width, plan)
    }
}

pub(crate) fn write_selection(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    plan: &Plan,
) -> fmt::Result {
    let selection = plan.selection();
    if let Some(limit) = &selection.limit {
        let hosts: Vec<&str> = limit.iter().map(HostName::as_str).collect();
        write_line(f, width, "  only on:", 12, &hosts.join(", "))?;
    }
    let names = |tags: &BTreeSet<Subtask>| {
        let names: Vec<&str> = tags.iter().map(|tag| tag.as_str()).collect();
        names.join(", ")
    };
    if !selection.tags.is_empty() {
        write_line(f, width, "  only:", 12, &names(&selection.tags))?;
    }
    if !selection.skip_tags.is_empty() {
        write_line(f, width, "  without:", 12, &names(&selection.skip_tags))?;
    }
    Ok(())
}

pub(crate) fn write_warnings(f: &mut fmt::Formatter<'_>, width: usize, plan: &Plan) -> fmt::Result {
    let warnings = plan.diagnostics();
    if warnings.is_empty() {
        return Ok(());
    }
    let codes: BTreeSet<&str> = warnings.iter().map(|w| w.code.as_str()).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let text = format!("{}: {}", count(warnings.len(), "warning"), codes.join(", "));
    write_line(f, width, "  ", 2, &text)
}

pub(crate) fn write_cluster(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    cluster: &ClusterSpec,
) -> fmt::Result {
    let learners = cluster.members.len() - cluster.voters().count();
    let learners = match learners {
        0 => String::new(),
        some => format!(", {}", count(some, "learner")),
    };
    let survives = match cluster.tolerance() {
        0 => "no failure".to_owned(),
        some => count(some, "failure"),
    };
    writeln!(
        f,
        "\nCluster {}: {}{learners}, quorum {}, survives {survives}",
        cluster.name,
        count(cluster.members.len(), "member"),
        cluster.quorum(),
    )?;
    let longest = cluster.members.iter().map(|m| m.name.as_str().len()).max();
    let longest = longest.unwrap_or_default();
    for member in &cluster.members {
        let learner = if member.learner { " (learner)" } else { "" };
        let (name, url) = (member.name.as_str(), cluster.client_url(member));
        writeln!(f, "  {name:<longest$}  {url}{learner}")?;
    }
    for (name, value, origin) in cluster.settings.show() {
        if *origin != ValueOrigin::Default {
            write_line(f, width, "  ", 2, &format!("{name} = {value}  ({origin})"))?;
        }
    }
    Ok(())
}

fn write_summary(f: &mut fmt::Formatter<'_>, width: usize, plan: &Plan) -> fmt::Result {
    let changing = plan.steps().filter(|step| step.action().can_change());
    let destructive = plan.steps().filter(|step| step.action().is_destructive());
    let (changing, destructive) = (changing.count(), destructive.count());
    let mut text = match changing {
        0 => "Nothing is changed.".to_owned(),
        _ => format!("{} can change something (+).", count(changing, "step")),
    };
    if destructive > 0 {
        let joins = (0..plan.clusters().len()).any(|cluster| plan.joins(cluster));
        let what = match plan.purge_rule() {
            PurgeRule::WhenNeeded if joins => {
                "take away what stands in the way of a join, or what a join that failed has left"
            }
            PurgeRule::WhenNeeded => {
                "stop etcd and move its data aside, and only where that does not serve any more"
            }
            PurgeRule::Always => "STOP ETCD AND MOVE ITS DATA ASIDE, whatever is there",
        };
        let _ = write!(text, " {destructive} of them (!) {what}.");
    }
    let chain = count(plan.critical_path().steps.len(), "step");
    let _ = write!(text, " The longest chain has {chain}.");
    writeln!(f)?;
    write_wrapped(f, width, "", 0, &text)
}

pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
