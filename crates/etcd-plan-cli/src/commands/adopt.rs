use std::path::PathBuf;

use etcd_plan::Goal;
use etcd_plan::adopt::{self, AdoptError, AdoptSettings, Adopted};
use etcd_plan::engine::{Run, RunSettings, Silent};
use etcd_plan::executor::Executor;
use etcd_plan::spec::HostSpec;

use crate::arguments::AdoptArguments;
use crate::connect::Connection;
use crate::exit::{self, BAD_INPUT, FAILED, Failure, SUCCESS, UNREACHABLE, WOULD_CHANGE};
use crate::output::Output;
use crate::{connect, input};

/// Writes the inventory of a cluster that something else built, and says what a plan of it would do.
pub(super) fn run(arguments: &AdoptArguments, output: Output) -> Result<u8, Failure> {
    let hosts = hosts(arguments)?;
    let executor = connect::executor(&arguments.connect)?;
    let settings = AdoptSettings {
        forks: arguments.connect.forks,
        cluster: arguments.cluster.clone(),
    };
    let adopted = adopt::read(&hosts, &*executor, &settings)?;
    let keys = keys_folder(arguments);
    for file in adopted.write(arguments.output.as_deref(), &keys)? {
        output.message(&format!("wrote {file}"));
    }
    if arguments.output.is_none() {
        Output::document(adopted.inventory().trim_end());
    }
    for note in adopted.notes() {
        output.message(&format!("note: {note}"));
    }
    output.message(&format!(
        "note: the key of the CA is not on the hosts: before certificates have to be issued, put it to {}",
        adopted.ca_key(&keys)?
    ));
    let code = preview(Goal::Create, &adopted, &*executor, arguments, output)?;
    if code != SUCCESS {
        return Ok(code);
    }
    let code = preview(Goal::Reload, &adopted, &*executor, arguments, output)?;
    if code == SUCCESS {
        let cluster = adopted.cluster();
        output.message(&format!(
            "a plan for {cluster} has nothing to do, and a reload neither"
        ));
    }
    Ok(code)
}

/// Shows what a plan of the new inventory would do, where it is not empty.
fn preview(
    goal: Goal,
    adopted: &Adopted,
    executor: &dyn Executor,
    arguments: &AdoptArguments,
    output: Output,
) -> Result<u8, Failure> {
    let (plan, keys) = (adopted.plan(goal)?, adopted.keys()?);
    let settings = RunSettings {
        forks: arguments.connect.forks,
        folder: keys_folder(arguments),
        ..RunSettings::default()
    };
    let run = Run::new(&plan, executor, &keys).settings(settings);
    let observed = run.observe(&mut Silent);
    let preview = observed.preview();
    let changes = preview.has_changes();
    if changes || !observed.refusals().is_empty() {
        output.message(&format!("what the goal `{goal}` would change:"));
        output.message(&plan.changes(&preview, Output::width()).to_string());
    }
    if !observed.refusals().is_empty() {
        let refusals = observed.refusals();
        return Err(exit::of_refusals(refusals, observed.observation()));
    }
    Ok(if changes { WOULD_CHANGE } else { SUCCESS })
}

fn hosts(arguments: &AdoptArguments) -> Result<Vec<HostSpec>, Failure> {
    let mut hosts: Vec<HostSpec> = Vec::new();
    for word in &arguments.hosts {
        let mut host = adopt::host(word).map_err(|why| {
            let message = format!("`{word}` {why}");
            Failure::new(
                BAD_INPUT,
                message,
                "name hosts as `ssh` does: `HOST` or `USER@HOST`",
            )
        })?;
        let connection = &mut host.connection;
        connection.become_user = arguments.becomes.then(|| "root".to_owned());
        connection.local = arguments.connect.connection == Connection::Local;
        // What is the same for all hosts belongs into the inventory too.
        let user = || arguments.connect.user.clone();
        connection.user = connection.user.take().or_else(user);
        if hosts.iter().all(|other| other.name != host.name) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

fn keys_folder(arguments: &AdoptArguments) -> PathBuf {
    match (&arguments.keys, &arguments.output) {
        (Some(folder), _) => folder.clone(),
        (None, Some(output)) => input::folder_of(output),
        (None, None) => PathBuf::from("."),
    }
}

impl From<AdoptError> for Failure {
    fn from(error: AdoptError) -> Self {
        let code = match &error {
            AdoptError::Problems {
                is_unreached: true, ..
            } => UNREACHABLE,
            AdoptError::Pki(_) | AdoptError::Unwritable { .. } => FAILED,
            _ => BAD_INPUT,
        };
        match error.hint() {
            Some(hint) => Self::new(code, &error, &hint),
            None => Self {
                code,
                message: error.to_string(),
            },
        }
    }
}
