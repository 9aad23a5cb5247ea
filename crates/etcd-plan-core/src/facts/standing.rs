use crate::names::EtcdId;
use crate::op::MemberFacts;

/// How a member stands in the list of a cluster that lives. It is known there by its peer URL: a
/// name it has only once it has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The cluster does not know it.
    Unlisted,
    /// It was added, by a run or by hand, and has never started.
    Unstarted(EtcdId),
    /// It has started, and has no vote.
    Learner(EtcdId),
    /// It has started, and votes.
    Voter(EtcdId),
}

impl Standing {
    /// Finds a member in the list.
    pub fn of(peer_url: &str, listed: &[MemberFacts]) -> Self {
        let mut listed = listed.iter();
        match listed.find(|known| known.peer_urls.iter().any(|url| url == peer_url)) {
            None => Self::Unlisted,
            Some(known) if known.client_urls.is_empty() => Self::Unstarted(known.id),
            Some(known) if known.is_learner => Self::Learner(known.id),
            Some(known) => Self::Voter(known.id),
        }
    }

    /// Gives the member's id, where it has one.
    pub fn id(self) -> Option<EtcdId> {
        match self {
            Self::Unlisted => None,
            Self::Unstarted(id) | Self::Learner(id) | Self::Voter(id) => Some(id),
        }
    }
}
