//! What each action of a step means: what it must know, and what follows from what was found.
//!
//! An action a file. All is pure: a decision is made from facts, and the same facts give the same
//! decision. "Nothing to do" after a change is the proof that the change was made; the same answer
//! in a later run is why that run does nothing.

mod context;
mod decision;
mod describe;
mod facts;
mod fetch;
mod folders;
mod install;
mod keys;
mod launch;
mod lock;
mod maintain;
mod mark;
mod members;
mod peers;
mod promote;
mod purge;
mod put_back;
mod ready;
mod refresh;
mod register;
mod remove;
mod renew;
mod replace;
mod restart;
mod restore;
mod settle;
mod snapshot;
mod spare;
mod stage;
mod stop;
mod unregister;
mod verify;
mod withdraw;

pub use context::StepContext;
pub use decision::{Change, Decision, Problem};
pub use describe::{describe, summary, why_it_waits};
pub(crate) use describe::{if_purged, wanted_version};
pub(crate) use refresh::trusts_as_wanted;
pub(crate) use remove::next as removal;
pub(crate) use replace::running;
pub(crate) use restart::{is_cut_off, trusts_all, turn as restart_turn};
pub use snapshot::outdated as outdated_snapshots;

use crate::op::ReadOp;
use crate::plan::Action;

/// Gives the questions that an action's decision stands on, to be asked of the step's host.
pub fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    match context.step.action() {
        Action::Assert
        | Action::Judge { .. }
        | Action::Gate
        | Action::Await { .. }
        | Action::EnsureAuthority
        | Action::IssueCertificate { .. }
        | Action::RotateAuthority { .. }
        | Action::EndRotation
        | Action::PruneSnapshots
        | Action::Verify
        | Action::Lock => Vec::new(),
        Action::Spare { .. } => restart::questions(context),
        Action::ReadFacts => facts::questions(context),
        Action::Install => install::questions(),
        Action::Fetch => fetch::questions(context),
        Action::Stage { files } => stage::questions(files),
        Action::Stop => stop::questions(context),
        Action::Purge => purge::questions(context),
        Action::MakeFolders => folders::questions(context),
        Action::Promote { file } => promote::questions(file),
        Action::Mark | Action::Unmark => mark::questions(context),
        Action::Launch => launch::questions(context),
        Action::AwaitReady | Action::AwaitLearner | Action::AwaitVoter => ready::questions(context),
        Action::AddMember { .. } | Action::PromoteMember { .. } | Action::TakeBack { .. } => {
            members::questions(context)
        }
        Action::Withdraw => withdraw::questions(context),
        Action::RemoveMember { .. } => remove::questions(context),
        Action::Restart { .. } | Action::Settle { .. } | Action::PutBack { .. } => {
            restart::questions(context)
        }
        Action::Refresh => refresh::questions(context),
        Action::Renew | Action::ProveRenewed | Action::ReturnCertificate => {
            renew::questions(context)
        }
        Action::Compact | Action::Measure | Action::Defragment { .. } | Action::Disarm => {
            maintain::questions(context)
        }
        Action::SendSnapshot | Action::BuildStore | Action::PlaceStore | Action::DropSnapshot => {
            restore::questions(context)
        }
        Action::Snapshot => snapshot::questions(context),
        Action::FetchSnapshot | Action::RecordSnapshot => snapshot::file_questions(),
        Action::Register { .. } => register::questions(context),
        Action::Unregister => unregister::questions(context),
    }
}

/// Decides what a step has to do, from what was observed.
///
/// # Errors
///
/// When it cannot be told, or when what was found shows that the step has failed.
pub fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    match context.step.action() {
        Action::Assert
        | Action::ReadFacts
        | Action::Judge { .. }
        | Action::Gate
        | Action::Await { .. } => Ok(Decision::Nothing),
        Action::Lock => Ok(lock::decide(context)),
        Action::Install => install::decide(context),
        Action::Fetch => fetch::decide(context),
        Action::EnsureAuthority => keys::decide_authority(context),
        Action::IssueCertificate { member } => keys::decide_certificate(context, member),
        Action::Stage { files } => stage::decide(context, files),
        Action::Stop => stop::decide(context),
        Action::Purge => purge::decide(context),
        Action::MakeFolders => folders::decide(context),
        Action::Promote { file } => promote::decide(context, file),
        Action::Mark => mark::decide_mark(context),
        Action::Unmark => mark::decide_unmark(context),
        Action::Launch => launch::decide(context),
        Action::AwaitReady => ready::decide(context),
        Action::AddMember { .. } => members::decide_add(context),
        Action::AwaitLearner => ready::decide_learner(context),
        Action::AwaitVoter => ready::decide_voter(context),
        Action::PromoteMember { .. } => members::decide_promote(context),
        Action::TakeBack { .. } => members::decide_take_back(context),
        Action::Withdraw => withdraw::decide(context),
        Action::Spare { turn } => spare::decide(context, turn),
        Action::RemoveMember { nth } => remove::decide(context, nth),
        Action::Restart { turn } => restart::decide(context, turn),
        Action::Settle { .. } => settle::decide(context),
        Action::PutBack { .. } => put_back::decide(context),
        Action::Refresh => refresh::decide(context),
        Action::RotateAuthority { stage } => keys::decide_rotation(context, stage),
        Action::EndRotation => Ok(keys::decide_end(context)),
        Action::Renew => renew::decide(context),
        Action::ProveRenewed => renew::decide_proof(context),
        Action::ReturnCertificate => renew::decide_return(context),
        Action::Compact => maintain::decide_compact(context),
        Action::Measure => Ok(maintain::decide_measure(context)),
        Action::Defragment { turn } => maintain::decide_defragment(context, turn),
        Action::Disarm => maintain::decide_disarm(context),
        Action::SendSnapshot => restore::decide_send(context),
        Action::BuildStore => restore::decide_build(context),
        Action::PlaceStore => restore::decide_place(context),
        Action::DropSnapshot => restore::decide_drop(context),
        Action::Snapshot => snapshot::decide(context),
        Action::FetchSnapshot => snapshot::decide_fetch(context),
        Action::RecordSnapshot => snapshot::decide_record(context),
        Action::PruneSnapshots => Ok(snapshot::decide_prune(context)),
        Action::Verify => verify::decide(context),
        Action::Register { .. } => register::decide(context),
        Action::Unregister => unregister::decide(context),
    }
}
