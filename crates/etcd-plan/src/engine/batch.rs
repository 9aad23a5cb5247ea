use std::collections::{BTreeMap, BTreeSet};

use etcd_plan_core::action::Change;
use etcd_plan_core::op::{Batch, Op, OpResult, ReadOp};
use etcd_plan_core::plan::StepIndex;

/// Steps that go to a host together: one round trip for all of them.
#[derive(Default)]
pub(super) struct StepBatch {
    units: Vec<Unit>,
    /// The questions whose answers the batch makes untrue.
    touched: BTreeSet<ReadOp>,
}

/// One step of a batch.
pub(super) struct Unit {
    pub(super) step: StepIndex,
    /// None when there is nothing to do, once the steps before it have ended well.
    pub(super) change: Option<Change>,
    /// The chain that it belongs to: steps that wait for each other share one, so that a failure
    /// ends what builds on it and nothing else.
    chain: usize,
}

/// What became of one step of a batch.
pub(super) struct UnitResult {
    pub(super) unit: Unit,
    /// The results of its writes, then of its questions; fewer when the session ended.
    pub(super) results: Vec<OpResult>,
}

impl StepBatch {
    /// Says whether there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Says whether a step is part of the batch.
    pub(super) fn holds(&self, step: StepIndex) -> bool {
        self.units.iter().any(|unit| unit.step == step)
    }

    /// Gives the steps.
    pub(super) fn steps(&self) -> impl Iterator<Item = StepIndex> {
        self.units.iter().map(|unit| unit.step)
    }

    /// Gives the steps that change something.
    pub(super) fn changes(&self) -> impl Iterator<Item = StepIndex> {
        let changes = self.units.iter().filter(|unit| unit.change.is_some());
        changes.map(|unit| unit.step)
    }

    /// Says whether a decision that stands on these questions can be made before the batch ran.
    pub(super) fn leaves_alone(&self, questions: &[ReadOp]) -> bool {
        questions
            .iter()
            .all(|question| !self.touched.contains(question))
    }

    /// Adds a step behind those that it waits for.
    pub(super) fn add(&mut self, step: StepIndex, change: Option<Change>, waits_for: &[StepIndex]) {
        let chains: BTreeSet<usize> = self
            .units
            .iter()
            .filter(|unit| waits_for.contains(&unit.step))
            .map(|unit| unit.chain)
            .collect();
        let chain = chains.first().copied().unwrap_or(self.units.len());
        for unit in &mut self.units {
            if chains.contains(&unit.chain) {
                unit.chain = chain;
            }
        }
        if let Some(change) = &change {
            self.touched
                .extend(change.check.iter().chain(&change.forget).cloned());
        }
        self.units.push(Unit {
            step,
            change,
            chain,
        });
    }

    /// Gives the operations, the steps of a chain in their order: first a step's writes, then its
    /// questions.
    pub(super) fn operations(&mut self) -> Batch {
        // Stable, so that within a chain the order stays.
        self.units.sort_by_key(|unit| unit.chain);
        let mut chains: BTreeMap<usize, Vec<Op>> = BTreeMap::new();
        for unit in &self.units {
            let ops = chains.entry(unit.chain).or_default();
            if let Some(change) = &unit.change {
                ops.extend(change.ops.iter().cloned().map(Op::Write));
                ops.extend(change.check.iter().cloned().map(Op::Read));
            }
        }
        Batch {
            chains: chains
                .into_values()
                .filter(|chain| !chain.is_empty())
                .collect(),
        }
    }

    /// Gives each step its results.
    pub(super) fn results(self, results: Vec<OpResult>) -> Vec<UnitResult> {
        let mut results = results.into_iter();
        self.units
            .into_iter()
            .map(|unit| {
                let count = unit
                    .change
                    .as_ref()
                    .map_or(0, |c| c.ops.len() + c.check.len());
                let results = results.by_ref().take(count).collect();
                UnitResult { unit, results }
            })
            .collect()
    }
}
