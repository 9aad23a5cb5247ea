use std::fs;
use std::path::Path;

use etcd_plan::engine::{Run, RunSettings};
use etcd_plan::pki::{PkiFolder, now};
use etcd_plan::saved::SavedPlan;

use crate::arguments::{PlanArguments, PlanFormat};
use crate::connect::Connection;
use crate::exit::{self, FAILED, Failure, SUCCESS, WOULD_CHANGE};
use crate::output::Output;
use crate::progress::Progress;
use crate::{connect, input};

/// Shows what would be done.
pub(super) fn run(arguments: &PlanArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let plan = input::plan(&arguments.inventory, &arguments.selection, output)?;
    if arguments.offline {
        let saved = SavedPlan {
            made_at: now().to_string(),
            plan,
            facts: None,
            preview: None,
            refusals: Vec::new(),
        };
        show(arguments, &saved, output);
        save(arguments, &saved, output)?;
        return Ok(SUCCESS);
    }
    let executor = connect::executor(&arguments.connect)?;
    let keys = PkiFolder::new(input::keys_folder(&arguments.inventory));
    let interrupt = super::listen()?;
    let mut progress = Progress::new(&plan, output, &interrupt, verbose);
    let settings = RunSettings {
        forks: arguments.connect.forks,
        folder: input::keys_folder(&arguments.inventory),
        ..RunSettings::default()
    };
    let run = Run::new(&plan, &*executor, &keys).settings(settings);
    let observed = run.observe(&mut progress);
    progress.clear();
    if interrupt.is_set() {
        return Err(Failure::interrupted());
    }
    let refused = || {
        let refusals = observed.refusals();
        exit::of_refusals(refusals, observed.observation())
    };
    // What would be done where a host was not read is anybody's guess.
    let is_unreached = observed.observation().hosts.values().any(Result::is_err);
    if is_unreached && !observed.refusals().is_empty() {
        return Err(refused());
    }
    let saved = observed.save();
    show(arguments, &saved, output);
    if let Some(preview) = &saved.preview {
        super::tell_notes(preview, output);
    }
    for loss in observed.losses() {
        output.message(&format!("! {loss}"));
    }
    save(arguments, &saved, output)?;
    if !observed.refusals().is_empty() {
        return Err(refused());
    }
    let would_change = saved.preview.is_some_and(|preview| preview.has_changes());
    Ok(if would_change { WOULD_CHANGE } else { SUCCESS })
}

fn show(arguments: &PlanArguments, saved: &SavedPlan, output: Output) {
    let plan = &saved.plan;
    match (arguments.format, &saved.preview) {
        (PlanFormat::Text, None) => output.data(&plan.page(Output::width()).to_string()),
        (PlanFormat::Text, Some(preview)) => {
            output.data(&plan.changes(preview, Output::width()).to_string());
        }
        (PlanFormat::Json, _) => Output::document(&saved.to_json()),
        (PlanFormat::Dot, _) => Output::document(plan.to_dot().trim_end()),
        (PlanFormat::Mermaid, _) => Output::document(plan.to_mermaid().trim_end()),
    }
}

fn save(arguments: &PlanArguments, saved: &SavedPlan, output: Output) -> Result<(), Failure> {
    let Some(path) = &arguments.output else {
        return Ok(());
    };
    write(path, &saved.to_json())?;
    let command = command(arguments, path);
    output.message(&format!("saved; to carry it out: {command}"));
    Ok(())
}

/// Gives the command that carries a saved plan out: with the folder of keys, where that is not the
/// one that the plan is in, and with the hosts that it was made for.
fn command(arguments: &PlanArguments, path: &Path) -> String {
    let mut words = vec!["etcd-plan".to_owned(), "apply".to_owned()];
    words.push(path.display().to_string());
    let keys = input::keys_folder(&arguments.inventory);
    let is_beside = match (keys.canonicalize(), input::folder_of(path).canonicalize()) {
        (Ok(keys), Ok(folder)) => keys == folder,
        _ => false,
    };
    if !is_beside {
        words.extend(["--keys".to_owned(), keys.display().to_string()]);
    }
    if arguments.connect.connection != Connection::Ssh {
        words.extend(["-c".to_owned(), arguments.connect.connection.to_string()]);
    }
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, format!("{text}\n")).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Failure::new(FAILED, message, "name another file with `-o`")
    })
}
