use super::{Change, Decision, Problem, StepContext};
use crate::facts::{MemberFound, Situation};
use crate::names::HostPath;
use crate::op::{DataDirFacts, ReadOp, ServiceManager, WriteOp};
use crate::plan::{Goal, MemberFile, PurgeRule, Subtask};
use crate::run::stamp_of;
use crate::spec::PurgeRetention;

/// What stands between the name of a data directory and the time at which it was moved aside.
const PURGED: &str = ".purged-";

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let path = context.spec().settings.storage.data.value.clone();
    vec![
        context.asks().data_dir(),
        context.asks().service(),
        context.asks().conf(),
        ReadOp::System,
        // A preview that cannot tell yet must not take the folder to stay.
        ReadOp::Stat { path },
    ]
}

/// Data and configuration are moved aside, never deleted on the spot; what earlier purges moved aside goes once it has
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
    let moves_data = is_needed && data.exists && !data.empty;
    let to = aside(context, data);
    let mut change = Change::default();
    if destroys(context) {
        disable(context, &mut change)?;
    }
    if moves_data {
        move_data(context, data, &to, &mut change);
    }
    if moves_data || destroys(context) {
        move_conf(context, conf_aside(&to), &mut change)?;
    } else if is_needed && context.step.plan().goal().places_stores() {
        // The store that comes is of another making, and must not be taken for what this one tells of.
        let inputs = &run.inputs;
        let to = format!("{PURGED}{}-{}", inputs.stamp, inputs.nonce);
        let to = MemberFile::EtcdConf.wanted().path.with_suffix(&to);
        move_conf(context, to, &mut change)?;
    }
    if moves_data {
        delete_outdated(context, data, &to, &mut change);
    }
    Ok(if change.ops.is_empty() {
        Decision::Nothing
    } else {
        Decision::Change(change)
    })
}

/// Says whether nothing takes the place of what is taken away.
fn destroys(context: &StepContext<'_>) -> bool {
    let plan = context.run.plan;
    let is_cleared = !plan.selection().takes(Subtask::Launch) || plan.goal() == Goal::Destroy;
    context.is_leaving() || (plan.purge_rule() == PurgeRule::Always && is_cleared)
}

fn move_data(
    context: &StepContext<'_>,
    data: &DataDirFacts,
    latest: &HostPath,
    change: &mut Change,
) {
    let path = context.spec().settings.storage.data.value.clone();
    change.lines.push(format!("- {path} is moved to {latest}"));
    let to = latest.clone();
    change.ops.push(if data.fixed {
        WriteOp::MoveContentsAside { path, to }
    } else {
        WriteOp::MoveAside { path, to }
    });
    change.check.push(context.asks().data_dir());
    let path = context.spec().settings.storage.data.value.clone();
    change.check.push(ReadOp::Stat { path });
    change.forget.push(context.asks().etcd());
    change.forget.push(context.asks().await_healthy());
}

/// What has been kept long enough is the last to go.
fn delete_outdated(
    context: &StepContext<'_>,
    data: &DataDirFacts,
    latest: &HostPath,
    change: &mut Change,
) {
    for old in outdated(context, data, latest.clone()) {
        change
            .lines
            .push(format!("- {old} is deleted, kept long enough"));
        let conf = conf_aside(&old);
        change.ops.push(WriteOp::DeletePurged { path: old });
        change.ops.push(WriteOp::RemoveFile { path: conf });
    }
}

/// The configuration goes the way of the data.
fn move_conf(context: &StepContext<'_>, to: HostPath, change: &mut Change) -> Result<(), Problem> {
    let path = MemberFile::EtcdConf.wanted().path;
    if context.facts()?.bytes(&context.asks().conf())?.is_none() {
        return Ok(());
    }
    change.lines.push(format!("- {path} is moved to {to}"));
    change.check.push(context.asks().conf());
    change.check.push(ReadOp::Stat { path: path.clone() });
    change.ops.push(WriteOp::MoveAside { path, to });
    Ok(())
}

/// Gives the configuration the time of its data: what was moved aside together can be put back together.
fn conf_aside(data_to: &HostPath) -> HostPath {
    let time = data_to.file_name().rsplit_once(PURGED);
    let conf = MemberFile::EtcdConf.wanted().path;
    conf.with_suffix(&format!("{PURGED}{}", time.map_or("", |(_, time)| time)))
}

/// A service that has nothing left to run must not be tried at the next boot. A sandbox has none.
fn disable(context: &StepContext<'_>, change: &mut Change) -> Result<(), Problem> {
    let facts = context.facts()?;
    let service = context.spec().service();
    let has_boots = facts.system(&ReadOp::System)?.services == ServiceManager::Systemd;
    if has_boots && facts.service(&context.asks().service())?.enabled {
        change
            .lines
            .push(format!("- {} is no longer started at boot", service.unit()));
        change.ops.push(WriteOp::DisableService { service });
        change.check.push(context.asks().service());
    }
    Ok(())
}

/// Names what is moved aside by the time of the run. A run that begins within the second of one that
/// was cut off finds that name taken, and adds a number.
fn aside(context: &StepContext<'_>, data: &DataDirFacts) -> HostPath {
    let path = &context.spec().settings.storage.data.value;
    let stamp = &context.run.inputs.stamp;
    let named = |number: &str| {
        let suffix = format!("{PURGED}{stamp}{number}");
        if data.fixed {
            path.join(&suffix)
        } else {
            path.with_suffix(&suffix)
        }
    };
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
            Situation::Present { .. } if !is_being_built(context) => purged.cloned().collect(),
            _ => Vec::new(),
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

/// Says whether a run was cut off when it had built the cluster, and not yet proved it.
fn is_being_built(context: &StepContext<'_>) -> bool {
    let (spec, observation) = (context.spec(), context.run.observation);
    spec.members.iter().any(|member| {
        let found = MemberFound::of(spec, member, observation);
        found.is_ok_and(|found| found.is_being_built())
    })
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
