use std::collections::BTreeSet;

use etcd_plan::core::cert::RotationStage;
use etcd_plan::plan::{Plan, PlanBuilder, PlanError, Subtask};
use etcd_plan::{Goal, Inventory};
use proptest::prelude::*;

/// What somebody asks of an inventory: a goal, tags, and a limit.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The goal.
    pub goal: Goal,
    /// As `-t` has it.
    pub tags: Vec<Subtask>,
    /// As `--skip-tags` has it.
    pub skip_tags: Vec<Subtask>,
    /// Which hosts the limit takes, by their position; none for no limit.
    limit: Option<Vec<bool>>,
}

impl Asked {
    /// Says whether members are to leave: those on the hosts that the limit takes, or the first.
    pub fn leaves(&self) -> bool {
        matches!(self.goal, Goal::Remove | Goal::Replace)
    }

    /// Gives the hosts that the limit takes.
    pub fn limit(&self, hosts: &[String]) -> Option<BTreeSet<String>> {
        let taken = self.limit.as_ref()?;
        let taken = hosts.iter().zip(taken.iter().cycle());
        Some(
            taken
                .filter(|(_, is)| **is)
                .map(|(host, _)| host.clone())
                .collect(),
        )
    }

    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// When there is none: the limit takes no member.
    pub fn plan(&self, inventory: &Inventory, hosts: &[String]) -> Result<Plan, PlanError> {
        self.builder(inventory, hosts).build()
    }

    /// Begins the plan, for further settings.
    pub fn builder<'a>(&self, inventory: &'a Inventory, hosts: &[String]) -> PlanBuilder<'a> {
        // Members that leave are named by themselves, and leave in one piece.
        if self.leaves() {
            let mut takes = self.limit.iter().flatten().cycle();
            let leave = hosts.iter().filter(|_| takes.next() == Some(&true));
            let leave: Vec<&String> = leave.collect();
            let some = if leave.is_empty() {
                hosts.iter().take(1).collect()
            } else {
                leave
            };
            let builder = Plan::builder(inventory).goal(self.goal).depart(some);
            return match hosts.last() {
                Some(new) if self.goal == Goal::Replace => builder.limit(new),
                _ => builder,
            };
        }
        // Nothing is to be written on this machine.
        let builder = Plan::builder(inventory).goal(self.goal).backup_on_host();
        // An upgrade is done whole, and has to say where to.
        let builder = match self.goal {
            Goal::Upgrade => builder.version("3.5.16".parse().expect("a version")),
            Goal::RotateCerts => builder,
            // Of the whole cluster, and in one of its stages.
            Goal::RotateCa => return builder.rotation_stage(RotationStage::Trust),
            _ => builder
                .tags(self.tags.iter().copied())
                .skip_tags(self.skip_tags.iter().copied()),
        };
        match self.limit(hosts) {
            Some(limit) => builder.limit(limit.into_iter().collect::<Vec<_>>().join(",")),
            None => builder,
        }
    }
}

/// Makes random questions: half of them without tags, most of them without a limit.
pub fn asked() -> impl Strategy<Value = Asked> {
    // What is restored has to be there, and what is recovered must not work: these have tests of their own.
    let goals: Vec<Goal> = Goal::ALL
        .into_iter()
        .filter(|goal| ![Goal::Restore, Goal::Recover].contains(goal))
        .collect();
    let goal = proptest::sample::select(goals);
    let subtasks = |most| proptest::sample::subsequence(Subtask::ALL.to_vec(), 0..=most);
    let tags = prop_oneof![Just(Vec::new()), subtasks(Subtask::ALL.len())];
    let skip_tags = prop_oneof![2 => Just(Vec::new()), 1 => subtasks(3)];
    let taken = proptest::collection::vec(any::<bool>(), 1..6);
    let taken = taken.prop_filter("a limit takes a host", |taken| taken.contains(&true));
    let limit = prop_oneof![2 => Just(None), 1 => taken.prop_map(Some)];
    (goal, tags, skip_tags, limit).prop_map(|(goal, tags, skip_tags, limit)| Asked {
        goal,
        tags,
        skip_tags,
        limit,
    })
}
