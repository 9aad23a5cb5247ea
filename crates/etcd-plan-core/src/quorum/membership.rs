use std::collections::BTreeMap;
use std::fmt;

use super::Effect;

/// What a member counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vote {
    /// Whether it votes; a learner does not.
    pub votes: bool,
    /// Whether it is healthy: one that is down costs a vote as long as it is counted.
    pub is_well: bool,
}

/// The members of a cluster by their peer URLs, which a member has before it has an id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership(BTreeMap<String, Vote>);

impl Membership {
    /// Counts the voters.
    pub fn voters(&self) -> usize {
        self.0.values().filter(|member| member.votes).count()
    }

    /// Counts the voters that are healthy.
    pub fn well(&self) -> usize {
        let is_well = |member: &&Vote| member.votes && member.is_well;
        self.0.values().filter(is_well).count()
    }

    /// Gives how many votes a decision needs: more than half of the voters.
    pub fn quorum(&self) -> usize {
        self.voters() / 2 + 1
    }

    /// Says whether decisions are made. Without a voter there are none.
    pub fn has_quorum(&self) -> bool {
        self.well() >= self.quorum()
    }

    /// Says whether the cluster is of a size that bears no failure, and has none: a restart of one of
    /// one or two voters stops it for as long as that takes, however it is done.
    pub fn bears_none(&self) -> bool {
        self.voters() < 3 && self.well() == self.voters()
    }

    /// Gives a member.
    pub fn get(&self, peer_url: &str) -> Option<Vote> {
        self.0.get(peer_url).copied()
    }

    /// Gives what can be once an effect was begun: what is when it failed, and at the end what is when
    /// it succeeded.
    pub fn outcomes(&self, effect: &Effect) -> Vec<Self> {
        let with = |url: &String, change: &dyn Fn(&mut Vote)| {
            let mut after = self.clone();
            if let Some(member) = after.0.get_mut(url) {
                change(member);
            }
            after
        };
        match effect {
            Effect::Add(url) => {
                let mut added = self.clone();
                let learner = Vote {
                    votes: false,
                    is_well: false,
                };
                added.0.entry(url.clone()).or_insert(learner);
                vec![self.clone(), added]
            }
            Effect::Start(url) => vec![self.clone(), with(url, &|member| member.is_well = true)],
            Effect::Promote(url) => vec![self.clone(), with(url, &|member| member.votes = true)],
            Effect::Remove(url) => {
                let mut removed = self.clone();
                removed.0.remove(url);
                vec![self.clone(), removed]
            }
            Effect::Stop(url) => vec![with(url, &|member| member.is_well = false)],
            Effect::Restart(url) => vec![
                with(url, &|member| member.is_well = false),
                with(url, &|member| member.is_well = true),
            ],
        }
    }
}

impl FromIterator<(String, Vote)> for Membership {
    fn from_iter<T: IntoIterator<Item = (String, Vote)>>(members: T) -> Self {
        Self(members.into_iter().collect())
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (well, voters, quorum) = (self.well(), self.voters(), self.quorum());
        write!(
            f,
            "{well} of {voters} voters would be healthy, and a quorum is {quorum}"
        )
    }
}
