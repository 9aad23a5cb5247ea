use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use etcd_plan_core::event::Event;
use etcd_plan_core::names::ClusterName;
use etcd_plan_core::plan::Goal;
use etcd_plan_core::report::Report;
use etcd_plan_core::view::html::{About, Outline, StepsPage, report_of_events};
use serde::Serialize;

use super::{JournalError, Record};

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// Its name, which sorts by time: `20261121T143000Z`.
    pub id: String,
    /// When it began, in UTC.
    pub began: String,
    /// Who ran.
    pub holder: String,
    /// What its plan was for.
    pub goal: Goal,
    /// The clusters of its plan.
    pub clusters: Vec<ClusterName>,
    /// How it ended: `succeeded`, `failed`, `stopped`, `refused`, or `cut off` where its journal has
    /// no end.
    pub outcome: &'static str,
    /// How many steps changed something.
    pub changed: usize,
    /// How many milliseconds it took; none where it was cut off or refused.
    pub duration_ms: Option<u64>,
}

/// A run with all that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastRun {
    /// Which it is.
    pub summary: RunSummary,
    /// Its events, in order.
    pub events: Vec<Event>,
    /// What happened to every step; none where it was cut off or refused.
    pub report: Option<Report>,
    /// What its plan looks like; none in journals of before there were pages.
    #[serde(skip)]
    pub outline: Option<Outline>,
}

impl PastRun {
    /// Writes the run as one HTML page that needs nothing besides itself: what failed first, then the
    /// steps, the time line with what decided how long it took, and what changed. Of a run that was
    /// cut off or refused it shows how far that came.
    pub fn to_html(&self) -> String {
        let named = || Outline {
            goal: self.summary.goal.to_string(),
            ..match &self.report {
                Some(report) => Outline::of_report(report),
                None => Outline::of_events(&self.events),
            }
        };
        let outline = self.outline.clone().unwrap_or_else(named);
        let report = match &self.report {
            Some(report) => report.clone(),
            None => report_of_events(&outline, &self.events),
        };
        let about = About {
            run: self.summary.id.clone(),
            at: self.summary.began.clone(),
            holder: self.summary.holder.clone(),
            cut_off: self.summary.outcome == CUT_OFF,
        };
        let page = StepsPage::of(&outline).report(&report);
        page.events(&self.events).about(about).to_html()
    }
}

/// The outcome of a run whose journal has no end.
const CUT_OFF: &str = "cut off";

/// Gives the folder of journals that is used when nobody says another:
/// `$XDG_STATE_HOME/etcd-plan/runs`, or `~/.local/state/etcd-plan/runs`. None without a home.
pub fn default_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    Some(state?.join("etcd-plan").join("runs"))
}

/// Lists the runs of a folder, the latest last; none where there is no such folder. A journal whose
/// first line was never written, as on a full disk, tells of no run and is left out.
///
/// # Errors
///
/// When the folder or a journal in it cannot be read.
pub fn list(folder: &Path) -> Result<Vec<RunSummary>, JournalError> {
    let failed = |error| JournalError::file(folder, error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name().into_string();
        let name = name
            .ok()
            .and_then(|name| name.strip_suffix(".jsonl").map(str::to_owned));
        ids.extend(name);
    }
    ids.sort();
    let runs = ids.iter().filter_map(|id| match records(folder, id) {
        Ok(records) if records.is_empty() => None,
        Ok(records) => Some(past_run(folder, id, records).map(|run| run.summary)),
        Err(error) => Some(Err(error)),
    });
    runs.collect()
}

/// Reads a run of a folder, by its name.
///
/// # Errors
///
/// When there is no such run, or its journal cannot be read. A last line that was cut off is no
/// error: so was the run.
pub fn read(folder: &Path, id: &str) -> Result<PastRun, JournalError> {
    past_run(folder, id, records(folder, id)?)
}

/// Reads the lines of a journal, without a last one that was cut off.
fn records(folder: &Path, id: &str) -> Result<Vec<Record>, JournalError> {
    let no_such_run = || JournalError::NoSuchRun {
        folder: folder.to_owned(),
        id: id.to_owned(),
    };
    // A name is a file of the folder and of no other.
    if id.contains(['/', '\0']) {
        return Err(no_such_run());
    }
    let path = path_of(folder, id);
    let file = match fs::File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_such_run()),
        file => file.map_err(|error| JournalError::file(&path, error))?,
    };
    let lines: Vec<String> = BufReader::new(file)
        .lines()
        .collect::<Result<_, _>>()
        .map_err(|error| JournalError::file(&path, error))?;
    let mut records = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        match serde_json::from_str::<Record>(line) {
            Ok(record) => records.push(record),
            Err(error) if error.is_eof() && at + 1 == lines.len() => {}
            Err(error) => {
                return Err(JournalError::Line {
                    path,
                    line: at + 1,
                    message: error.to_string(),
                });
            }
        }
    }
    Ok(records)
}

fn path_of(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.jsonl"))
}

fn past_run(folder: &Path, id: &str, records: Vec<Record>) -> Result<PastRun, JournalError> {
    run_of(id, records).ok_or_else(|| JournalError::Line {
        path: path_of(folder, id),
        line: 1,
        message: "the run does not begin".to_owned(),
    })
}

fn run_of(id: &str, records: Vec<Record>) -> Option<PastRun> {
    let mut records = records.into_iter();
    let Record::Begin {
        at,
        holder,
        goal,
        clusters,
        ..
    } = records.next()?
    else {
        return None;
    };
    let (mut events, mut end, mut drawn) = (Vec::new(), None, None);
    for record in records {
        match record {
            Record::Outline { outline } => drawn = Some(outline),
            Record::Event { event } => events.push(event),
            Record::End { report, .. } => end = Some(report),
            Record::Begin { .. } => return None,
        }
    }
    let outcome = match &end {
        None => CUT_OFF,
        Some(None) => "refused",
        Some(Some(report)) if report.is_success() => "succeeded",
        Some(Some(report)) if report.stopped => "stopped",
        Some(Some(_)) => "failed",
    };
    let report = end.flatten();
    let summary = RunSummary {
        id: id.to_owned(),
        began: at,
        holder,
        goal,
        clusters,
        outcome,
        changed: events.iter().filter(|event| is_change(event)).count(),
        duration_ms: report.as_ref().map(|report| report.duration_ms),
    };
    Some(PastRun {
        summary,
        events,
        report,
        outline: drawn,
    })
}

fn is_change(event: &Event) -> bool {
    let changed = etcd_plan_core::report::Outcome::Changed;
    matches!(event, Event::StepEnded { outcome, .. } if *outcome == changed)
}
