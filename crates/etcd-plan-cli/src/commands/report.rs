use etcd_plan::Plan;
use etcd_plan::engine::{Run, RunSettings};
use etcd_plan::journal;
use etcd_plan::pki::{PkiFolder, now};
use etcd_plan::saved::SavedPlan;

use super::log;
use crate::arguments::ReportArguments;
use crate::exit::{BAD_INPUT, Failure, SUCCESS};
use crate::output::{Output, write_page};
use crate::progress::Progress;
use crate::{connect, input};

/// What names the latest run.
const LATEST: &str = "latest";

/// Writes a page of a plan or of a past run.
pub(super) fn run(arguments: &ReportArguments, verbose: u8, output: Output) -> Result<u8, Failure> {
    let page = match (&arguments.run, &arguments.plan) {
        (Some(run), _) => of_run(arguments, run)?,
        (None, Some(file)) => SavedPlan::from_json(&input::text(file)?)?.to_html(),
        (None, None) => of_inventory(arguments, verbose, output)?,
    };
    write_page(&arguments.html, &page)?;
    Ok(SUCCESS)
}

fn of_run(arguments: &ReportArguments, run: &str) -> Result<String, Failure> {
    let folder = log::folder(arguments.journal.as_deref())?;
    if run != LATEST {
        return Ok(journal::read(&folder, run)?.to_html());
    }
    let runs = journal::list(&folder)?;
    let Some(latest) = runs.last() else {
        let message = format!("{} keeps no run", folder.display());
        return Err(Failure::new(
            BAD_INPUT,
            message,
            "name the folder with `--journal DIR`",
        ));
    };
    Ok(journal::read(&folder, &latest.id)?.to_html())
}

/// Plans, reads the hosts, and gives the page of what would be done. What guards refuse, a host that
/// is not reached included, is on the page.
fn of_inventory(
    arguments: &ReportArguments,
    verbose: u8,
    output: Output,
) -> Result<String, Failure> {
    let plan = input::plan(&arguments.inventory, &arguments.selection, output)?;
    if arguments.offline {
        return Ok(of_plan_alone(plan).to_html());
    }
    let executor = connect::executor(&arguments.connect)?;
    let keys = PkiFolder::new(input::keys_folder(&arguments.inventory));
    let interrupt = super::listen()?;
    let mut progress = Progress::new(&plan, output, &interrupt, verbose);
    let settings = RunSettings {
        forks: arguments.connect.forks,
        ..RunSettings::default()
    };
    let run = Run::new(&plan, &*executor, &keys).settings(settings);
    let observed = run.observe(&mut progress);
    progress.clear();
    if interrupt.is_set() {
        return Err(Failure::interrupted());
    }
    let mut saved = observed.save();
    // What would be done where a host was not read is anybody's guess.
    if observed.observation().hosts.values().any(Result::is_err) {
        saved.preview = None;
    }
    Ok(saved.to_html())
}

fn of_plan_alone(plan: Plan) -> SavedPlan {
    SavedPlan {
        made_at: now().to_string(),
        plan,
        facts: None,
        preview: None,
        refusals: Vec::new(),
    }
}
