use super::{Change, Decision, Problem, StepContext};
use crate::names::HostPath;
use crate::op::{DataDirFacts, ReadOp, WriteOp};
use crate::run::stamp_of;
use crate::spec::PurgeRetention;

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
    let data = facts.data_dir(&context.asks().data_dir())?;
    // Where a cluster is made new, clutter without a log goes too: etcd would take over a database
    // that it finds there.
    let run = context.run;
    let is_needed = run.purges(context.cluster()) || run.builds(context.cluster());
    if !is_needed || !data.exists || data.empty {
        return Ok(Decision::Nothing);
    }
    if facts.service(&context.asks().service())?.state.is_alive() {
        return Err(Problem::new(
            format!(
                "etcd of {} still runs, so its data stays",
                context.member().name
            ),
            "run again: the first thing is to stop it",
        ));
    }
    let path = context.spec().settings.storage.data.value.clone();
    let to = path.with_suffix(&format!(".purged-{}", context.run.inputs.stamp));
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

/// What is to be deleted once `latest` has been moved aside too.
fn outdated(context: &StepContext<'_>, data: &DataDirFacts, latest: HostPath) -> Vec<HostPath> {
    let purged = &data.purged;
    match context.spec().settings.guards.purge_retention.value {
        PurgeRetention::Last => purged.clone(),
        // What is no etcd's data is nobody's to delete.
        PurgeRetention::Days(0) if !data.wal => purged.clone(),
        PurgeRetention::Days(0) => purged.iter().cloned().chain([latest]).collect(),
        PurgeRetention::Days(days) => {
            let now = context.run.inputs.now;
            let limit = stamp_of(now - i64::from(days) * 86_400);
            let stamp = |path: &HostPath| path.as_str().rsplit('-').next().map(str::to_owned);
            purged
                .iter()
                .filter(|path| stamp(path).is_some_and(|s| s < limit))
                .cloned()
                .collect()
        }
    }
}
