//! What a run brings to a plan: what was observed, the time, and a token that was never used.

use std::collections::BTreeMap;

use crate::cert::{RotationFacts, UnixTime};
use crate::facts::{
    Basis, MemberFound, MemberQuestions, Missing, Observation, Situation, Standing,
};
use crate::names::{EtcdVersion, HostName};
use crate::op::{EtcdFacts, MemberFacts, ReadOp};
use crate::plan::{Goal, Plan, PurgeRule, Subtask};
use crate::spec::MemberSpec;

/// How many raft entries a follower may be behind that a snapshot is taken from: members are asked at
/// slightly different times.
const LAG_LITTLE: u64 = 1000;

/// What the engine gives to a run, since planning has neither clock nor dice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunInputs {
    /// The time at which the run began, in UTC, as it stands in names: `20261121T143000Z`.
    pub stamp: String,
    /// Random hexadecimal digits that no other run has.
    pub nonce: String,
    /// The time in seconds since 1970 UTC.
    pub now: i64,
    /// Who runs, for the lock: `user@machine, process 4711`.
    pub holder: String,
    /// For sandbox hosts, the folder that stands for `/`.
    pub roots: BTreeMap<HostName, String>,
}

/// Everything that a decision may depend on. It is the same for all steps of a run, but for what
/// was observed, which grows as steps are checked.
#[derive(Debug)]
pub struct RunContext<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What was observed.
    pub observation: &'a Observation,
    /// What the run brings.
    pub inputs: &'a RunInputs,
    /// What there was of each cluster before the first change.
    pub situations: &'a [Situation],
    /// From what each cluster is made anew, where the goal is that; it may be empty elsewhere.
    pub bases: &'a [Basis],
    /// Whether anything would change, for each cluster: one that is left alone is not locked.
    pub busy: &'a [bool],
}

impl<'a> RunContext<'a> {
    /// Gives what there was of a cluster.
    pub fn situation(&self, cluster: usize) -> &'a Situation {
        &self.situations[cluster]
    }

    /// Gives from what a cluster that has lost its quorum is made anew.
    pub fn basis(&self, cluster: usize) -> &'a Basis {
        self.bases.get(cluster).unwrap_or(&Basis::Nothing)
    }

    /// Says whether a member is to join a cluster that lives.
    pub fn is_joining(&self, cluster: usize, member: &MemberSpec) -> bool {
        self.plan.joins(cluster) && self.plan.selection().takes_host(&member.host.name)
    }

    /// Gives how far a rotation of a cluster's authority has come; none where that is not known.
    pub fn rotation(&self, cluster: usize) -> Option<&'a RotationFacts> {
        let keys = self.observation.keys.get(cluster)?;
        keys.rotation.as_ref()?.as_ref().ok()
    }

    /// Says whether the stage of a rotation that is planned is still to begin on the control machine: what
    /// members get with it is not there yet.
    pub fn rotates_next(&self, cluster: usize) -> bool {
        let options = self.plan.options().rotate;
        let stage = options.stage.filter(|_| self.plan.goal() == Goal::RotateCa);
        let now = UnixTime(self.inputs.now);
        stage.is_some_and(|stage| {
            self.rotation(cluster)
                .is_some_and(|facts| facts.is_due(stage, options.again, now))
        })
    }

    /// Says whether the stage of a rotation that is planned is the one that the members are to follow: it
    /// is to begin, or was begun last.
    pub fn follows_rotation(&self, cluster: usize) -> bool {
        let stage = self.plan.options().rotate.stage;
        let is_under_way =
            |facts: &RotationFacts| stage.is_some_and(|stage| facts.is_under_way(stage));
        self.rotates_next(cluster) || self.rotation(cluster).is_some_and(is_under_way)
    }

    /// Gives the version that a cluster's members are to go to; none where the goal is another one.
    pub fn target(&self, cluster: usize) -> Option<&'a EtcdVersion> {
        let spec = &self.plan.clusters()[cluster];
        let is_upgrade = self.plan.goal() == Goal::Upgrade;
        spec.settings
            .package
            .version
            .value
            .as_ref()
            .filter(|_| is_upgrade)
    }

    /// Says whether what a cluster holds is saved, where the plan has steps for that: before an upgrade
    /// that has nothing to do it is not, nor where a recovery goes on from what was saved before.
    pub fn saves(&self, cluster: usize) -> bool {
        if self.plan.goal() == Goal::Recover {
            return matches!(self.basis(cluster), Basis::Survivor { .. });
        }
        let Some(target) = self.target(cluster) else {
            return true;
        };
        let spec = &self.plan.clusters()[cluster];
        let selection = self.plan.selection();
        let mut members = spec.members.iter();
        members.any(|member| {
            let facts = self.observation.facts(&member.host.name).ok();
            let package = facts.and_then(|facts| facts.package(&ReadOp::Package).ok());
            let installed = package.and_then(|package| package.etcd.clone());
            // One that stands still runs on what is installed.
            let runs = crate::action::running(spec, member, self.observation);
            let versions = [installed.clone(), runs.or(installed)];
            let is_met = |found: &Option<EtcdVersion>| {
                found.as_ref().is_some_and(|found| target.is_met_by(found))
            };
            !versions.iter().all(is_met) && selection.takes_host(&member.host.name)
        })
    }

    /// Gives the member that a snapshot of a cluster is taken from: of the voters that are selected
    /// and answer a linearizable read, the first that follows and has about as much of the log as the
    /// others, or else the one that leads; none where nobody answers. Where there is no quorum, it is
    /// the survivor that was chosen.
    pub fn snapshot_source(&self, cluster: usize) -> Option<&'a MemberSpec> {
        let spec = &self.plan.clusters()[cluster];
        if self.plan.goal() == Goal::Recover {
            let Basis::Survivor { member, .. } = self.basis(cluster) else {
                return None;
            };
            return spec.members.iter().find(|known| known.name == *member);
        }
        let selection = self.plan.selection();
        let answers = spec.members.iter().filter_map(|member| {
            let facts = self.observation.facts(&member.host.name).ok()?;
            let said = MemberQuestions::new(spec, member).last_said(facts).ok()?;
            let status = said.status.as_ref().filter(|status| !status.is_learner)?;
            said.can_be_read().then_some((member, status))
        });
        let answers: Vec<_> = answers.collect();
        let furthest = answers.iter().map(|(_, status)| status.raft_index).max()?;
        let selected = || {
            let mut answers = answers.iter();
            std::iter::from_fn(move || answers.next())
                .filter(|(member, _)| selection.takes_host(&member.host.name))
        };
        let follower = selected().find(|(_, status)| {
            status.leader != status.member_id && status.raft_index + LAG_LITTLE >= furthest
        });
        let other = || selected().max_by_key(|(_, status)| status.raft_index);
        follower.or_else(other).map(|(member, _)| *member)
    }

    /// Gives the members that a cluster which is joined lists now: those that the member says
    /// through which the others join, or else another one that is healthy.
    ///
    /// # Errors
    ///
    /// When no healthy member says it.
    pub fn listed(&self, cluster: usize) -> Result<&'a [MemberFacts], Missing> {
        self.speaker(cluster).map(|etcd| &*etcd.members)
    }

    /// Gives all that the member says by whose list a cluster is judged: see [`RunContext::listed`].
    ///
    /// # Errors
    ///
    /// When no healthy member says it.
    pub fn speaker(&self, cluster: usize) -> Result<&'a EtcdFacts, Missing> {
        let spec = &self.plan.clusters()[cluster];
        let sponsor = self.plan.sponsor(cluster).into_iter();
        for member in sponsor.chain(&spec.members) {
            let asks = MemberQuestions::new(spec, member);
            let facts = self.observation.facts(&member.host.name);
            if let Ok(etcd) = facts.and_then(|facts| asks.last_said(facts))
                && etcd.healthy
                && !etcd.members.is_empty()
            {
                return Ok(etcd);
            }
        }
        Err(Missing {
            why: format!("no member of {} is healthy", spec.name),
        })
    }

    /// Gives the member through which others are removed: the first voter that stays and is healthy.
    /// One of which nothing is known any more, since it was just asked to, stays the one. Where nobody
    /// stays who was there before, it is the first that joins.
    pub fn remover(&self, cluster: usize) -> Option<&'a MemberSpec> {
        let spec = &self.plan.clusters()[cluster];
        let well = spec.voters().find(|member| {
            let facts = self.observation.facts(&member.host.name).ok();
            let said = facts.map(|facts| MemberQuestions::new(spec, member).last_said(facts));
            said.is_some_and(|said| said.map_or(true, |said| said.healthy))
        });
        let mut all_join = spec.voters();
        let all_join = all_join.all(|member| self.is_joining(cluster, member));
        well.or_else(|| spec.voters().next().filter(|_| all_join))
    }

    /// Says whether a member is to leave the cluster.
    pub fn is_leaving(&self, cluster: usize, member: &MemberSpec) -> bool {
        let mut leaving = self.plan.clusters()[cluster].leaving.iter();
        leaving.any(|leaver| leaver.member.as_ref() == Some(member))
    }

    /// Says how a member stands in a cluster that is joined.
    ///
    /// # Errors
    ///
    /// When no healthy member says it.
    pub fn standing(&self, cluster: usize, member: &MemberSpec) -> Result<Standing, Missing> {
        let peer_url = self.plan.clusters()[cluster].peer_url(member);
        Ok(Standing::of(&peer_url, self.listed(cluster)?))
    }

    /// Says whether the cluster is to work with a member: with all of them, but for those that are
    /// neither members of a cluster that is joined nor to become members now.
    pub fn takes_part(&self, cluster: usize, member: &MemberSpec) -> bool {
        !self.plan.joins(cluster)
            || self.is_joining(cluster, member)
            || self
                .standing(cluster, member)
                .is_ok_and(|standing| standing != Standing::Unlisted)
    }

    /// Says whether what is there of a member is taken away: with the whole cluster, because it leaves,
    /// or because it stands in the way of a join. Data that an earlier try has left is of no use to a member that
    /// the cluster does not know, or has not seen start (facts.md S6 and S7).
    ///
    /// # Errors
    ///
    /// When a fact is not known.
    pub fn takes_away(&self, cluster: usize, member: &MemberSpec) -> Result<bool, Missing> {
        if self.is_leaving(cluster, member) {
            return Ok(true);
        }
        if !self.plan.joins(cluster) {
            return Ok(self.purges(cluster));
        }
        if !self.is_joining(cluster, member) {
            return Ok(false);
        }
        let spec = &self.plan.clusters()[cluster];
        Ok(match self.standing(cluster, member)? {
            Standing::Unlisted => true,
            Standing::Unstarted(_) => {
                !MemberFound::of(spec, member, self.observation)?.is_being_built()
            }
            Standing::Learner(_) | Standing::Voter(_) => false,
        })
    }

    /// Says whether what is there of a cluster is taken away.
    pub fn purges(&self, cluster: usize) -> bool {
        if self.plan.joins(cluster)
            || self.plan.goal().leaves_what_is_there()
            || self.recovers_nothing(cluster)
        {
            return false;
        }
        match self.situation(cluster) {
            Situation::Absent => false,
            Situation::Present { .. } => self.plan.purge_rule() == PurgeRule::Always,
            Situation::Unfinished | Situation::Remains { .. } => true,
        }
    }

    /// Says whether a cluster is made new.
    pub fn builds(&self, cluster: usize) -> bool {
        let is_there = matches!(self.situation(cluster), Situation::Present { .. });
        let goal = self.plan.goal();
        if goal.leaves_what_is_there() || goal == Goal::Destroy || self.recovers_nothing(cluster) {
            return false;
        }
        let takes = |subtask| self.plan.selection().takes(subtask);
        !self.plan.joins(cluster) && takes(Subtask::Launch) && (!is_there || self.purges(cluster))
    }

    /// Says whether the goal is to recover a cluster, and there is nothing to recover it from: that which a
    /// run was about to make when it was cut off works already, and is left to be finished.
    fn recovers_nothing(&self, cluster: usize) -> bool {
        self.plan.goal() == Goal::Recover && *self.basis(cluster) == Basis::Nothing
    }

    /// Gives the token of a cluster: a new one for each build, since with an old one and old peer
    /// URLs a member that missed the purge would speak to the new cluster (design.md, rule 6);
    /// else the one that is there.
    pub fn token(&self, cluster: usize) -> String {
        let spec = &self.plan.clusters()[cluster];
        let new = || format!("{}-{}-{}", spec.name, self.inputs.stamp, self.inputs.nonce);
        if self.builds(cluster) {
            return new();
        }
        if let Situation::Present { token, .. } = self.situation(cluster) {
            return token.clone();
        }
        let token_of = |member| {
            MemberFound::of(spec, member, self.observation)
                .ok()?
                .conf?
                .token
        };
        // What a failed join has left on its host may be of another making.
        if let Some(token) = self.plan.sponsor(cluster).and_then(token_of) {
            return token;
        }
        let mut found = spec.members.iter().filter_map(token_of);
        match found.next() {
            Some(first) if found.all(|other| other == first) => first,
            _ => new(),
        }
    }
}

/// Gives a time as it stands in names, `20261121T143000Z`, in UTC: such texts sort by time.
pub fn stamp_of(unix_seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(unix_seconds)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    time.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::stamp_of;

    #[test]
    fn stamps_sort_by_time() {
        assert_eq!(stamp_of(1_795_271_400), "20261121T143000Z");
        assert!(stamp_of(0) < stamp_of(1_795_271_400));
    }
}
