use super::{ReadOp, Reply, WriteOp};

/// One operation of a batch that may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A question.
    Read(ReadOp),
    /// A change.
    Write(WriteOp),
}

/// Operations that go to a host together and are answered in one round trip.
///
/// They run in order. The first failure in a chain ends that chain; the other chains still run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Chains of operations, each in the order in which they run.
    pub chains: Vec<Vec<Op>>,
}

impl Batch {
    /// Makes a batch of questions that do not depend on each other.
    pub fn of_reads(reads: impl IntoIterator<Item = ReadOp>) -> Self {
        Self {
            chains: reads.into_iter().map(|read| vec![Op::Read(read)]).collect(),
        }
    }

    /// Counts the operations.
    pub fn len(&self) -> usize {
        self.chains.iter().map(Vec::len).sum()
    }

    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why an operation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpFailure {
    /// It was tried and failed.
    #[error("{message}")]
    Failed {
        /// The other side's words; one line at least.
        message: String,
    },
    /// It was not tried, since one before it in its chain failed.
    #[error("not tried, since an operation before it failed")]
    NotTried,
}

/// What became of one operation.
pub type OpResult = Result<Reply, OpFailure>;
