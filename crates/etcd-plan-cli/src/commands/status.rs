use std::io::{IsTerminal as _, stdout};
use std::thread::sleep;
use std::time::{Duration, Instant};

use etcd_plan::Plan;
use etcd_plan::engine::{Flow, RunSettings};
use etcd_plan::pki::PkiFolder;
use etcd_plan::status::{self, Health, Status};

use crate::arguments::{StatusArguments, StatusFormat};
use crate::exit::{DRIFT, FAILED, Failure, INTERRUPTED, SUCCESS, UNREACHABLE};
use crate::interrupt::Interrupt;
use crate::output::{self, Output};
use crate::{connect, input};

/// Shows what the clusters are like.
pub(super) fn run(arguments: &StatusArguments, output: Output) -> Result<u8, Failure> {
    let inventory = input::inventory(&arguments.inventory)?;
    let extra = input::extra_vars(&arguments.inventory.extra_vars)?;
    let mut builder = Plan::builder(&inventory).extra_vars(extra);
    if let Some(limit) = &arguments.limit {
        builder = builder.limit(limit);
    }
    let plan = builder.build()?;
    let executor = connect::executor(&arguments.connect)?;
    let keys = PkiFolder::new(input::keys_folder(&arguments.inventory));
    let interrupt = crate::commands::listen()?;
    loop {
        let settings = RunSettings {
            forks: arguments.connect.forks,
            ..RunSettings::default()
        };
        let begun = Instant::now();
        let mut watch = Watch(&interrupt);
        let status = status::read(&plan, &*executor, &keys, settings, &mut watch);
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
