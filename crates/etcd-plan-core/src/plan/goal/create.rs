//! A cluster is built, or brought to what the inventory says: the seeds' `etcd.yml`.

use crate::plan::action::{Action, Barrier};
use crate::plan::file::FileSet;
use crate::plan::step::{At, StepIndex};
use crate::plan::steps::ClusterSteps;

/// Adds the steps for a cluster.
///
/// Hosts are locked and read again; package, certificates and files are made ready; only then is
/// what is in the way stopped, everywhere, and moved aside; files go to their places; members start;
/// the cluster is proved; members are registered.
pub(super) fn plan(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) {
    let locked = lock(steps, gate);
    let staged = make_ready(steps, locked);
    let down = stop(steps, staged);
    let placed = place(steps, down, false);
    let verified = start(steps, placed);
    finish(steps, verified);
}

/// The hosts of the members are locked. Those of group `infra`, which many clusters may share, need
/// not be: what is written there is named after members, and a member's host is locked.
pub(super) fn lock(steps: &mut ClusterSteps<'_, '_>, gate: StepIndex) -> StepIndex {
    let members = steps.members().map(At::Member);
    let locks: Vec<_> = members
        .chain(steps.leaving())
        .map(|at| steps.add(at, Action::Lock, [gate]))
        .collect();
    steps.barrier(Barrier::Locked, locks)
}

/// Nothing is taken away before its replacement is known to be good (design.md, rule 5).
pub(super) fn make_ready(steps: &mut ClusterSteps<'_, '_>, locked: StepIndex) -> StepIndex {
    let authority = steps.add(At::Controller, Action::EnsureAuthority, [locked]);
    let mut ready = Vec::new();
    for member in steps.members() {
        let at = At::Member(member);
        let installed = steps.add(at, Action::Install, [locked]);
        let issued = steps.add(
            At::Controller,
            Action::IssueCertificate { member },
            [authority],
        );
        ready.push(steps.add(
            at,
            Action::Stage {
                files: FileSet::Conf,
            },
            [installed],
        ));
        ready.push(steps.add(
            at,
            Action::Stage {
                files: FileSet::Cert,
            },
            [installed, issued],
        ));
    }
    steps.barrier(Barrier::Staged, ready)
}

/// All old members are down before the first new one starts (design.md, rule 6).
pub(super) fn stop(steps: &mut ClusterSteps<'_, '_>, staged: StepIndex) -> StepIndex {
    let stops: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Stop, [staged]))
        .collect();
    steps.barrier(Barrier::Down, stops)
}

/// Every host has its files before the first member starts: a run that is cut off after that finds
/// on every host which cluster it is of. Stores that were made before go to their places with them.
pub(super) fn place(
    steps: &mut ClusterSteps<'_, '_>,
    down: StepIndex,
    has_stores: bool,
) -> StepIndex {
    let mut placed = Vec::new();
    for member in steps.members() {
        let at = At::Member(member);
        let mut purged = steps.add(at, Action::Purge, [down]);
        // A store that was made meets no configuration before its note is there: so what a cut leaves
        // is never taken for a member of the cluster that was.
        if has_stores {
            let store = steps.add(at, Action::PlaceStore, [purged]);
            purged = steps.add(at, Action::Mark, [store]);
        }
        placed.push(steps.add(at, Action::MakeFolders, [purged]));
        for file in FileSet::ALL.into_iter().flat_map(FileSet::files) {
            placed.push(steps.add(at, Action::Promote { file: *file }, [purged]));
        }
        if !has_stores {
            placed.push(steps.add(at, Action::Mark, [purged]));
        }
    }
    steps.barrier(Barrier::Placed, placed)
}

/// The first start is parallel, since a member is ready only once there is a quorum (rule 7).
pub(super) fn start(steps: &mut ClusterSteps<'_, '_>, placed: StepIndex) -> StepIndex {
    let launches: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::Launch, [placed]))
        .collect();
    let started = steps.barrier(Barrier::Started, launches);
    let ready: Vec<_> = steps
        .members()
        .map(|member| steps.add(At::Member(member), Action::AwaitReady, [started]))
        .collect();
    steps.add(At::Controller, Action::Verify, ready)
}

/// The note goes, and Prometheus learns who is there: what the last steps are is given.
pub(super) fn finish(steps: &mut ClusterSteps<'_, '_>, verified: StepIndex) -> Vec<StepIndex> {
    let mut last = Vec::new();
    for member in steps.members() {
        last.push(steps.add(At::Member(member), Action::Unmark, [verified]));
    }
    for infra in steps.infra() {
        for member in steps.members() {
            last.push(steps.add(infra, Action::Register { member }, [verified]));
        }
        last.push(steps.add(infra, Action::Unregister, [verified]));
    }
    last
}
