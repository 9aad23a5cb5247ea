use std::cmp::Reverse;

use super::{Action, Plan, Step, StepIndex};

/// The chain of steps that decides how long a run takes at the least.
#[derive(Debug, Clone)]
pub struct CriticalPath<'a> {
    /// The steps, in order.
    pub steps: Vec<Step<'a>>,
    /// The sum of what its steps cost.
    pub cost_ms: u64,
}

impl Plan {
    /// Finds the longest chain of steps that wait for each other, weighted with what each kind of
    /// step costs as a rule.
    pub fn critical_path(&self) -> CriticalPath<'_> {
        let mut cost = vec![0u64; self.len()];
        let mut from: Vec<Option<StepIndex>> = vec![None; self.len()];
        for index in &self.order {
            // The first of equals, so that the same plan has the same path.
            let longest = self
                .before(*index)
                .map(|step| step.index)
                .min_by_key(|before| (Reverse(cost[before.get()]), *before));
            let upto = longest.map_or(0, |before| cost[before.get()]);
            cost[index.get()] = upto + usual_cost_ms(self.node(*index).action);
            from[index.get()] = longest;
        }
        let mut at = self
            .order
            .iter()
            .copied()
            .min_by_key(|index| (Reverse(cost[index.get()]), *index));
        let cost_ms = at.map_or(0, |index| cost[index.get()]);
        let mut steps = Vec::new();
        while let Some(index) = at {
            steps.push(self.step(index));
            at = from[index.get()];
        }
        steps.reverse();
        CriticalPath { steps, cost_ms }
    }
}

/// Finds the chain of steps that decided how long a run took, by position and in order: from the
/// step that ended last, each time back to that one of those it waited for which ended last.
///
/// `times` are begin and end of each step, in milliseconds since the run began, both the same where
/// a step took no time; none for steps that are to be left out, since they did not end well or ill.
/// `before` gives the positions of the steps that one waits for.
pub(crate) fn decisive_chain<'a>(
    times: &[Option<(u64, u64)>],
    before: impl Fn(usize) -> &'a [usize],
) -> Vec<usize> {
    // Of those that ended together the one that took longest, and then the first.
    let key = |at: &usize| times[*at].map(|(began, ended)| (ended, ended - began, Reverse(*at)));
    let mut chain = Vec::new();
    let mut next = (0..times.len()).max_by_key(key);
    while let Some(at) = next.filter(|at| times[*at].is_some()) {
        chain.push(at);
        next = before(at).iter().copied().max_by_key(key);
    }
    chain.reverse();
    chain
}

/// What a step of this kind takes as a rule, in milliseconds (facts.md sections 1 and 4): only the
/// proportions matter.
fn usual_cost_ms(action: Action) -> u64 {
    match action {
        Action::Assert
        | Action::Judge { .. }
        | Action::Gate
        | Action::Await { .. }
        | Action::Verify => 0,
        Action::Promote { .. }
        | Action::RotateAuthority { .. }
        | Action::Renew
        | Action::ReturnCertificate
        | Action::EndRotation
        | Action::EnsureAuthority
        | Action::IssueCertificate { .. }
        | Action::MakeFolders
        | Action::Lock
        | Action::Mark
        | Action::Unmark
        | Action::TakeBack { .. }
        | Action::Withdraw
        | Action::RemoveMember { .. }
        | Action::PutBack { .. }
        | Action::Spare { .. }
        | Action::Measure
        | Action::PlaceStore
        | Action::DropSnapshot
        | Action::Disarm
        | Action::RecordSnapshot
        | Action::PruneSnapshots
        | Action::Unregister
        | Action::Register { .. } => 1,
        Action::Stage { .. } | Action::Purge | Action::Refresh => 5,
        Action::ReadFacts => 150,
        Action::Install | Action::Fetch => 3000,
        Action::Stop
        | Action::SendSnapshot
        | Action::BuildStore
        | Action::Compact
        | Action::Defragment { .. }
        | Action::Snapshot
        | Action::FetchSnapshot => 1000,
        Action::Launch => 50,
        Action::AwaitReady | Action::AwaitLearner | Action::AwaitVoter => 500,
        Action::ProveRenewed => 100,
        // Of all turns that a member could take it takes one, if any.
        Action::Restart { .. } | Action::Settle { .. } => 200,
        Action::AddMember { .. } | Action::PromoteMember { .. } => 5000,
    }
}

#[cfg(test)]
mod tests {
    use super::decisive_chain;

    #[test]
    fn the_chain_goes_back_to_what_ended_last_each_time() {
        // 0 is waited for by 1 and 2, and these by 3, which 4 does not wait for.
        let before: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[0]];
        let times = [
            Some((0, 10)),
            Some((10, 40)),
            Some((10, 70)),
            Some((70, 90)),
            Some((10, 20)),
        ];
        assert_eq!(decisive_chain(&times, |at| before[at]), [0, 2, 3]);
    }

    #[test]
    fn what_did_not_end_is_in_no_chain() {
        let before: [&[usize]; 3] = [&[], &[0], &[1]];
        let times = [Some((0, 10)), Some((10, 30)), None];
        assert_eq!(decisive_chain(&times, |at| before[at]), [0, 1]);
        assert!(decisive_chain(&[], |_| &[]).is_empty());
    }
}
