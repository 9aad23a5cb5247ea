use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::wrap::write_line;
use crate::action::{if_purged, summary, wanted_version};
use crate::names::HostName;
use crate::plan::{Action, Barrier, Goal, Plan, Step, Subtask};
use crate::spec::Leaver;

/// The steps of one cluster as a person reads them: those that are alike in one line, in phases
/// that begin when something is so on all hosts.
pub(super) struct Lines<'a> {
    phases: Vec<(&'static str, Vec<Line<'a>>)>,
    place_width: usize,
}

/// Steps that are alike, on one host or several.
struct Line<'a> {
    steps: Vec<Step<'a>>,
}

/// The widest column of places; a place that is wider has its text in the next line.
const WIDEST_PLACE: usize = 20;

impl<'a> Lines<'a> {
    pub(super) fn of(plan: &'a Plan, cluster: usize) -> Self {
        let mut phases = vec![("First, and without any change:", Vec::<Line<'a>>::new())];
        let mut line_of: BTreeMap<(Action, bool), (usize, usize)> = BTreeMap::new();
        for step in in_order(plan, cluster) {
            if let Some(heading) = heading(step.action()) {
                phases.push((heading, Vec::new()));
                continue;
            }
            let key = (step.action().common(), step.host().is_some());
            if let Some((phase, line)) = line_of.get(&key) {
                phases[*phase].1[*line].steps.push(step);
                continue;
            }
            let last = phases.len() - 1;
            line_of.insert(key, (last, phases[last].1.len()));
            phases[last].1.push(Line { steps: vec![step] });
        }
        phases.retain(|(_, lines)| !lines.is_empty());
        let lines = phases.iter().flat_map(|(_, lines)| lines);
        let place_width = lines.map(|line| line.place().chars().count()).max();
        Self {
            phases,
            place_width: place_width.unwrap_or_default().min(WIDEST_PLACE),
        }
    }

    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        for (heading, lines) in &self.phases {
            writeln!(f, "\n  {heading}")?;
            for line in lines {
                line.write(f, width, self.place_width)?;
            }
        }
        Ok(())
    }
}

impl Line<'_> {
    fn write(&self, f: &mut fmt::Formatter<'_>, width: usize, place_width: usize) -> fmt::Result {
        let action = self.steps[0].action();
        let mark = match action {
            action if action.is_destructive() => '!',
            action if action.can_change() => '+',
            _ => ' ',
        };
        let subtask = self.steps[0].subtask().map_or("", Subtask::as_str);
        let prefix = format!("  {mark} {subtask:<13} {:<place_width$}  ", self.place());
        write_line(
            f,
            width,
            &prefix,
            4 + 13 + 1 + place_width + 2,
            &self.text(),
        )
    }

    /// Gives where the steps happen: on a host, on so many, or on the machine that runs the plan.
    fn place(&self) -> String {
        let hosts: BTreeSet<&HostName> = self.steps.iter().filter_map(|s| s.host_name()).collect();
        match (hosts.first(), hosts.len()) {
            (None, _) => "here".to_owned(),
            (Some(host), 1) => host.to_string(),
            (Some(_), count) => format!("{count} hosts"),
        }
    }

    fn text(&self) -> String {
        let first = self.steps[0];
        let hosts: BTreeSet<Option<&HostName>> = self.steps.iter().map(|s| s.host_name()).collect();
        match first.action() {
            Action::Promote { .. } => {
                let mut paths: Vec<String> = Vec::new();
                for step in &self.steps {
                    if let Action::Promote { file } = step.action() {
                        let path = file.wanted().path.to_string();
                        if !paths.contains(&path) {
                            paths.push(path);
                        }
                    }
                }
                format!("put {} in place", paths.join(", "))
            }
            Action::IssueCertificate { .. } if self.steps.len() > 1 => {
                "use the members' certificates, or issue them".to_owned()
            }
            Action::Register { .. } if self.steps.len() > hosts.len() => {
                "register the members with Prometheus".to_owned()
            }
            Action::Stop if hosts.len() > 1 => format!("stop etcd{}", if_purged(first)),
            Action::Launch if hosts.len() > 1 => "start etcd, now and at boot".to_owned(),
            Action::Refresh if hosts.len() > 1 => {
                "write what etcd does not read again into the files of all, without a restart"
                    .to_owned()
            }
            Action::Restart { .. } if first.plan().goal() == Goal::Upgrade => format!(
                "install etcd{} and restart on it, one after the other: who is down first, the \
                 leader last, after it has handed over",
                wanted_version(first)
            ),
            Action::RemoveMember { .. } => {
                let leaving = first.cluster().into_iter().flat_map(|c| &c.leaving);
                let names: Vec<&str> = leaving.map(Leaver::name).collect();
                format!(
                    "take {} out of the cluster, through the first of these that is healthy{}",
                    names.join(", "),
                    if names.len() > 1 {
                        ", one after the other: who is down first, the leader last"
                    } else {
                        "; a leader hands over first"
                    }
                )
            }
            Action::Restart { .. } if first.plan().goal() == Goal::RotateCa => {
                "restart etcd where what it trusts changed, one after the other: who is down first, \
                 the leader last, after it has handed over"
                    .to_owned()
            }
            Action::Refresh if hosts.len() > 1 && first.plan().goal() == Goal::RotateCa => {
                "tell the clients of all hosts whom to trust".to_owned()
            }
            Action::Renew if hosts.len() > 1 => {
                "put each new certificate and key in place, one member after the other, without a \
                 restart"
                    .to_owned()
            }
            Action::ProveRenewed if hosts.len() > 1 => {
                "prove each with a new connection, before the next one".to_owned()
            }
            Action::ReturnCertificate if hosts.len() > 1 => {
                "give back the certificate and key it had, if it is not well with the new".to_owned()
            }
            Action::Restart { .. } => {
                "restart etcd where its configuration changed, one after the other: who is down \
                 first, the leader last, after it has handed over"
                    .to_owned()
            }
            Action::Spare { .. } => {
                "before each, wait until the others can do without it".to_owned()
            }
            Action::Settle { .. } => {
                "wait until it is back, before the next one restarts".to_owned()
            }
            Action::PutBack { .. } => {
                "put back what it ran on before, if it did not come back".to_owned()
            }
            Action::BuildStore if hosts.len() > 1 => {
                "make each member's store of the snapshot, beside its place".to_owned()
            }
            Action::Measure if hosts.len() > 1 => {
                "ask all members again how much room they use".to_owned()
            }
            Action::Defragment { .. } => {
                "defragment where it is worth it, one after the other: the leader last, after it has \
                 handed over"
                    .to_owned()
            }
            Action::Snapshot if hosts.len() > 1 => {
                "save a snapshot at a healthy follower".to_owned()
            }
            Action::AwaitReady if hosts.len() > 1 => {
                "wait until etcd answers through TLS".to_owned()
            }
            _ => summary(first),
        }
    }
}

/// The order in which steps were planned reads better than any other that the edges allow; the
/// gate, which is one for all clusters, stands before the first change.
fn in_order(plan: &Plan, cluster: usize) -> impl Iterator<Item = Step<'_>> {
    let (judged, behind): (Vec<_>, Vec<_>) = plan
        .steps_of(cluster)
        .partition(|step| !step.action().can_change() && step.is_above_gate());
    let gate = plan.steps().filter(|step| step.action() == Action::Gate);
    judged.into_iter().chain(gate).chain(behind)
}

/// Says what is so when the steps behind a gate or barrier begin.
fn heading(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Gate => "When every guard has agreed, and not before:",
        Action::Await { barrier } => match barrier {
            Barrier::Locked => "When all hosts are locked:",
            Barrier::Staged => "When everything new is ready on all hosts:",
            Barrier::Down => "When all old members are down:",
            Barrier::Placed => "When every host has what its member starts on:",
            Barrier::Started => "When all members were started:",
            Barrier::Saved => "When what the cluster holds is saved:",
            Barrier::Sent => "When every host has the snapshot:",
            Barrier::Proved => "When the cluster is proved:",
            Barrier::Restored => "When every member's new store was made:",
            Barrier::Measured => "When every member has said how much room it uses:",
        },
        _ => return None,
    })
}
