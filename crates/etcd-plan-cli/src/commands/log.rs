use std::path::{Path, PathBuf};

use etcd_plan::Event;
use etcd_plan::journal::{self, PastRun, RunSummary};
use etcd_plan::names::ClusterName;

use crate::arguments::{Format, LogArguments};
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::output::Output;

/// Lists past runs, or shows one.
pub(super) fn run(arguments: &LogArguments, output: Output) -> Result<u8, Failure> {
    let folder = folder(arguments.journal.as_deref())?;
    let text = match (&arguments.run, arguments.format) {
        (None, Format::Json) => json(&journal::list(&folder)?),
        (None, Format::Text) => list(&journal::list(&folder)?),
        (Some(id), Format::Json) => json(&journal::read(&folder, id)?),
        (Some(id), Format::Text) => show(&journal::read(&folder, id)?),
    };
    output.data(&text);
    Ok(SUCCESS)
}

/// Gives the folder of journals: the one that was named, or the usual one.
pub(super) fn folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = named.map(Path::to_owned).or_else(journal::default_folder);
    folder.ok_or_else(|| {
        let message = "there is no home folder to keep the journals of runs in";
        Failure::new(BAD_INPUT, message, "name a folder with `--journal DIR`")
    })
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("journals have only text keys")
}

fn list(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "no run is kept".to_owned();
    }
    let width = runs
        .iter()
        .map(|run| run.id.len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = runs
        .iter()
        .map(|run| format!("{:width$}  {}", run.id, line(run)))
        .collect();
    lines.join("\n")
}

fn line(run: &RunSummary) -> String {
    let clusters: Vec<&str> = run.clusters.iter().map(ClusterName::as_str).collect();
    let clusters = clusters.join(", ");
    let took = run
        .duration_ms
        .map(|ms| format!(", in {}.{} s", ms / 1000, ms % 1000 / 100));
    let took = took.unwrap_or_default();
    let (goal, outcome, changed, holder) = (run.goal, run.outcome, run.changed, &run.holder);
    format!("{outcome}: {goal} {clusters}, {changed} changed{took}, by {holder}")
}

fn show(run: &PastRun) -> String {
    let mut lines = vec![format!("{}  {}", run.summary.began, line(&run.summary))];
    lines.extend(run.events.iter().flat_map(tell));
    if let Some(report) = &run.report {
        lines.push(String::new());
        lines.push(report.to_string());
    }
    lines.join("\n")
}

/// Tells an event in lines that begin with the milliseconds since the run began.
fn tell(event: &Event) -> Vec<String> {
    match event {
        Event::Started { steps, hosts } => vec![format!("{:>8}  {steps} steps, {hosts} hosts", 0)],
        Event::HostRead { host, at_ms } => vec![format!("{at_ms:>8}  read {host}")],
        Event::HostFailed { host, why, at_ms } => {
            vec![format!("{at_ms:>8}  could not read {host}: {why}")]
        }
        Event::Judged { refusals, at_ms } if refusals.is_empty() => {
            vec![format!("{at_ms:>8}  every guard has agreed")]
        }
        Event::Judged { refusals, at_ms } => {
            let refusals = refusals.iter();
            refusals
                .map(|refusal| format!("{at_ms:>8}  refused: {refusal}"))
                .collect()
        }
        Event::StepStarted { step, at_ms, .. } => vec![format!("{at_ms:>8}  begin {step}")],
        Event::Sending {
            host,
            sent,
            total,
            at_ms,
        } => {
            let percent = sent * 100 / total.max(&1);
            vec![format!("{at_ms:>8}  sent {percent} % to {host}")]
        }
        Event::StepEnded {
            step,
            outcome,
            lines,
            at_ms,
            ..
        } => {
            let mut told = vec![format!("{at_ms:>8}  {outcome} {step}")];
            let lines = lines.iter().flat_map(|line| line.lines());
            told.extend(lines.map(|line| format!("{:>8}    {line}", "")));
            told
        }
        Event::Ended { success, at_ms } => {
            let how = if *success { "well" } else { "not well" };
            vec![format!("{at_ms:>8}  ended {how}")]
        }
    }
}
