//! Members take on what the inventory says, one at a time: the seeds' "reload config".

use super::create;
use crate::plan::action::{Action, Barrier, Turn};
use crate::plan::file::{FileSet, MemberFile};
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
///
/// All members' hosts are locked. What etcd reads without a restart is put in place on all of them;
/// then the members whose effective configuration changed restart, one after the other, and at the
/// end the cluster is proved.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = create::lock(steps, gate);
    let refreshed = refresh(steps, locked);
    let last = restart_in_turn(steps, refreshed);
    prove(steps, &last);
}

/// Who is down and who leads is read just before each restart: see [`Turn`].
pub(super) fn restart_in_turn(
    steps: &mut ClusterSteps<'_, '_>,
    after: StepIndex,
) -> Vec<StepIndex> {
    let mut last = vec![after];
    for turn in Turn::ALL {
        for member in steps.selected() {
            last = restart(steps, At::Member(member), turn, &last);
        }
    }
    last
}

/// Members outside of the limit are asked too: a lead that was moved is told by all in the same way.
pub(super) fn prove(steps: &mut ClusterSteps<'_, '_>, last: &[StepIndex]) -> StepIndex {
    let ready: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::AwaitReady, last.to_vec()))
        .collect();
    steps.add(At::Controller, Action::Verify, ready)
}

/// Certificates are read at each new connection (facts.md S21), the environment by shells, and the
/// `initial-*` lines not again (S3). Whom etcd trusts it reads only when it starts: that is for the
/// restarts.
fn refresh(steps: &mut ClusterSteps<'_, '_>, locked: StepIndex) -> StepIndex {
    let authority = steps.add(At::Controller, Action::EnsureAuthority, [locked]);
    let mut ready = Vec::new();
    for member in steps.selected() {
        let at = At::Member(member);
        let issue = Action::IssueCertificate { member };
        let issued = steps.add(At::Controller, issue, [authority]);
        let files = FileSet::Cert;
        let staged = steps.add(at, Action::Stage { files }, [issued]);
        let promote = |file: &MemberFile| Action::Promote { file: *file };
        let read_again = |file: &&MemberFile| !file.needs_restart();
        for file in files.files().iter().filter(read_again) {
            ready.push(steps.add(at, promote(file), [staged]));
        }
        ready.push(steps.add(at, Action::Refresh, [locked]));
    }
    steps.barrier(Barrier::Staged, ready)
}

/// The next member waits until this one is back, and for what is done when it is not: nobody else
/// restarts then (design.md, rule 7).
pub(super) fn restart(
    steps: &mut ClusterSteps<'_, '_>,
    at: At,
    turn: Turn,
    last: &[StepIndex],
) -> Vec<StepIndex> {
    let before = last.iter().copied();
    let spared = steps.add(at, Action::Spare { turn }, before.clone());
    let restarted = steps.add(at, Action::Restart { turn }, [spared]);
    let settled = steps.add(at, Action::Settle { turn }, [restarted]);
    let put_back = steps.add(at, Action::PutBack { turn }, before.chain([settled]));
    vec![settled, put_back]
}
