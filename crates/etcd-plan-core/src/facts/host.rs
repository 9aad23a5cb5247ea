use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::op::{
    Awaited, Compaction, DataDirFacts, EtcdFacts, Fetched, FileFacts, Holdings, Listener,
    PackageFacts, ProcessFacts, ReadOp, Reply, RestoreTool, ServiceFacts, SnapshotFacts,
    SystemFacts, VotersFacts,
};

/// What one host answered: each question with its answer. A later answer replaces an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(ReadOp, Answer)>", into = "Vec<(ReadOp, Answer)>")]
pub struct HostFacts(BTreeMap<ReadOp, Answer>);

/// An answer, or in the host's words why there is none.
type Answer = Result<Reply, String>;

/// Says that a fact is not known, and why: a guard that needs it refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Missing {
    /// Why it is not known, as one clause.
    pub why: String,
}

impl HostFacts {
    /// Keeps the answer to a question.
    pub fn insert(&mut self, question: ReadOp, answer: Answer) {
        self.0.insert(question, answer);
    }

    /// Drops the answer to a question, since it is no longer true.
    pub fn forget(&mut self, question: &ReadOp) {
        self.0.remove(question);
    }

    /// Takes over the answers of another reading of the same host.
    pub fn merge(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Says whether a question was answered.
    ///
    /// # Errors
    ///
    /// When it was not asked, or could not be answered.
    pub fn answered(&self, question: &ReadOp) -> Result<(), Missing> {
        self.reply(question).map(drop)
    }

    /// Goes through the questions with their answers; where there is none, the host's words why.
    pub fn iter(&self) -> impl Iterator<Item = (&ReadOp, Result<&Reply, &str>)> {
        let pairs = self.0.iter();
        pairs.map(|(question, answer)| (question, answer.as_ref().map_err(String::as_str)))
    }

    fn reply(&self, question: &ReadOp) -> Result<&Reply, Missing> {
        match self.0.get(question) {
            Some(Ok(reply)) => Ok(reply),
            Some(Err(why)) => Err(Missing { why: why.clone() }),
            None => Err(Missing {
                why: "it was not read".to_owned(),
            }),
        }
    }
}

/// Defines a getter for each kind of answer.
macro_rules! getters {
    ($($(#[$doc:meta])+ $name:ident: $variant:ident -> $answer:ty;)+) => {
        impl HostFacts {
            $(
                $(#[$doc])+
                ///
                /// # Errors
                ///
                /// When the question was not asked, could not be answered, or the answer is of
                /// another kind.
                pub fn $name(&self, question: &ReadOp) -> Result<&$answer, Missing> {
                    match self.reply(question)? {
                        Reply::$variant(answer) => Ok(answer),
                        _ => Err(Missing { why: "the answer is of another kind".to_owned() }),
                    }
                }
            )+
        }
    };
}

getters! {
    /// Gives the answer to a `System` question.
    system: System -> SystemFacts;
    /// Gives the answer to a `Package` question.
    package: Package -> PackageFacts;
    /// Gives the answer to a `Processes` question.
    processes: Processes -> Vec<ProcessFacts>;
    /// Gives the answer to a `Stat` question.
    stat: Stat -> Option<FileFacts>;
    /// Gives the answer to a `ReadFile` question.
    bytes: Bytes -> Option<Vec<u8>>;
    /// Gives the answer to a `Folder` question.
    names: Names -> Vec<String>;
    /// Gives the answer to a `Service` question.
    service: Service -> ServiceFacts;
    /// Gives the answer to a `StartedAfter` question.
    started_after: StartedAfter -> Option<i64>;
    /// Gives the answer to a `Listeners` question.
    listeners: Listeners -> Vec<Listener>;
    /// Gives the answer to a `DataDir` question.
    data_dir: DataDir -> DataDirFacts;
    /// Gives the answer to an `Etcd` question.
    etcd: Etcd -> EtcdFacts;
    /// Gives the answer to a `KeyCount` question.
    key_count: KeyCount -> Option<u64>;
    /// Gives the answer to a `Holdings` question.
    holdings: Holdings -> Option<Holdings>;
    /// Gives the answer to an `Auth` question.
    auth: Auth -> Option<bool>;
    /// Gives the answer to an `AwaitVoters` question.
    voters: Voters -> VotersFacts;
    /// Gives the answer to a `Compaction` question.
    compaction: Compaction -> Compaction;
    /// Gives the answer to a `Snapshot` question.
    snapshot: Snapshot -> Option<SnapshotFacts>;
    /// Gives the answer to a `HeldRevision` question.
    held_revision: HeldRevision -> Option<u64>;
    /// Gives the answer to a `RestoreTool` question.
    restore_tool: RestoreTool -> RestoreTool;
    /// Gives the answer to a `Fetch` question.
    fetched: Fetched -> Fetched;
    /// Gives the answer to an `AwaitHealthy` question.
    awaited: Awaited -> Awaited;
    /// Gives the answer to a `Presented` question.
    presented: Presented -> Option<String>;
}

impl From<Vec<(ReadOp, Answer)>> for HostFacts {
    fn from(pairs: Vec<(ReadOp, Answer)>) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl From<HostFacts> for Vec<(ReadOp, Answer)> {
    fn from(facts: HostFacts) -> Self {
        facts.0.into_iter().collect()
    }
}
