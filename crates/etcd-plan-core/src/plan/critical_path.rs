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
                .min_by_key(|before| (std::cmp::Reverse(cost[before.get()]), *before));
            let upto = longest.map_or(0, |before| cost[before.get()]);
            cost[index.get()] = upto + usual_cost_ms(self.node(*index).action);
            from[index.get()] = longest;
        }
        let mut at = self
            .order
            .iter()
            .copied()
            .min_by_key(|index| (std::cmp::Reverse(cost[index.get()]), *index));
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
        | Action::EnsureAuthority
        | Action::IssueCertificate { .. }
        | Action::MakeFolders
        | Action::Lock
        | Action::Mark
        | Action::Unmark
        | Action::TakeBack { .. }
        | Action::Withdraw
        | Action::PutBack { .. }
        | Action::Measure
        | Action::Disarm
        | Action::RecordSnapshot
        | Action::PruneSnapshots
        | Action::Unregister
        | Action::Register { .. } => 1,
        Action::Stage { .. } | Action::Purge | Action::Refresh => 5,
        Action::ReadFacts => 150,
        Action::Install => 3000,
        Action::Stop
        | Action::Compact
        | Action::Defragment { .. }
        | Action::Snapshot
        | Action::FetchSnapshot => 1000,
        Action::Launch => 50,
        Action::AwaitReady | Action::AwaitLearner => 500,
        // Of all turns that a member could take it takes one, if any.
        Action::Restart { .. } | Action::Settle { .. } => 200,
        Action::AddMember { .. } | Action::PromoteMember { .. } => 5000,
    }
}
