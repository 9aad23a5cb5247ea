//! Members are added to a cluster that lives: the seeds' "More Nodes".

use super::{Goal, create};
use crate::plan::action::{Action, Barrier};
use crate::plan::file::{FileSet, MemberFile};
use crate::plan::options::Selection;
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;
use crate::plan::subtask::Subtask;
use crate::spec::{ClusterSpec, InitialState};

/// Says whether the selected members of a cluster are to join it while it lives: that is asked for
/// by the goal or by `etcd_init`, some members are left out of the limit, and members are started.
pub(in crate::plan) fn is_planned(goal: Goal, selection: &Selection, spec: &ClusterSpec) -> bool {
    let is_asked_for = match goal {
        Goal::Join | Goal::Replace => true,
        Goal::Create => *spec.settings.guards.init == InitialState::Existing,
        Goal::Rebuild
        | Goal::Reload
        | Goal::Upgrade
        | Goal::Remove
        | Goal::Destroy
        | Goal::Backup
        | Goal::Maintain
        | Goal::Restore
        | Goal::RotateCerts
        | Goal::RotateCa
        | Goal::Recover => false,
    };
    is_asked_for && selection.takes(Subtask::Launch) && sponsor(selection, spec).is_some()
}

/// Gives the place of the first voter that the limit leaves out: membership is changed from its
/// host, so that it can be changed back when a new host is lost. Where a new member takes the place
/// of the only one, that is the one that is to leave.
pub(in crate::plan) fn sponsor(selection: &Selection, spec: &ClusterSpec) -> Option<At> {
    let mut members = (0..).zip(&spec.members);
    let stays = members.find(|(_, m)| !m.learner && !selection.takes_host(&m.host.name));
    let mut leaving = (0..).zip(&spec.leaving);
    match stays {
        Some((position, _)) => Some(At::Member(position)),
        None => {
            let (position, _) = leaving.find(|(_, leaver)| leaver.on_host().is_some())?;
            Some(At::Leaving(position))
        }
    }
}

/// Adds the steps for a cluster.
///
/// All members' hosts are locked. What the new ones need is made ready on all of them; then they
/// join one after the other, each as a learner that is promoted once it has caught up, and is taken
/// out again when it does not come. At the end every member learns who the others are, and the
/// cluster is proved.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let mut last = make_ready(steps, locked);
    for member in steps.selected() {
        last = join(steps, member, last);
    }
    finish(steps, &last);
}

/// The package and the certificates need nothing of the cluster; the configuration names its
/// members, and comes later.
pub(super) fn make_ready(steps: &mut ClusterSteps<'_, '_>, locked: StepIndex) -> Vec<StepIndex> {
    let authority = steps.add(At::Controller, Action::EnsureAuthority, [locked]);
    let mut ready = Vec::new();
    for member in steps.selected() {
        let at = At::Member(member);
        let installed = steps.add(at, Action::Install, [locked]);
        let issue = Action::IssueCertificate { member };
        let issued = steps.add(At::Controller, issue, [authority]);
        let files = FileSet::Cert;
        ready.push(steps.add(at, Action::Stage { files }, [installed, issued]));
    }
    vec![steps.barrier(Barrier::Staged, ready)]
}

/// Nothing is added before its host is ready, and the next one not before this one has its vote
/// (design.md, rule 8).
pub(super) fn join(
    steps: &mut ClusterSteps<'_, '_>,
    member: u32,
    last: impl IntoIterator<Item = StepIndex>,
) -> Vec<StepIndex> {
    let (at, sponsor) = (At::Member(member), steps.sponsor());
    let promote = |file: &MemberFile| Action::Promote { file: *file };

    let stopped = steps.add(at, Action::Stop, last);
    let purged = steps.add(at, Action::Purge, [stopped]);
    let mut ready = vec![steps.add(at, Action::MakeFolders, [purged])];
    for file in FileSet::Cert.files() {
        ready.push(steps.add(at, promote(file), [purged]));
    }
    let added = steps.add(sponsor, Action::AddMember { member }, ready);
    let files = FileSet::Conf;
    let staged = steps.add(at, Action::Stage { files }, [added]);
    let mut placed = vec![steps.add(at, Action::Mark, [added])];
    for file in files.files() {
        placed.push(steps.add(at, promote(file), [staged]));
    }
    let launched = steps.add(at, Action::Launch, placed);
    let learns = steps.add(at, Action::AwaitLearner, [launched]);
    let promoted = steps.add(sponsor, Action::PromoteMember { member }, [learns]);
    let taken_back = steps.add(sponsor, Action::TakeBack { member }, [added, promoted]);
    let withdrawn = steps.add(at, Action::Withdraw, [taken_back]);
    vec![promoted, withdrawn]
}

/// The members that were there get files that name the new ones; etcd reads that part of them only
/// when it makes its data, so none restarts.
pub(super) fn finish(steps: &mut ClusterSteps<'_, '_>, joined: &[StepIndex]) {
    let mut ready = Vec::new();
    for member in steps.members() {
        let at = At::Member(member);
        let refreshed = steps.add(at, Action::Refresh, joined.iter().copied());
        ready.push(steps.add(at, Action::AwaitReady, [refreshed]));
    }
    let verified = steps.add(At::Controller, Action::Verify, ready);
    for member in steps.selected() {
        steps.add(At::Member(member), Action::Unmark, [verified]);
    }
    for infra in steps.infra() {
        for member in steps.selected() {
            steps.add(infra, Action::Register { member }, [verified]);
        }
        steps.add(infra, Action::Unregister, [verified]);
    }
}
