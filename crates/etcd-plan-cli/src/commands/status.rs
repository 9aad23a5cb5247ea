use std::io::{IsTerminal as _, stdout};
use std::thread::sleep;
use std::time::{Duration, Instant};

use etcd_plan::diagnostic::Code;
use etcd_plan::engine::{Flow, RunSettings};
use etcd_plan::executor::LocalExecutor;
use etcd_plan::outputs::OutputFiles;
use etcd_plan::pki::{PkiFolder, now};
use etcd_plan::spec::{self, ClusterSpec};
use etcd_plan::status::{self, Health, Status};
use etcd_plan::{Inventory, Plan, PlanError};

use super::outputs;
use crate::arguments::{StatusArguments, StatusFormat};
use crate::exit::{DRIFT, FAILED, Failure, INTERRUPTED, SUCCESS, UNREACHABLE};
use crate::interrupt::Interrupt;
use crate::output::{self, Output};
use crate::{connect, input};

/// Shows what the clusters are like.
pub(super) fn run(arguments: &StatusArguments, output: Output) -> Result<u8, Failure> {
    let inventory = input::inventory(&arguments.inventory)?;
    let extra = input::extra_vars(&arguments.inventory.extra_vars)?;
    let resolved = spec::resolve(&inventory, &extra)?;
    let external = external(arguments, &inventory, &resolved.clusters)?;
    let mut builder = Plan::builder(&inventory).extra_vars(extra);
    if let Some(limit) = &arguments.limit {
        builder = builder.limit(limit);
    }
    let plan = match builder.build() {
        // There is something to show all the same.
        Err(PlanError::Selection(finding)) if finding.code == Code::ExternalCluster => None,
        plan => Some(plan?),
    };
    let executor = connect::executor(&arguments.connect)?;
    let folder = input::keys_folder(&arguments.inventory);
    let keys = PkiFolder::new(&folder);
    let interrupt = crate::commands::listen()?;
    loop {
        let settings = RunSettings {
            forks: arguments.connect.forks,
            ..RunSettings::default()
        };
        let begun = Instant::now();
        let mut watch = Watch(&interrupt);
        let mut status = match &plan {
            Some(plan) => status::read(plan, &*executor, &keys, settings, &mut watch),
            None => Status::begin(now()),
        };
        for spec in &external {
            let here = LocalExecutor::new();
            status.add(status::read_external(spec, &folder, &here));
        }
        if interrupt.is_set() {
            return Ok(INTERRUPTED);
        }
        if let Some(file) = &arguments.output {
            output::replace_file(file, &text(arguments, &status), "-o")?;
        } else {
            show(arguments, &status, output);
        }
        if let Some(path) = &arguments.html {
            output::write_page(path, &status.to_html())?;
        }
        let Some(seconds) = arguments.watch else {
            outputs::tell_outdated(&OutputFiles::new(&folder), &resolved.clusters, output);
            return Ok(code(&status));
        };
        while begun.elapsed() < Duration::from_secs(seconds) {
            if interrupt.is_set() {
                return Ok(INTERRUPTED);
            }
            sleep(Duration::from_millis(50));
        }
    }
}

/// Gives the external clusters that the limit takes.
fn external(
    arguments: &StatusArguments,
    inventory: &Inventory,
    clusters: &[ClusterSpec],
) -> Result<Vec<ClusterSpec>, Failure> {
    let selected = arguments
        .limit
        .as_ref()
        .map(|limit| inventory.select(limit));
    let selected = selected.transpose().map_err(|finding| {
        // As the plan would say it.
        Failure::from(PlanError::Selection(Box::new(finding)))
    })?;
    let takes = |spec: &&ClusterSpec| {
        let mut hosts = spec.members.iter().map(|member| &member.host.name);
        let is_selected = |host| selected.as_ref().is_none_or(|all| all.contains(host));
        spec.is_external() && hosts.any(is_selected)
    };
    Ok(clusters.iter().filter(takes).cloned().collect())
}

fn show(arguments: &StatusArguments, status: &Status, output: Output) {
    let is_watched = arguments.watch.is_some();
    if is_watched && stdout().is_terminal() {
        // The screen from its top, so that only what changed seems to move.
        Output::document("\x1b[H\x1b[2J");
    }
    match arguments.format {
        StatusFormat::Json if is_watched => Output::document(&line(status)),
        StatusFormat::Text => output.data(&text(arguments, status)),
        StatusFormat::Json | StatusFormat::Prometheus => {
            Output::document(text(arguments, status).trim_end());
        }
    }
}

fn text(arguments: &StatusArguments, status: &Status) -> String {
    match arguments.format {
        StatusFormat::Text => status.page(Output::width()).to_string(),
        StatusFormat::Json => status.to_json() + "\n",
        StatusFormat::Prometheus => status.to_prometheus(),
    }
}

/// Gives the document in one line, for a stream of them.
fn line(status: &Status) -> String {
    serde_json::to_string(status).expect("the document has only text keys")
}

fn code(status: &Status) -> u8 {
    let mut clusters = status.clusters.iter();
    if clusters.any(|cluster| cluster.health == Health::Unknown) {
        UNREACHABLE
    } else if !status.is_healthy() {
        FAILED
    } else if status.has_drift() {
        DRIFT
    } else {
        SUCCESS
    }
}

/// Stops the reading when somebody interrupts.
struct Watch<'a>(&'a Interrupt);

impl etcd_plan::engine::Observer for Watch<'_> {
    fn on_event(&mut self, _event: &etcd_plan::Event) -> Flow {
        self.poll()
    }

    fn poll(&mut self) -> Flow {
        if self.0.is_set() {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}
