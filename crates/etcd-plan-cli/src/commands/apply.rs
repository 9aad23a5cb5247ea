use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use etcd_plan::engine::{Observed, Observer, Run, RunSettings, Together};
use etcd_plan::facts::Loss;
use etcd_plan::journal::{EventLog, Journal};
use etcd_plan::outputs::OutputFiles;
use etcd_plan::pki::PkiFolder;
use etcd_plan::plan::Plan;
use etcd_plan::report::Report;
use etcd_plan::saved::SavedPlan;

use super::{log, outputs};
use crate::arguments::{ApplyArguments, Format};
use crate::exit::{self, BAD_INPUT, FAILED, Failure, INTERRUPTED, REFUSED, SUCCESS};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::Progress;
use crate::{ask, connect, input};

/// Carries out what an inventory asks for, or a saved plan.
pub(super) fn run(arguments: &ApplyArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let saved = saved(arguments, output)?;
    let plan = &saved.plan;
    let folder = match &arguments.plan {
        Some(file) if arguments.inventory.keys.is_none() => input::folder_of(file),
        _ => input::keys_folder(&arguments.inventory),
    };
    let keys = PkiFolder::new(&folder);
    let executor = connect::executor(&arguments.run.connect)?;
    let interrupt = super::listen()?;
    let settings = RunSettings {
        forks: arguments.run.connect.forks,
        folder: folder.clone(),
        ..RunSettings::default()
    };
    let mut records = Records::begin(arguments, plan, &settings.holder)?;
    let mut progress = Progress::new(plan, output, &interrupt, verbose);

    let run = Run::new(plan, &*executor, &keys).settings(settings);
    let observed = run.observe(&mut records.beside(&mut progress));
    progress.clear();
    let agreed = agree(arguments, &saved, observed, &interrupt, output);
    let observed = match agreed {
        Ok(observed) => observed,
        Err(failure) => {
            records.end(None, output);
            return Err(failure);
        }
    };
    let approved = observed.approve();
    let approved = approved.expect("refusals were looked at before");
    progress.begin_steps();
    let report = approved.apply(&mut records.beside(&mut progress));
    progress.clear();
    let id = records.end(Some(&report), output);
    tell(arguments, plan, &report, verbose, output);
    if report.has_changes() {
        outputs::tell_outdated(&OutputFiles::new(&folder), plan.clusters(), output);
    }
    if report.is_success() && report.has_changes() {
        output.message("nothing is left to do by hand");
    } else if !report.is_success() {
        output.message(&format!(
            "to go on: {}",
            again(arguments.plan.as_deref(), &report)
        ));
    }
    if let Some(id) = id {
        output.message(&format!("to read it again: etcd-plan log {id}"));
    }
    Ok(if report.is_success() {
        SUCCESS
    } else if interrupt.is_set() {
        INTERRUPTED
    } else {
        FAILED
    })
}

/// Reads the saved plan, or makes the plan.
fn saved(arguments: &ApplyArguments, output: Output) -> Result<SavedPlan, Failure> {
    match &arguments.plan {
        Some(file) => Ok(SavedPlan::from_json(&input::text(file)?)?),
        None => Ok(SavedPlan {
            made_at: String::new(),
            plan: input::plan(&arguments.inventory, &arguments.selection, output)?,
            facts: None,
            preview: None,
            refusals: Vec::new(),
        }),
    }
}

/// Shows what is about to happen, and goes on if nothing is in the way and whoever must agree does.
fn agree<'a>(
    arguments: &ApplyArguments,
    saved: &SavedPlan,
    observed: Observed<'a>,
    interrupt: &Interrupt,
    output: Output,
) -> Result<Observed<'a>, Failure> {
    if interrupt.is_set() {
        return Err(Failure::interrupted());
    }
    let refused = |observed: &Observed<'_>| {
        let refusals = observed.refusals();
        exit::of_refusals(refusals, observed.observation())
    };
    // That a host cannot be reached says more than that its facts have moved.
    let is_unreached = observed.observation().hosts.values().any(Result::is_err);
    if is_unreached && !observed.refusals().is_empty() {
        return Err(refused(&observed));
    }
    let observed = match &saved.facts {
        Some(facts) => observed.holding(facts)?,
        None => observed,
    };
    if !observed.refusals().is_empty() {
        return Err(refused(&observed));
    }
    let preview = observed.preview();
    if !preview.has_changes() {
        return Ok(observed);
    }
    output.message(&saved.plan.changes(&preview, Output::width()).to_string());
    super::tell_notes(&preview, output);
    let losses = observed.losses();
    for loss in &losses {
        confirm(arguments, loss, interrupt, output)?;
    }
    if losses.is_empty() && !arguments.yes && ask::is_possible() {
        let answer = ask::ask("\ngo on? [y/N] ", interrupt)?;
        if !["y", "yes"].contains(&answer.to_lowercase().as_str()) {
            let hint = "answer `y`, or give `--yes`";
            return Err(Failure::new(REFUSED, "nothing was changed", hint));
        }
    }
    Ok(observed)
}

/// Lets a loss be confirmed: by its cluster's name, typed or as an argument.
fn confirm(
    arguments: &ApplyArguments,
    loss: &Loss,
    interrupt: &Interrupt,
    output: Output,
) -> Result<(), Failure> {
    output.message(&format!("\n! {loss}"));
    let name = &loss.cluster;
    if arguments.destroy.contains(name) {
        return Ok(());
    }
    let hint = format!("where that is meant, a script says `--destroy {name}`");
    if !ask::is_possible() {
        let message =
            format!("nobody confirmed that {name} may lose that, and nothing was changed");
        return Err(Failure::new(REFUSED, message, &hint));
    }
    let question = "\ntype the name of the cluster to go on: ";
    if ask::ask(question, interrupt)? == name.as_str() {
        return Ok(());
    }
    let message = "that is not its name, and nothing was changed";
    Err(Failure::new(REFUSED, message, &hint))
}

/// Says what changed, what failed and what to do about it.
fn tell(arguments: &ApplyArguments, plan: &Plan, report: &Report, verbose: u8, output: Output) {
    if arguments.run.format == Format::Json {
        let text = serde_json::to_string_pretty(report).expect("a report has only text keys");
        Output::document(&text);
        return;
    }
    let mut text = String::new();
    if report.has_changes() {
        text = format!("{}\n\n", plan.changes(report, Output::width()));
    }
    text.push_str(&report.to_string());
    if verbose > 1 {
        for (host, trips) in &report.round_trips {
            let _ = write!(text, "\n  {host}: {trips} round trips");
            if let Some(traffic) = report.traffic.get(host) {
                let (sent, received) = (traffic.sent, traffic.received);
                let _ = write!(text, ", {sent} bytes sent, {received} received");
            }
        }
    }
    output.data(&text);
}

/// Gives the command that goes on: the same, since whatever was done is not done again. A saved plan
/// stands on facts that this very run has changed, so it is made again.
fn again(saved: Option<&Path>, report: &Report) -> String {
    let changed = report.steps.iter().any(|step| {
        step.outcome == etcd_plan::Outcome::Changed || step.outcome == etcd_plan::Outcome::Failed
    });
    if saved.is_some() && changed {
        return "make the plan again with `etcd-plan plan -o …`, and apply that".to_owned();
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    format!("etcd-plan {words}")
}

/// What is written down of a run: its journal, and the file of `--log-json`.
struct Records {
    journal: Journal,
    log: Option<EventLog<File>>,
}

impl Records {
    fn begin(arguments: &ApplyArguments, plan: &Plan, holder: &str) -> Result<Self, Failure> {
        let folder = log::folder(arguments.run.journal.as_deref())?;
        let log = arguments.run.log_json.as_ref().map(|path| {
            let file = File::create(path).map_err(|error| {
                let message = format!("{} cannot be written: {error}", path.display());
                Failure::new(BAD_INPUT, message, "name another file with `--log-json`")
            })?;
            Ok::<_, Failure>(EventLog::begin(file, plan, holder))
        });
        Ok(Self {
            log: log.transpose()?,
            journal: Journal::begin(&folder, plan, holder)?,
        })
    }

    /// Gives an observer that writes down what it is told, and tells another.
    fn beside<'a>(&'a mut self, other: &'a mut dyn Observer) -> Together<'a> {
        let log = self.log.as_mut().map(|log| log as &mut dyn Observer);
        let mut all: Vec<&mut dyn Observer> = vec![&mut self.journal, other];
        all.extend(log);
        Together(all)
    }

    /// Ends the records; one that could not be written is told, and is no failure of the run. Gives
    /// the name of the run.
    fn end(self, report: Option<&Report>, output: Output) -> Option<String> {
        if let Some(Err(error)) = self.log.map(|log| log.end(report)) {
            output.message(&format!("warning: events could not be written: {error}"));
        }
        match self.journal.end(report) {
            Ok(id) => Some(id),
            Err(error) => {
                output.message(&format!("warning: {error}"));
                None
            }
        }
    }
}
