use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use etcd_plan_core::event::Event;
use etcd_plan_core::plan::Plan;
use etcd_plan_core::report::Report;
use etcd_plan_core::run::stamp_of;
use etcd_plan_core::view::html::Outline;

use super::{JournalError, Record};
use crate::engine::{Flow, Observer};
use crate::pki::now;

/// Writes records as JSON lines, each as soon as it happens.
///
/// A line that cannot be written does not stop the run: what happens on hosts matters more. The
/// first error is kept for [`EventLog::end`].
#[derive(Debug)]
pub struct EventLog<W: Write> {
    writer: W,
    error: Option<io::Error>,
}

impl<W: Write> EventLog<W> {
    /// Begins the log of a run of a plan, with who runs it.
    pub fn begin(writer: W, plan: &Plan, holder: &str) -> Self {
        let mut log = Self {
            writer,
            error: None,
        };
        log.write(&Record::Begin {
            format: Record::FORMAT.to_owned(),
            at: now().to_string(),
            holder: holder.to_owned(),
            goal: plan.goal(),
            clusters: plan.clusters().iter().map(|c| c.name.clone()).collect(),
            steps: plan.len(),
        });
        log.write(&Record::Outline {
            outline: Outline::of(plan),
        });
        log
    }

    /// Ends it: with the report, if the run came so far.
    ///
    /// # Errors
    ///
    /// The first error that there was in writing.
    pub fn end(mut self, report: Option<&Report>) -> io::Result<()> {
        self.write(&Record::End {
            at: now().to_string(),
            report: report.cloned(),
        });
        self.error.map_or(Ok(()), Err)
    }

    fn write(&mut self, record: &Record) {
        if self.error.is_some() {
            return;
        }
        let mut line = serde_json::to_vec(record).expect("a record has only text keys");
        line.push(b'\n');
        let written = self.writer.write_all(&line);
        self.error = written.and_then(|()| self.writer.flush()).err();
    }
}

impl<W: Write> Observer for EventLog<W> {
    fn on_event(&mut self, event: &Event) -> Flow {
        self.write(&Record::Event {
            event: event.clone(),
        });
        Flow::Continue
    }
}

/// The journal of one run, in a folder with those of others.
#[derive(Debug)]
pub struct Journal {
    log: EventLog<File>,
    id: String,
    path: PathBuf,
}

impl Journal {
    /// Begins the journal of a run in a folder, which is made where there is none.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be made.
    pub fn begin(folder: &Path, plan: &Plan, holder: &str) -> Result<Self, JournalError> {
        let mut make = DirBuilder::new();
        make.recursive(true).mode(0o700);
        make.create(folder)
            .map_err(|error| JournalError::file(folder, error))?;
        let stamp = stamp_of(now().0);
        // Runs of one second get numbers.
        for number in 1.. {
            let id = match number {
                1 => stamp.clone(),
                more => format!("{stamp}-{more}"),
            };
            let path = folder.join(format!("{id}.jsonl"));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            match options.open(&path) {
                Ok(file) => {
                    let log = EventLog::begin(file, plan, holder);
                    return Ok(Self { log, id, path });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(JournalError::file(path, error)),
            }
        }
        unreachable!("there are more numbers than runs in a second")
    }

    /// Gives the name of the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Ends it, and gives the name of the run.
    ///
    /// # Errors
    ///
    /// The first error that there was in writing.
    pub fn end(self, report: Option<&Report>) -> Result<String, JournalError> {
        let Self { log, id, path } = self;
        let ended = log.end(report);
        ended.map_err(|error| JournalError::file(path, error))?;
        Ok(id)
    }
}

impl Observer for Journal {
    fn on_event(&mut self, event: &Event) -> Flow {
        self.log.on_event(event)
    }
}
