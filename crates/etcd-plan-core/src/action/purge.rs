use super::{Change, Decision, Problem, StepContext};
use crate::facts::Situation;
use crate::names::HostPath;
use crate::op::{DataDirFacts, ReadOp, WriteOp};
use crate::run::stamp_of;
use crate::spec::PurgeRetention;

/// What stands between the name of a data directory and the time at which it was moved aside.
const PURGED: &str = ".purged-";

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let path = context.spec().settings.storage.data.value.clone();
    vec![
        context.asks().data_dir(),
        context.asks().service(),
        // A preview that cannot tell yet must not take the folder to stay.
        ReadOp::Stat { path },
    ]
}

/// Data is moved aside, never deleted on the spot; what earlier purges moved aside goes once it has
/// been kept for as long as `etcd_purge_retention` says.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let facts = context.facts()?;
    let decision = move_aside(context)?;
    if decision != Decision::Nothing && facts.service(&context.asks().service())?.state.is_alive() {
        return Err(Problem::new(
            format!(
                "etcd of {} still runs, so its data stays",
                context.member().name
            ),
            "run again: the first thing is to stop it",
        ));
    }
    Ok(decision)
}

/// Moves aside what is there, of an etcd that does not run by then.
pub(super) fn move_aside(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let data = context.facts()?.data_dir(&context.asks().data_dir())?;
    // Where a cluster is made new, clutter without a log goes too: etcd would take over a database
    // that it finds there.
    let run = context.run;
    let is_taken_away = run.takes_away(context.cluster(), context.member())?;
    let is_needed = is_taken_away || run.builds(context.cluster());
    if !is_needed || !data.exists || data.empty {
        return Ok(Decision::Nothing);
    }
    let path = context.spec().settings.storage.data.value.clone();
    let to = aside(&path, data, &context.run.inputs.stamp);
    let mut change = Change {
        lines: vec![format!("- {path} is moved to {to}")],
        ops: vec![WriteOp::MoveAside {
            path: path.clone(),
            to: to.clone(),
        }],
        check: vec![context.asks().data_dir(), ReadOp::Stat { path }],
        forget: vec![context.asks().etcd(), context.asks().await_healthy()],
        ..Change::default()
    };
    for old in outdated(context, data, to) {
        change
            .lines
            .push(format!("- {old} is deleted, kept long enough"));
        change.ops.push(WriteOp::DeletePurged { path: old });
    }
    Ok(Decision::Change(change))
}

/// Names what is moved aside by the time of the run. A run that begins within the second of one that
/// was cut off finds that name taken, and adds a number.
fn aside(path: &HostPath, data: &DataDirFacts, stamp: &str) -> HostPath {
    let named = |number: &str| path.with_suffix(&format!("{PURGED}{stamp}{number}"));
    let mut names = std::iter::once(named("")).chain((2..).map(|n: u32| named(&format!("-{n}"))));
    names
        .find(|name| !data.purged.contains(name))
        .expect("there are more numbers than folders")
}

/// What is to be deleted once `latest` has been moved aside too. A folder that does not carry a time
/// of ours was named by somebody, and is theirs.
fn outdated(context: &StepContext<'_>, data: &DataDirFacts, latest: HostPath) -> Vec<HostPath> {
    let purged = data.purged.iter().filter(|path| stamp_in(path).is_some());
    match context.spec().settings.guards.purge_retention.value {
        // What a run that was cut off has left is no cluster: the latest one is older than that.
        PurgeRetention::Last => match context.run.situation(context.cluster()) {
            Situation::Present { .. } => purged.cloned().collect(),
            Situation::Absent | Situation::Unfinished | Situation::Remains { .. } => Vec::new(),
        },
        // What is no etcd's data is nobody's to delete.
        PurgeRetention::Days(0) if !data.wal => purged.cloned().collect(),
        PurgeRetention::Days(0) => purged.cloned().chain([latest]).collect(),
        PurgeRetention::Days(days) => {
            let limit = stamp_of(context.run.inputs.now - i64::from(days) * 86_400);
            purged
                .filter(|path| stamp_in(path).is_some_and(|stamp| stamp < limit.as_str()))
                .cloned()
                .collect()
        }
    }
}

/// Gives the time at which something was moved aside, as [`aside`] wrote it.
fn stamp_in(path: &HostPath) -> Option<&str> {
    let (_, name) = path.file_name().rsplit_once(PURGED)?;
    let (stamp, number) = name.split_once('-').unwrap_or((name, "2"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let is_time = day.len() == 8 && time.len() == 6 && is_number(day) && is_number(time);
    (is_time && is_number(number)).then_some(stamp)
}
