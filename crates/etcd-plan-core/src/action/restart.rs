use super::{Change, Decision, Problem, StepContext, peers, promote, ready, refresh, replace};
use crate::facts::Missing;
use crate::names::{EtcdId, HostPath, Millis};
use crate::op::{FileContent, ReadOp, WriteOp};
use crate::plan::{Goal, MemberFile, Turn};
use crate::render::{self, Rendered};

/// The files that etcd reads only when it starts, each with the place where the one that the member
/// ran on lies until the member is known to be well on the new one.
///
/// What lies there also says that a restart is owed: a run that was cut off between the new file and
/// the restart leaves a member that runs on the old one. While the authority is rotated, whom members
/// trust is all that they restart for, and only in a stage that they are to follow.
pub(super) fn files(context: &StepContext<'_>) -> Vec<(MemberFile, HostPath)> {
    let is_rotation = context.run.plan.goal() == Goal::RotateCa;
    if is_rotation && !context.run.follows_rotation(context.cluster()) {
        return Vec::new();
    }
    files_of(context.run.plan.goal())
}

fn files_of(goal: Goal) -> Vec<(MemberFile, HostPath)> {
    let files: &[MemberFile] = match goal {
        Goal::RotateCa => &[MemberFile::CaCertificate],
        Goal::Upgrade => &[MemberFile::EtcdConf, MemberFile::Unit],
        _ => &[
            MemberFile::EtcdConf,
            MemberFile::Unit,
            MemberFile::CaCertificate,
        ],
    };
    let kept = |file: &MemberFile| {
        let path = format!("/etc/etcd/.{}.before", file.name());
        (*file, HostPath::fixed(&path))
    };
    files.iter().map(kept).collect()
}

/// How long a member may take to go down: it has data that stays in use, and is never killed
/// (facts.md S41).
const STOP_TIMEOUT: Millis = Millis(90_000);

/// From which time on between the start of a process and the change of a file it is sure that the process
/// has not read it, in milliseconds: hosts give both to the second.
const CHANGED_SINCE: i64 = -2_000;

/// How long it is tried to hand over the lead, in milliseconds.
pub(super) const MOVE_TIMEOUT: Millis = Millis(10_000);

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    let mut questions = vec![context.asks().service(), context.asks().etcd()];
    questions.extend(file_questions(context));
    questions.extend(replace::questions(context));
    questions
}

/// What is there of the files, and of those that were kept.
pub(super) fn file_questions(context: &StepContext<'_>) -> impl Iterator<Item = ReadOp> {
    let files = files_of(context.run.plan.goal());
    files.into_iter().flat_map(move |(file, kept)| {
        let mut questions = promote::questions(file);
        questions.push(ReadOp::ReadFile { path: kept });
        questions.push(started_after(context, file));
        questions
    })
}

fn started_after(context: &StepContext<'_>, file: MemberFile) -> ReadOp {
    ReadOp::StartedAfter {
        service: context.spec().service(),
        path: file.wanted().path,
    }
}

/// A member whose effective configuration changed gets the new one and restarts, if its turn has
/// come. The leader hands over first.
pub(super) fn decide(context: &StepContext<'_>, turn: Turn) -> Result<Decision, Problem> {
    // Who was passed over, since it led or was well before, is taken by a later turn.
    let Some(due) = due(context)?.filter(|_| own_turn(context) <= turn) else {
        return Ok(Decision::Nothing);
    };
    let name = &context.member().name;
    let mut change = Change::default();
    let mut first = "";
    if own_turn(context) == Turn::Leader
        && let Some(to) = successor(context)
    {
        first = " once another member has taken over the lead";
        change.ops.push(WriteOp::MoveLeader {
            access: context.asks().access(),
            to,
            timeout: MOVE_TIMEOUT,
        });
    }
    let why = due.why.join(", ");
    change.lines = vec![format!("~ {name} restarts{first}: {why}")];
    change.diff = Some(due.diffs.concat()).filter(|diff| !diff.is_empty());
    change.ops.extend(due.ops);
    change.ops.extend(restart_ops(context));
    change.check = vec![context.asks().service()];
    change.check.extend(file_questions(context));
    change.check.extend(replace::questions(context));
    change.forget = vec![context.asks().etcd(), context.asks().await_back()];
    Ok(Decision::Change(change))
}

/// What stops a member and starts it again, on the files that are there by then.
pub(super) fn restart_ops(context: &StepContext<'_>) -> [WriteOp; 3] {
    let service = context.spec().service();
    [
        WriteOp::ReloadUnits {
            service: service.clone(),
        },
        WriteOp::StopService {
            service: service.clone(),
            timeout: STOP_TIMEOUT,
            kill_after: None,
        },
        WriteOp::StartService {
            service,
            delay: Millis(0),
        },
    ]
}

/// Says whether this run has restarted the member: what it said before is forgotten then.
pub(super) fn is_restarted(context: &StepContext<'_>) -> Result<bool, Problem> {
    Ok(context.facts()?.etcd(&context.asks().etcd()).is_err())
}

/// Gives the turn in which a member would restart; none when it need not.
///
/// # Errors
///
/// When a fact is not known.
pub(crate) fn turn(context: &StepContext<'_>) -> Result<Option<Turn>, Problem> {
    Ok(due(context)?.map(|_| own_turn(context)))
}

/// Says whether a member restarts in a turn: who was passed over before is taken too.
pub(super) fn is_its_turn(context: &StepContext<'_>, turn: Turn) -> Result<bool, Problem> {
    Ok(due(context)?.is_some() && own_turn(context) <= turn)
}

/// What a restart would bring.
struct Due {
    why: Vec<String>,
    diffs: Vec<String>,
    /// What keeps the files and programs that are there, and brings the new ones.
    ops: Vec<WriteOp>,
}

/// Says whether a run was cut off before the member was well on what it got: what it ran on before is
/// kept.
pub(crate) fn is_cut_off(context: &StepContext<'_>) -> bool {
    let Ok(facts) = context.facts() else {
        return false;
    };
    let is_kept = |(_, path)| matches!(facts.bytes(&ReadOp::ReadFile { path }), Ok(Some(_)));
    files(context).into_iter().any(is_kept) || matches!(replace::kept(facts), Ok(Some(_)))
}

fn due(context: &StepContext<'_>) -> Result<Option<Due>, Problem> {
    if is_restarted(context)? {
        return Ok(None);
    }
    let replace::Replacement { mut why, mut ops } = replace::decide(context)?;
    if let Some(moves) = peers::moves(context) {
        let peers::Moves { id, from, to, .. } = moves;
        why.push(format!(
            "other members reach it at {to} from then on, not at {from}"
        ));
        ops.push(peers::update(context, id, &to));
    }
    let mut due = Due {
        why,
        diffs: Vec::new(),
        ops,
    };
    let facts = context.facts()?;
    for (file, kept_path) in files(context) {
        let wanted = file.wanted();
        let bytes = |path: &HostPath| facts.bytes(&ReadOp::ReadFile { path: path.clone() });
        let kept = bytes(&kept_path)?;
        let Rendered::Content(content) = render::member_file(context, file)? else {
            // A preview: the authority that takes over is not there yet.
            if context.run.rotates_next(context.cluster()) {
                due.why.push(format!("{} changes", wanted.path));
            }
            continue;
        };
        let difference = context.differs(&wanted.path, &wanted, &content)?;
        let is_effective = match file {
            MemberFile::EtcdConf => refresh::needs_restart(context, &content)?,
            MemberFile::CaCertificate => refresh::trusts_others(context, &content)?,
            _ => true,
        };
        if let Some(difference) = difference.filter(|_| is_effective) {
            due.why.push(format!("{} {difference}", wanted.path));
            due.diffs.extend(promote::diff(context, file, &content));
            // What was kept before is what the member last ran on.
            if let (None, Some(found)) = (kept, bytes(&wanted.path)?) {
                let found = FileContent::Shared(found.clone().into());
                due.ops.extend(place(file, &kept_path, found));
            }
            due.ops.extend(place(file, &wanted.path, content));
        } else if kept.is_some() {
            due.why.push(format!(
                "{} was written by a run that was cut off before the restart",
                wanted.path
            ));
        } else if let Some(after) = facts.started_after(&started_after(context, file))?
            && *after <= CHANGED_SINCE
        {
            due.why.push(format!(
                "{} was changed {} s after etcd began, and etcd has not read it since",
                wanted.path,
                -after / 1000
            ));
        }
    }
    Ok((!due.why.is_empty()).then_some(due))
}

/// Finds that a member trusts all authorities that are trusted on the control machine, and has done so since
/// it started.
///
/// # Errors
///
/// When it does not, or that is not known: with why, as one clause.
pub(crate) fn trusts_all(context: &StepContext<'_>) -> Result<(), String> {
    let known = |missing: Missing| missing.why;
    let facts = context.facts().map_err(known)?;
    let keys = context.run.observation.keys.get(context.cluster());
    let ca = keys.and_then(|keys| keys.ca.as_ref());
    let ca = ca.ok_or("the authority was not read")?;
    let wanted = FileContent::Shown(ca.trusted_pem());
    let path = MemberFile::CaCertificate.wanted().path;
    if refresh::trusts_others(context, &wanted).map_err(|problem| problem.message)? {
        return Err(format!("{path} says something else"));
    }
    for (file, kept) in files_of(context.run.plan.goal()) {
        let question = ReadOp::ReadFile { path: kept };
        if facts.bytes(&question).map_err(known)?.is_some() {
            return Err("a run was cut off before it was well on it".to_owned());
        }
        let after = facts.started_after(&started_after(context, file));
        if after
            .map_err(known)?
            .is_none_or(|after| after <= CHANGED_SINCE)
        {
            return Err(format!("it has not read {path} since that was changed"));
        }
    }
    Ok(())
}

/// What writes a file with the owner and mode that it has in its own place.
pub(super) fn place(file: MemberFile, path: &HostPath, content: FileContent) -> [WriteOp; 2] {
    let wanted = file.wanted();
    [
        WriteOp::StageFile {
            path: path.clone(),
            content,
            owner: wanted.owner,
            mode: wanted.mode,
        },
        WriteOp::PromoteFile { path: path.clone() },
    ]
}

/// Tells whose turn is the member's, by what it said last.
fn own_turn(context: &StepContext<'_>) -> Turn {
    let facts = context.facts().ok();
    let etcd = facts.and_then(|facts| context.asks().last_said(facts).ok());
    let Some(etcd) = etcd.filter(|etcd| ready::is_ready(context.member().learner, etcd)) else {
        return Turn::Unwell;
    };
    match &etcd.status {
        Some(status) if status.leader == status.member_id => Turn::Leader,
        _ => Turn::Follower,
    }
}

/// Chooses the voter that takes over the lead: of those that are healthy, the one that has most of
/// the log. One of which nothing is known yet, in a preview, comes after those.
pub(super) fn successor(context: &StepContext<'_>) -> Option<EtcdId> {
    let (spec, run) = (context.spec(), context.run);
    let own = context.asks().last_said(context.facts().ok()?).ok()?;
    let voters = own.members.iter().filter(|known| !known.is_learner);
    let others =
        voters.filter(|known| own.status.as_ref().is_some_and(|s| s.member_id != known.id));
    let rated = others.filter_map(|known| {
        let member = spec
            .members
            .iter()
            .find(|member| spec.is_listed_as(member, known))?;
        let facts = run.observation.facts(&member.host.name).ok()?;
        let asks = crate::facts::MemberQuestions::new(spec, member);
        match asks.last_said(facts) {
            Ok(said) if !said.healthy => None,
            Ok(said) => Some((
                said.status.as_ref().map(|status| status.raft_index),
                known.id,
            )),
            Err(_) => Some((None, known.id)),
        }
    });
    rated
        .max_by_key(|(index, id)| (*index, std::cmp::Reverse(*id)))
        .map(|(_, id)| id)
}
