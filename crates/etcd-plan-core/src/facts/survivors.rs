//! What is left of a cluster that has lost its quorum, and from which part of that a new one is made.

use super::{FoundConf, MemberFound, MemberQuestions, Observation};
use crate::backup::Manifest;
use crate::names::{EtcdId, MemberName};
use crate::op::EndpointStatus;
use crate::plan::{Goal, Plan, RestoreOptions};
use crate::spec::{ClusterSpec, MemberSpec};

/// From what a new cluster is made: chosen once, by what was read before the first change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Basis {
    /// From nothing: the goal is another one, a member answers with a quorum, or nobody holds anything.
    #[default]
    Nothing,
    /// From what this member holds.
    Survivor {
        /// Its name.
        member: MemberName,
        /// Whether it answers for itself; else its database is copied.
        answers: bool,
    },
    /// From the snapshot that a run took which was cut off; it lies on the control machine.
    Taken(Box<Manifest>),
}

impl Basis {
    /// Chooses the basis of a cluster.
    ///
    /// What an earlier run has taken counts like a survivor, and goes before one that holds no more: of
    /// those that it was chosen from some may be gone by now.
    pub fn of(plan: &Plan, cluster: usize, observation: &Observation) -> Self {
        if plan.goal() != Goal::Recover {
            return Self::Nothing;
        }
        let found = Survivors::of(&plan.clusters()[cluster], observation);
        if !found.serving.is_empty() {
            return Self::Nothing;
        }
        let best = found.best();
        let held = best.and_then(|best| best.revision);
        match found.note.clone() {
            Some(note) if held <= Some(note.revision) => {
                let read = observation.snapshot.as_ref();
                let is_it = read.is_some_and(|read| {
                    read.as_ref()
                        .is_ok_and(|read| (read.size, &read.sha256) == (note.size, &note.sha256))
                });
                match best {
                    _ if is_it => Self::Taken(Box::new(note)),
                    Some(best) if held == Some(note.revision) => best.into(),
                    _ => Self::Nothing,
                }
            }
            _ => best.map_or(Self::Nothing, Self::from),
        }
    }
}

impl From<&Survivor<'_>> for Basis {
    fn from(best: &Survivor<'_>) -> Self {
        Self::Survivor {
            member: best.member.name.clone(),
            answers: best.status.is_some(),
        }
    }
}

/// Gives the snapshot on the control machine that a run which was cut off has taken, by what it has noted
/// on hosts: absolute, or relative to the folder of the run.
pub fn noted_snapshot(plan: &Plan, observation: &Observation) -> Option<String> {
    let [spec] = plan.clusters() else { return None };
    let recovers = plan.goal() == Goal::Recover;
    let note = recovers.then(|| Survivors::of(spec, observation).note)??;
    Some(note.kept_at)
}

/// What was found of a cluster that may have lost its quorum. A host that could not be read is left out.
#[derive(Debug)]
pub struct Survivors<'a> {
    /// The members that hold data of the cluster.
    pub holding: Vec<Survivor<'a>>,
    /// The members that know a leader, or answer a linearizable read.
    pub serving: Vec<&'a MemberSpec>,
    /// The snapshot that a run of the goal `recover` took which was cut off: the best of those that hosts
    /// have a note of.
    pub note: Option<Manifest>,
}

/// A member that holds data of its cluster.
#[derive(Debug)]
pub struct Survivor<'a> {
    /// Which.
    pub member: &'a MemberSpec,
    /// The revision of its store; none when that could not be read.
    pub revision: Option<u64>,
    /// What it says of itself; none when it does not answer.
    pub status: Option<&'a EndpointStatus>,
    /// Its configuration, as far as there is one.
    pub conf: FoundConf,
}

impl<'a> Survivors<'a> {
    /// Gathers what is left of a cluster.
    pub fn of(spec: &'a ClusterSpec, observation: &'a Observation) -> Self {
        let mut gathered = Self {
            holding: Vec::new(),
            serving: Vec::new(),
            note: best_note(spec, observation),
        };
        let members: Vec<Seen<'a>> = spec
            .members
            .iter()
            .filter_map(|member| Seen::of(spec, member, observation))
            .collect();
        let note = gathered.note.as_ref();
        // The cluster that the run was about to make has come up, was used, and is lost again: its members
        // are survivors like others, and the note is of the one before.
        let serves = members.iter().any(Seen::serves);
        if !serves && members.iter().any(|seen| seen.is_used_since(note)) {
            gathered.note = None;
        }
        for seen in members {
            if seen.serves() {
                gathered.serving.push(seen.member);
            }
            if seen.holds() && !seen.is_remains(gathered.note.as_ref()) {
                gathered.holding.push(seen.into_survivor());
            }
        }
        gathered
    }

    /// Gives the survivor that holds most.
    ///
    /// Whatever one member knows to be decided is the beginning of what any other does, so the highest
    /// revision holds all that the others hold. The raft term says nothing of that: one that is alone
    /// raises its own. Of equals one that answers is better than one whose database is copied.
    pub fn best(&self) -> Option<&Survivor<'a>> {
        let rank = |survivor: &&Survivor<'a>| {
            let applied = survivor.status.map(|status| status.raft_applied_index);
            (survivor.revision, applied)
        };
        let readable = self.holding.iter().filter(|held| held.revision.is_some());
        // The last of equals is given: so the first member is the last to be looked at.
        readable.rev().max_by_key(rank)
    }
}

/// What was seen of a member.
struct Seen<'a> {
    member: &'a MemberSpec,
    found: MemberFound,
    status: Option<&'a EndpointStatus>,
    held: Option<u64>,
}

impl<'a> Seen<'a> {
    fn of(
        spec: &'a ClusterSpec,
        member: &'a MemberSpec,
        observation: &'a Observation,
    ) -> Option<Self> {
        let asks = MemberQuestions::new(spec, member);
        let facts = observation.facts(&member.host.name).ok()?;
        let said = facts.etcd(&asks.etcd()).ok();
        let held = facts.held_revision(&asks.held_revision()).ok();
        Some(Self {
            member,
            found: MemberFound::of(spec, member, observation).ok()?,
            status: said.and_then(|said| said.status.as_ref()),
            held: held.copied().flatten(),
        })
    }

    fn serves(&self) -> bool {
        let leader = self.status.map(|status| status.leader);
        self.found.etcd.healthy || leader.is_some_and(|leader| leader != EtcdId(0))
    }

    fn holds(&self) -> bool {
        self.status.is_some() || self.found.data.wal
    }

    /// Says whether it was made by a run that was cut off, and never proved: by that run's mark, or because
    /// a store is there without a configuration, which comes after it.
    fn is_new(&self, note: Option<&Manifest>) -> bool {
        let is_bare = self.found.data.wal && self.found.conf.is_none();
        self.found.is_being_built() || (is_bare && note.is_some())
    }

    /// Says whether it was made of the noted snapshot, and holds more than that.
    fn is_used_since(&self, note: Option<&Manifest>) -> bool {
        let (Some(status), Some(note)) = (self.status, note) else {
            return false;
        };
        let as_made = [note.revision, note.revision + RestoreOptions::BUMP];
        self.is_new(Some(note)) && !as_made.contains(&status.revision)
    }

    /// Says whether it holds nothing but what a run that was cut off has put there: of a recovery, or of
    /// a new cluster, which was never written to.
    fn is_remains(&self, note: Option<&Manifest>) -> bool {
        let is_blank = self.status.is_none() && self.held <= Some(1);
        self.is_new(note) && (note.is_some() || is_blank)
    }

    fn into_survivor(self) -> Survivor<'a> {
        Survivor {
            member: self.member,
            revision: self.status.map(|status| status.revision).or(self.held),
            status: self.status,
            conf: self.found.conf.unwrap_or_default(),
        }
    }
}

/// Gives the best of the snapshots that a run which was cut off has noted on hosts.
fn best_note(spec: &ClusterSpec, observation: &Observation) -> Option<Manifest> {
    let notes = spec.members.iter().filter_map(|member| {
        let facts = observation.facts(&member.host.name).ok()?;
        let asks = MemberQuestions::new(spec, member);
        let note = facts.bytes(&asks.recovery_note()).ok()?.as_ref()?;
        Manifest::from_json(note).ok()
    });
    let ours = notes.filter(|note| note.cluster == spec.name);
    ours.max_by_key(|note| (note.revision, note.taken_at_unix))
}
