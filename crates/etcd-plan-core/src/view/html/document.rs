use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::steps::StepsPage;
use super::texts::Texts;
use super::words::{Fact, Head, Mode, Problem, problems};
use super::{OutlineCluster, OutlineStep, StepKind};
use crate::event::Event;
use crate::plan::decisive_chain;
use crate::report::{Outcome, Report};

/// What a page of steps shows. It is read by the script of the same page and by nobody else, so its
/// form is no promise.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    mode: Mode,
    head: Head,
    problems: Vec<Problem>,
    notes: Vec<&'a str>,
    warnings: Vec<&'a str>,
    clusters: &'a [OutlineCluster],
    hosts: Vec<&'a str>,
    kinds: &'a [StepKind],
    /// All texts of the steps; elsewhere they stand as positions here.
    texts: Vec<String>,
    steps: Columns,
    /// The positions of the steps that decided how long the run took, or decide it at the least.
    chain: Vec<usize>,
    times: Option<Times>,
}

/// The steps, a list a column: hundreds of hosts have thousands of steps. Hosts and texts are
/// positions. What few steps have is kept by the step's position.
#[derive(Debug, Default, Serialize)]
struct Columns {
    id: Vec<usize>,
    kind: Vec<usize>,
    cluster: Vec<Option<usize>>,
    host: Vec<Option<usize>>,
    member: Vec<Option<usize>>,
    summary: Vec<usize>,
    waits: Vec<Vec<usize>>,
    /// Empty where there is no report.
    outcome: Vec<Outcome>,
    lines: BTreeMap<usize, Vec<usize>>,
    diff: BTreeMap<usize, usize>,
    hint: BTreeMap<usize, usize>,
    /// Begin and end, in milliseconds since the run began.
    time: BTreeMap<usize, (Option<u64>, Option<u64>)>,
    file: BTreeMap<usize, FileRow>,
}

/// A file that a step puts in place; its content is the position of a text.
#[derive(Debug, Serialize)]
struct FileRow {
    path: String,
    owner: String,
    mode: String,
    content: Option<usize>,
}

/// The times of a run, in milliseconds since it began.
#[derive(Debug, Serialize)]
struct Times {
    duration: u64,
    /// When the guards were judged.
    judged: Option<u64>,
    /// When each host was read, by its position.
    read: BTreeMap<usize, u64>,
}

impl<'a> Document<'a> {
    pub(super) fn of(page: &StepsPage<'a>) -> Self {
        let outline = page.outline;
        let mut hosts = Hosts::default();
        let mut texts = Texts::default();
        let steps = columns(page, &mut hosts, &mut texts);
        let mode = Mode::of(page.report);
        let report = page.report.filter(|_| mode == Mode::Run);
        let chain = match report {
            None => outline.longest_chain.clone(),
            Some(report) => chain_of(page, report),
        };
        let times = report.map(|report| times(page, report, &mut hosts));
        let notes = page.report.map(|report| &report.notes[..]);
        let notes = notes.unwrap_or_default().iter();
        Self {
            mode,
            head: Head::of(page, mode, &chain),
            problems: problems(page),
            notes: notes.map(String::as_str).collect(),
            warnings: outline.warnings.iter().map(String::as_str).collect(),
            clusters: &outline.clusters,
            hosts: hosts.all,
            kinds: &outline.kinds,
            texts: texts.into_all(),
            steps,
            chain,
            times,
        }
    }

    /// Gives the title of the page.
    pub(super) fn title(&self) -> String {
        self.head.title()
    }

    /// Gives the page in short, for those who have no scripts.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}",
            self.head.about, self.head.line, self.head.lead
        );
        for Fact { name, value } in &self.head.facts {
            let _ = write!(text, "\n{name}: {value}");
        }
        for problem in &self.problems {
            let _ = write!(text, "\n\n{problem}");
        }
        text
    }
}

/// The hosts, each once.
#[derive(Default)]
struct Hosts<'a> {
    all: Vec<&'a str>,
    known: BTreeMap<&'a str, usize>,
}

impl<'a> Hosts<'a> {
    fn of(&mut self, host: &'a str) -> usize {
        let all = &mut self.all;
        *self.known.entry(host).or_insert_with(|| {
            all.push(host);
            all.len() - 1
        })
    }
}

fn columns<'a>(page: &StepsPage<'a>, hosts: &mut Hosts<'a>, texts: &mut Texts) -> Columns {
    let mut columns = Columns::default();
    for step in &page.outline.steps {
        columns.id.push(texts.of(short_id(page, step)));
        columns.kind.push(step.kind);
        columns.cluster.push(step.cluster);
        let host = step.host.as_ref();
        columns.host.push(host.map(|host| hosts.of(host.as_str())));
        let member = step.member.as_ref();
        columns
            .member
            .push(member.map(|member| texts.of(member.as_str())));
        columns.summary.push(texts.of(&step.summary));
        columns.waits.push(step.waits_for.clone());
    }
    for (at, file) in &page.files {
        let row = FileRow {
            path: file.path.clone(),
            owner: format!("{}:{}", file.owner, file.group),
            mode: file.mode.clone(),
            content: file.content.as_ref().map(|content| texts.of(content)),
        };
        columns.file.insert(*at, row);
    }
    for (at, told) in page
        .report
        .iter()
        .flat_map(|report| &report.steps)
        .enumerate()
    {
        columns.outcome.push(told.outcome);
        let lines: Vec<usize> = told.lines.iter().map(|line| texts.of(line)).collect();
        if !lines.is_empty() {
            columns.lines.insert(at, lines);
        }
        if let Some(diff) = &told.diff {
            columns.diff.insert(at, texts.of(diff));
        }
        if !told.hint.is_empty() {
            columns.hint.insert(at, texts.of(&told.hint));
        }
        if told.started_ms.is_some() || told.ended_ms.is_some() {
            columns.time.insert(at, (told.started_ms, told.ended_ms));
        }
    }
    columns
}

/// Gives the last parts of a step's name: those before them are its cluster and its host.
fn short_id<'a>(page: &StepsPage<'a>, step: &'a OutlineStep) -> &'a str {
    let id = step.id.as_str();
    let Some(cluster) = step.cluster else {
        return id;
    };
    let host = step
        .host
        .as_ref()
        .map_or("controller", |host| host.as_str());
    let begin = format!("{}/{host}/", page.outline.clusters[cluster].name);
    id.strip_prefix(&begin).unwrap_or(id)
}

/// Finds the chain of steps that decided how long a run took.
fn chain_of(page: &StepsPage<'_>, report: &Report) -> Vec<usize> {
    let steps = &page.outline.steps;
    // Without what waits for what there is no chain.
    if steps.iter().all(|step| step.waits_for.is_empty()) {
        return Vec::new();
    }
    let times: Vec<Option<(u64, u64)>> = report
        .steps
        .iter()
        .map(|told| {
            let was_carried_out = matches!(
                told.outcome,
                Outcome::Changed | Outcome::Unchanged | Outcome::Failed
            );
            // What is there for a failure ends with the run, when there was none.
            let was_called_for = !told.contingent || told.outcome != Outcome::Unchanged;
            let ended = told
                .ended_ms
                .filter(|_| was_carried_out && was_called_for)?;
            Some((told.started_ms.unwrap_or(ended), ended))
        })
        .collect();
    decisive_chain(&times, |at| &steps[at].waits_for)
}

fn times<'a>(page: &StepsPage<'a>, report: &Report, hosts: &mut Hosts<'a>) -> Times {
    let mut times = Times {
        duration: report.duration_ms,
        judged: None,
        read: BTreeMap::new(),
    };
    for event in page.events {
        match event {
            Event::HostRead { host, at_ms } => {
                times.read.insert(hosts.of(host.as_str()), *at_ms);
            }
            Event::Judged { at_ms, .. } => times.judged = Some(*at_ms),
            _ => {}
        }
    }
    times
}
