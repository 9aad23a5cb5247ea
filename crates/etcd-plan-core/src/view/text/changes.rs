//! What a run would change, or has changed, as a person reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use super::page::{count, write_cluster, write_selection, write_warnings};
use super::wrap::{write_line, write_wrapped};
use crate::names::{HostName, MemberName};
use crate::plan::{Action, Plan, Step, StepIndex, Subtask, Turn};
use crate::report::{Outcome, Report, StepReport};

impl Plan {
    /// Gives what would change, or has changed, as a person reads it in a terminal of so many
    /// columns: for each cluster what there was of it, the changes in the order of the subtasks,
    /// with the difference of files, and which members stop and start. What is alike on several
    /// hosts is told once, with `<member>` for each member's name.
    ///
    /// A line begins with `+` for what is new, `~` for what changes, `-` for what is taken away, and
    /// `!` for what is destructive. Steps that only serve a change are left out.
    pub fn changes<'a>(&'a self, report: &'a Report, width: usize) -> impl fmt::Display {
        Page {
            plan: self,
            report,
            width,
        }
    }
}

struct Page<'a> {
    plan: &'a Plan,
    report: &'a Report,
    width: usize,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            plan,
            report,
            width,
        } = *self;
        let hosts: BTreeSet<_> = plan.steps().filter_map(Step::host_name).collect();
        writeln!(
            f,
            "Plan: {} {} on {}",
            plan.goal(),
            count(plan.clusters().len(), "cluster"),
            count(hosts.len(), "host"),
        )?;
        write_selection(f, width, plan)?;
        write_warnings(f, width, plan)?;
        let mut tally = Tally::default();
        for (at, spec) in plan.clusters().iter().enumerate() {
            write_cluster(f, width, spec)?;
            let situation = report.situations.get(&spec.name).map_or("", String::as_str);
            writeln!(f, "  there: {}", words(situation))?;
            let lines = Line::of_cluster(plan, at, report);
            if lines.is_empty() {
                writeln!(f, "\n  Nothing to do: all is as the inventory has it.")?;
            }
            let mut subtask = None;
            for line in &lines {
                tally.add(line);
                if subtask != Some(line.subtask) {
                    subtask = Some(line.subtask);
                    writeln!(f, "\n  {}", line.subtask.map_or("", Subtask::as_str))?;
                }
                line.write(f, width)?;
            }
            write_problems(f, width, plan, at, report)?;
            write_stops(f, width, plan, at, report)?;
        }
        writeln!(f)?;
        write_wrapped(f, width, "", 0, &tally.to_string())
    }
}

/// Says in words what there is of a cluster.
fn words(situation: &str) -> &str {
    match situation {
        "absent" => "nothing",
        "present" => "the cluster of the inventory",
        "unfinished" => "what a run left that was cut off while it built the cluster",
        "remains" => "something that is not the cluster of the inventory",
        other => other,
    }
}

/// A change that is the same on one host or several.
struct Line<'a> {
    subtask: Option<Subtask>,
    mark: char,
    text: String,
    diff: Option<&'a str>,
    places: Vec<&'a str>,
    /// How many changes it stands for: several members may be told of in one place.
    times: usize,
}

impl<'a> Line<'a> {
    fn of_cluster(plan: &'a Plan, cluster: usize, report: &'a Report) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        for (step, changed) in changes(plan, cluster, report) {
            let place = step.host_name().map_or("here", HostName::as_str);
            for (nth, told) in changed.lines.iter().enumerate() {
                let (mark, text) = told.split_once(' ').unwrap_or(("~", told));
                let mark = if step.action().is_destructive() {
                    '!'
                } else {
                    mark.chars().next().unwrap_or('~')
                };
                let text = match step.member() {
                    Some(member) => alike(text, &member.name),
                    None => text.to_owned(),
                };
                let diff = changed.diff.as_deref().filter(|_| nth == 0);
                let subtask = step.subtask();
                let same = lines.iter_mut().find(|line| {
                    (line.subtask, line.mark, &line.text, line.diff) == (subtask, mark, &text, diff)
                });
                match same {
                    Some(line) => {
                        line.times += 1;
                        if !line.places.contains(&place) {
                            line.places.push(place);
                        }
                    }
                    None => lines.push(Self {
                        subtask,
                        mark,
                        text,
                        diff,
                        places: vec![place],
                        times: 1,
                    }),
                }
            }
        }
        // Together what is of one subtask, in the order of the playbook.
        lines.sort_by_key(|line| line.subtask);
        lines
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let place = match self.places.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("{} hosts", many.len()),
        };
        let prefix = format!("  {} {place}:", self.mark);
        write_line(f, width, &prefix, 6, &self.text)?;
        for line in self.diff.unwrap_or_default().lines() {
            writeln!(f, "      {}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Goes through the steps whose change a reader wants to know.
fn changes<'a>(
    plan: &'a Plan,
    cluster: usize,
    report: &'a Report,
) -> impl Iterator<Item = (Step<'a>, &'a StepReport)> {
    plan.steps_of(cluster)
        .filter(|step| !only_serves(step.action()))
        .filter_map(|step| Some((step, report.steps.get(step.index().get())?)))
        .filter(|(_, told)| matches!(told.outcome, Outcome::WouldChange | Outcome::Changed))
}

/// Says whether an action only serves a change, and is none that a reader wants to know.
pub(crate) fn only_serves(action: Action) -> bool {
    matches!(
        action,
        Action::Lock | Action::Stage { .. } | Action::Mark | Action::Unmark
    )
}

/// Gives a text in which the member's name is not told, so that it is the same for all members.
fn alike(text: &str, member: &MemberName) -> String {
    text.replace(member.as_str(), "<member>")
}

/// What would fail, as far as that is known before.
fn write_problems(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    plan: &Plan,
    cluster: usize,
    report: &Report,
) -> fmt::Result {
    let reports = plan.steps_of(cluster);
    let reports = reports.filter_map(|step| report.steps.get(step.index().get()));
    let failed: Vec<&StepReport> = reports
        .filter(|told| told.outcome == Outcome::Failed)
        .collect();
    if !failed.is_empty() {
        writeln!(f, "\n  not well:")?;
    }
    let mut told: Vec<(&[String], &str)> = Vec::new();
    for failed in failed {
        // A host that cannot be read says so of each of its steps.
        if told.contains(&(&failed.lines, &failed.hint)) {
            continue;
        }
        told.push((&failed.lines, &failed.hint));
        for line in failed.lines.iter().flat_map(|line| line.lines()) {
            write_line(f, width, "    ", 6, line)?;
        }
        write_line(f, width, "    hint: ", 10, &failed.hint)?;
    }
    Ok(())
}

/// Calls out which members go down and come up, and in which order.
fn write_stops(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    plan: &Plan,
    cluster: usize,
    report: &Report,
) -> fmt::Result {
    let of = |wanted: Action| {
        let changes = changes(plan, cluster, report);
        let steps = changes.filter(|(step, _)| step.action().common() == wanted.common());
        steps.map(|(step, _)| step).collect::<Vec<_>>()
    };
    let turn = Turn::Unwell;
    let verbs = [
        (Action::Stop, "stop"),
        (Action::Launch, "start"),
        (Action::Restart { turn }, "restart"),
    ];
    let mut told: Vec<(Vec<Step<'_>>, &str)> = verbs
        .into_iter()
        .map(|(action, verb)| (of(action), verb))
        .filter(|(steps, _)| !steps.is_empty())
        .collect();
    // Where a new member takes an old one's place, that one is stopped last.
    if let [(stops, _), (starts, _), ..] = told.as_slice()
        && waits(plan, stops[0].index(), starts[0].index())
    {
        told.swap(0, 1);
    }
    let told: Vec<String> = told
        .into_iter()
        .map(|(mut steps, verb)| {
            let is_chain = in_one_chain(plan, &mut steps);
            let names = steps.iter().filter_map(|step| step.member());
            let names: Vec<&str> = names.map(|member| member.name.as_str()).collect();
            let how = match steps.len() {
                1 => "",
                _ if is_chain => ", one after the other",
                _ => ", together",
            };
            format!("{verb} {}{how}", names.join(", "))
        })
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    writeln!(f)?;
    write_line(f, width, "  members: ", 11, &told.join("; then "))
}

/// Says whether the steps follow each other, and puts them in that order if they do.
fn in_one_chain(plan: &Plan, steps: &mut Vec<Step<'_>>) -> bool {
    let mut ordered = steps.clone();
    ordered.sort_by_key(|step| {
        let others = steps
            .iter()
            .filter(|other| waits(plan, step.index(), other.index()));
        others.count()
    });
    let is_chain = ordered
        .windows(2)
        .all(|pair| waits(plan, pair[1].index(), pair[0].index()));
    if is_chain {
        *steps = ordered;
    }
    is_chain
}

fn waits(plan: &Plan, step: StepIndex, before: StepIndex) -> bool {
    let mut open = vec![step];
    let mut seen = BTreeSet::new();
    while let Some(index) = open.pop() {
        for earlier in plan.before(index).map(Step::index) {
            if earlier == before {
                return true;
            }
            if seen.insert(earlier) {
                open.push(earlier);
            }
        }
    }
    false
}

/// Counts changes by their marks.
#[derive(Default)]
struct Tally {
    marks: BTreeMap<char, usize>,
    places: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, line: &Line<'_>) {
        *self.marks.entry(line.mark).or_default() += line.times;
        self.places
            .extend(line.places.iter().map(|place| (*place).to_owned()));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.marks.is_empty() {
            return f.write_str("No changes.");
        }
        let here = self.places.contains("here");
        let hosts = self.places.len() - usize::from(here);
        let mut text = count(self.marks.values().sum(), "change");
        match (hosts, here) {
            (0, _) => text.push_str(" here"),
            (some, false) => write!(text, " on {}", count(some, "host"))?,
            (some, true) => write!(text, " on {} and here", count(some, "host"))?,
        }
        let kinds = [
            ('+', "new"),
            ('~', "changed"),
            ('-', "taken away"),
            ('!', "destructive"),
        ];
        let kinds: Vec<String> = kinds
            .into_iter()
            .filter_map(|(mark, what)| Some(format!("{} {what} ({mark})", self.marks.get(&mark)?)))
            .collect();
        write!(f, "{text}: {}.", kinds.join(", "))
    }
}
