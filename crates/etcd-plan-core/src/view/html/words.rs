//! What a page of steps says above everything else.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::Look;
use super::steps::StepsPage;
use crate::guard::Refusal;
use crate::report::{Outcome, Report, StepReport};
use crate::view::text::count;

/// What the steps of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Planned, without a look at hosts.
    Plan,
    /// What they would do.
    Preview,
    /// What they have done.
    Run,
}

/// How good the news are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tone {
    Good,
    Plain,
    Warn,
    Bad,
}

/// The head of a page.
#[derive(Debug, Serialize)]
pub(super) struct Head {
    /// What the page is about: `Plan to create etcd`.
    pub(super) about: String,
    /// How it stands, in one line.
    pub(super) line: String,
    /// What that means, in a sentence or two.
    pub(super) lead: String,
    pub(super) tone: Tone,
    pub(super) facts: Vec<Fact>,
    pub(super) tally: Vec<Tally>,
}

/// A fact of the head.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// How many changes there are of a kind.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    mark: char,
    what: &'static str,
    count: usize,
}

/// Something that failed, or would, or was refused.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    /// What it is: `failed` or `refused by safeguard`.
    what: String,
    /// Where: hosts, or a cluster.
    places: Vec<String>,
    lines: Vec<String>,
    hint: String,
    /// The positions of the steps that it is about.
    steps: Vec<usize>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.places.join(", "))?;
        for line in &self.lines {
            write!(f, "\n    {line}")?;
        }
        write!(f, "\n    hint: {}", self.hint)
    }
}

impl Mode {
    pub(super) fn of(report: Option<&Report>) -> Self {
        let Some(report) = report else {
            return Self::Plan;
        };
        let has_time = |step: &StepReport| step.ended_ms.is_some() || step.started_ms.is_some();
        let is_preview = report
            .steps
            .iter()
            .any(|step| step.outcome == Outcome::WouldChange);
        // A run that was refused has no step with a time, and none that would change anything.
        if is_preview
            || (!report.steps.iter().any(has_time) && report.count(Outcome::NotStarted) == 0)
        {
            Self::Preview
        } else {
            Self::Run
        }
    }
}

impl Head {
    pub(super) fn of(page: &StepsPage<'_>, mode: Mode, chain: &[usize]) -> Self {
        let changes = Changes::of(page);
        let (tone, line, lead) = match (mode, page.report) {
            (Mode::Run, Some(report)) => verdict_of_run(page, report, &changes),
            (Mode::Preview, Some(report)) => verdict_of_preview(page, report, &changes),
            _ => verdict_of_plan(page),
        };
        Self {
            about: about(page, mode),
            line,
            lead,
            tone,
            facts: facts(page, mode, chain),
            tally: changes.tally,
        }
    }

    pub(super) fn title(&self) -> String {
        format!("{} · {}", self.line, self.about)
    }
}

fn about(page: &StepsPage<'_>, mode: Mode) -> String {
    let outline = page.outline;
    let clusters = match outline.clusters.as_slice() {
        [one] => one.name.to_string(),
        many => count(many.len(), "cluster"),
    };
    let goal = match outline.goal.as_str() {
        "" => "work on",
        goal => goal,
    };
    match mode {
        Mode::Plan => format!("Plan to {goal} {clusters}"),
        Mode::Preview => format!("Preview: {goal} {clusters}"),
        Mode::Run => format!("Run to {goal} {clusters}"),
    }
}

/// Gives how many different places a page's steps are at.
fn host_count(page: &StepsPage<'_>) -> usize {
    let hosts = page.outline.steps.iter();
    let hosts: BTreeSet<_> = hosts.filter_map(|step| step.host.as_ref()).collect();
    hosts.len()
}

fn verdict_of_plan(page: &StepsPage<'_>) -> (Tone, String, String) {
    if !page.refusals.is_empty() {
        let lead = "What would be done cannot be told, and nothing is changed on any host.";
        return (Tone::Bad, refused(page), lead.to_owned());
    }
    let hosts = count(host_count(page), "host");
    let line = format!("{} for {hosts}", count(page.outline.steps.len(), "step"));
    let lead = "Made from the inventory alone: no host was read. A run reads every host first, and \
                leaves alone what is as wanted.";
    (Tone::Plain, line, lead.to_owned())
}

fn verdict_of_preview(
    page: &StepsPage<'_>,
    report: &Report,
    changes: &Changes,
) -> (Tone, String, String) {
    if !page.refusals.is_empty() {
        let lead = "Nothing is changed on any host while a guard refuses.";
        return (Tone::Bad, refused(page), lead.to_owned());
    }
    match report.count(Outcome::Failed) {
        0 if changes.total == 0 => {
            let lead = "All is as the inventory has it.";
            (Tone::Good, "Nothing to do".to_owned(), lead.to_owned())
        }
        0 => {
            let lead = "What a run would do, by what was read on the hosts. Every guard agrees.";
            (Tone::Plain, changes.line(), lead.to_owned())
        }
        some => {
            let line = format!("{} would fail", count(some, "step"));
            let lead = format!("Besides: {}.", changes.line());
            (Tone::Warn, line, lead)
        }
    }
}

fn verdict_of_run(
    page: &StepsPage<'_>,
    report: &Report,
    changes: &Changes,
) -> (Tone, String, String) {
    let ended = report.count(Outcome::Changed) + report.count(Outcome::Unchanged);
    let left = report.count(Outcome::Skipped) + report.count(Outcome::NotStarted);
    let rest = format!(
        "{} ended well, {left} were not begun. The same command goes on from there.",
        count(ended, "step")
    );
    let took = seconds(report.duration_ms);
    if !page.refusals.is_empty() {
        let lead = "Nothing was changed on any host.";
        return (Tone::Bad, refused(page), lead.to_owned());
    }
    match report.count(Outcome::Failed) {
        0 if page.about.cut_off => (Tone::Bad, format!("Cut off after {took}"), rest),
        0 if report.stopped => (Tone::Warn, format!("Stopped on request after {took}"), rest),
        0 if changes.total == 0 => {
            let line = format!("Nothing had to change, in {took}");
            (
                Tone::Good,
                line,
                "All is as the inventory has it.".to_owned(),
            )
        }
        0 => {
            let line = format!("Done: {}, in {took}", changes.line());
            (Tone::Good, line, "Every step ended well.".to_owned())
        }
        some => (Tone::Bad, format!("{} failed", count(some, "step")), rest),
    }
}

fn refused(page: &StepsPage<'_>) -> String {
    let guards: BTreeSet<&str> = page.refusals.iter().map(|r| r.guard.as_str()).collect();
    let guards: Vec<&str> = guards.into_iter().collect();
    format!("Refused by {}", guards.join(", "))
}

fn facts(page: &StepsPage<'_>, mode: Mode, chain: &[usize]) -> Vec<Fact> {
    let outline = page.outline;
    let mut facts = Vec::new();
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push(Fact { name, value });
        }
    };
    if outline.clusters.len() != 1 {
        add("Clusters", outline.clusters.len().to_string());
    }
    add("Hosts", host_count(page).to_string());
    add("Steps", outline.steps.len().to_string());
    let looks = |look| {
        let kinds = outline
            .steps
            .iter()
            .map(|step| outline.kinds[step.kind].look);
        kinds.filter(|of| *of == look).count()
    };
    if mode == Mode::Plan {
        let destructive = looks(Look::Destructive);
        add(
            "Can change",
            (looks(Look::Change) + destructive).to_string(),
        );
        if destructive > 0 {
            add("Can take away", destructive.to_string());
        }
    }
    match page.report.filter(|_| mode == Mode::Run) {
        None if !chain.is_empty() => add("Longest chain", count(chain.len(), "step")),
        None => {}
        Some(report) => add("Took", seconds(report.duration_ms)),
    }
    add("Run", page.about.run.clone());
    let at = page.about.at.replace('T', " ").replace('Z', " UTC");
    add(if mode == Mode::Run { "Began" } else { "Made" }, at);
    add("By", page.about.holder.clone());
    facts
}

/// What of a report a reader would call a change.
struct Changes {
    total: usize,
    tally: Vec<Tally>,
    hosts: usize,
    here: bool,
}

impl Changes {
    fn of(page: &StepsPage<'_>) -> Self {
        let kinds = [
            ('+', "new"),
            ('~', "changed"),
            ('-', "taken away"),
            ('!', "destructive"),
        ];
        let mut counts = [0; 4];
        let mut places = BTreeSet::new();
        let told = page.report.iter().flat_map(|report| &report.steps);
        for (step, told) in page.outline.steps.iter().zip(told) {
            let kind = &page.outline.kinds[step.kind];
            let is_change = matches!(told.outcome, Outcome::Changed | Outcome::WouldChange);
            if kind.serves || !is_change {
                continue;
            }
            for line in &told.lines {
                let mark = match line.chars().next() {
                    _ if kind.look == Look::Destructive => '!',
                    Some(mark @ ('+' | '-')) => mark,
                    _ => '~',
                };
                let at = kinds.iter().position(|(of, _)| *of == mark);
                counts[at.expect("it is one of the four")] += 1;
                places.insert(step.host.as_ref());
            }
        }
        let tally = kinds.into_iter().zip(counts);
        let tally = tally.filter(|(_, count)| *count > 0);
        let here = places.remove(&None);
        Self {
            total: counts.iter().sum(),
            tally: tally
                .map(|((mark, what), count)| Tally { mark, what, count })
                .collect(),
            hosts: places.len(),
            here,
        }
    }

    fn line(&self) -> String {
        let changes = count(self.total, "change");
        match (self.hosts, self.here) {
            (0, _) => format!("{changes} here"),
            (some, _) => format!("{changes} on {}", count(some, "host")),
        }
    }
}

/// Gives what failed or would, and what guards refuse: what is the same in several places once.
pub(super) fn problems(page: &StepsPage<'_>) -> Vec<Problem> {
    let refusals = page.refusals.iter().map(|refusal| {
        let place = match &refusal.host {
            Some(host) => host.to_string(),
            None => refusal.cluster.to_string(),
        };
        Problem {
            what: format!("Refused by {}", refusal.guard.as_str()),
            lines: vec![format!("{place}: {}", refusal.evidence)],
            places: vec![place],
            hint: refusal.hint.clone(),
            steps: guard_of(page, refusal).into_iter().collect(),
        }
    });
    let mut problems: Vec<Problem> = Vec::new();
    for refusal in refusals {
        let same = |one: &&mut Problem| (&one.what, &one.hint) == (&refusal.what, &refusal.hint);
        match problems.iter_mut().find(same) {
            Some(problem) => {
                problem.lines.extend(refusal.lines);
                problem.join(refusal.places, refusal.steps);
            }
            None => problems.push(refusal),
        }
    }
    let told = page
        .report
        .iter()
        .flat_map(|report| report.steps.iter().enumerate());
    for (at, told) in told.filter(|(_, told)| told.outcome == Outcome::Failed) {
        let lines = told.lines.iter().flat_map(|text| text.lines());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        let place = told
            .host
            .as_ref()
            .map_or("control machine", |host| host.as_str());
        // A lost session ends several steps of its host at once, and what is wrong with a mirror
        // is wrong on all hosts.
        let same = |one: &&mut Problem| (&one.lines, &one.hint) == (&lines, &told.hint);
        if let Some(problem) = problems.iter_mut().find(same) {
            problem.join(vec![place.to_owned()], vec![at]);
            continue;
        }
        problems.push(Problem {
            what: page.outline.steps[at].summary.clone(),
            places: vec![place.to_owned()],
            lines,
            hint: told.hint.clone(),
            steps: vec![at],
        });
    }
    problems
}

impl Problem {
    fn join(&mut self, places: Vec<String>, steps: Vec<usize>) {
        let new = places
            .into_iter()
            .filter(|place| !self.places.contains(place));
        let new: Vec<String> = new.collect();
        self.places.extend(new);
        let new = steps.into_iter().filter(|step| !self.steps.contains(step));
        let new: Vec<usize> = new.collect();
        self.steps.extend(new);
    }
}

/// Finds the step of the guard that refused.
fn guard_of(page: &StepsPage<'_>, refusal: &Refusal) -> Option<usize> {
    let outline = page.outline;
    let id = format!("/{}", refusal.guard.as_str());
    outline.steps.iter().position(|step| {
        let cluster = step.cluster.map(|at| &outline.clusters[at].name);
        outline.kinds[step.kind].look == Look::Guard
            && cluster == Some(&refusal.cluster)
            && step.id.as_str().ends_with(&id)
    })
}

/// Gives a time for a person, in seconds, or in minutes where it is long.
fn seconds(ms: u64) -> String {
    match ms {
        0..=99_999 => format!("{}.{:02} s", ms / 1000, ms % 1000 / 10),
        more => format!("{} min {:02} s", more / 60_000, more % 60_000 / 1000),
    }
}
