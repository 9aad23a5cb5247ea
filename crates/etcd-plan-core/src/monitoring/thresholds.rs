//! The limits that alerts, dashboards, the status and the documents share: one table.

use super::Quantity::{
    self, Count, Days, Hours, Mebibytes, Milliseconds, Minutes, Percent, Seconds,
};

/// A limit, and where its number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// What is limited, in a few words.
    pub what: &'static str,
    /// The limit.
    pub limit: Quantity,
    /// Where the number comes from.
    pub source: &'static str,
}

const fn threshold(what: &'static str, limit: Quantity, source: &'static str) -> Threshold {
    Threshold {
        what,
        limit,
        source,
    }
}

/// For how long a member may not answer.
pub const DOWN_FOR: Threshold = threshold(
    "a member does not answer",
    Minutes(1),
    "the original module",
);
/// For how long a member may have no leader.
pub const NO_LEADER_FOR: Threshold = threshold(
    "a member has no leader",
    Seconds(15),
    "the original module; an election takes 1 to 2 s",
);
/// For how long one more failure may be one too many.
pub const QUORUM_AT_RISK_FOR: Threshold = threshold(
    "one more failure would be one too many",
    Minutes(2),
    "a rolling restart has each member down for seconds",
);
/// How many changes of the leader within [`EVENTS_WITHIN`] are no reason to look.
pub const LEADER_CHANGES: Threshold = threshold(
    "changes of the leader within 15 minutes",
    Count(3),
    "a rolling restart makes one or two",
);
/// How many proposals may fail within [`EVENTS_WITHIN`].
pub const PROPOSALS_FAILED: Threshold = threshold(
    "proposals of a member that fail within 15 minutes",
    Count(5),
    "each change of the leader fails those that are under way",
);
/// The time over which changes of the leader and failed proposals are counted.
pub const EVENTS_WITHIN: Threshold = threshold(
    "the time over which such events are counted",
    Minutes(15),
    "longer than a rolling restart of seven members",
);
/// How many proposals may wait at once.
pub const PROPOSALS_PENDING: Threshold = threshold(
    "proposals of a member that wait to be committed",
    Count(25),
    "a member that keeps up has a few",
);
/// For how long that many may wait.
pub const PENDING_FOR: Threshold = threshold(
    "so many proposals wait",
    Minutes(5),
    "a burst of writes is over by then",
);
/// How many raft entries a member may be behind.
pub const LAG: Threshold = threshold(
    "raft entries that a member is behind",
    Count(5000),
    "etcd itself takes a follower for slow then (`maxGapBetweenApplyAndCommitIndex`)",
);
/// For how long it may be that far behind.
pub const LAG_FOR: Threshold = threshold(
    "a member is that far behind",
    Minutes(5),
    "a member that was down catches up in that time",
);
/// How long a peer may take to answer, for 95 of 100 messages.
pub const PEER_ROUND_TRIP: Threshold = threshold(
    "the round trip to a peer, 95th percentile",
    Milliseconds(200),
    "the original module; a fifth of the default election timeout",
);
/// How long a write to the log may take, for 95 of 100.
pub const WAL_FSYNC: Threshold = threshold(
    "a sync of the write-ahead log, 95th percentile",
    Milliseconds(50),
    "the original module; etcd's FAQ wants the 99th below 10 ms",
);
/// How long a commit of the database may take, for 95 of 100.
pub const BACKEND_COMMIT: Threshold = threshold(
    "a commit of the database, 95th percentile",
    Milliseconds(125),
    "five times what etcd's FAQ wants of the 99th, as with the log",
);
/// For how long disk or network may be slow.
pub const SLOW_FOR: Threshold = threshold(
    "disk or network is slow",
    Minutes(5),
    "a compaction or a snapshot is over by then",
);
/// From which part of the quota on a person should look.
pub const QUOTA_NEAR: Threshold = threshold(
    "the part of the quota in use that is told",
    Percent(80),
    "leaves time to compact and defragment",
);
/// From which part of the quota on somebody must act.
pub const QUOTA_CRITICAL: Threshold = threshold(
    "the part of the quota in use that is urgent",
    Percent(90),
    "the original module; at 100 % no write is taken",
);
/// For how long it may be used up that far.
pub const QUOTA_FOR: Threshold = threshold(
    "the database stays that large",
    Minutes(1),
    "the file does not shrink by itself",
);
/// The part of the database file that may lie idle.
pub const FRAGMENTATION: Threshold = threshold(
    "the part of the database file that is not in use",
    Percent(50),
    "half of the quota is lost to it then",
);
/// The size below which it does not matter.
pub const FRAGMENTATION_FROM: Threshold = threshold(
    "the size from which on that matters",
    Mebibytes(100),
    "a small file is defragmented by growing into it",
);
/// For how long it may lie idle.
pub const FRAGMENTATION_FOR: Threshold = threshold(
    "so much of the file stays idle",
    Minutes(30),
    "new writes fill what a compaction freed",
);
/// For how long members may differ in their version.
pub const VERSIONS_FOR: Threshold = threshold(
    "members differ in their version",
    Hours(2),
    "longer than a rolling upgrade takes",
);
/// For how long a member that should vote may be a learner.
pub const LEARNER_FOR: Threshold = threshold(
    "a member that should vote is a learner",
    Hours(1),
    "catching up with 8 GiB takes minutes",
);
/// How long before a certificate runs out it is told.
pub const CERTIFICATE_NEAR: Threshold = threshold(
    "the time before a certificate runs out at which it is told",
    Days(30),
    "leaves time for a change window",
);
/// How long before a certificate runs out somebody must act.
pub const CERTIFICATE_CRITICAL: Threshold = threshold(
    "the time before a certificate runs out that is urgent",
    Days(7),
    "leaves a week",
);
/// How old the newest backup may be.
pub const BACKUP_AGE: Threshold = threshold(
    "the age of the newest backup",
    Hours(26),
    "a backup a day, and two hours to make it",
);
/// How old the status may be that node exporter shows.
pub const STATUS_AGE: Threshold = threshold(
    "the age of the status that node exporter shows",
    Hours(1),
    "the timer writes it every ten minutes",
);
/// For how long Prometheus may not know a member.
pub const TARGET_MISSING_FOR: Threshold = threshold(
    "Prometheus does not scrape a member",
    Minutes(10),
    "it reads the files of targets at once, and every five minutes besides",
);

/// All of them, in the order of the alerts.
pub const ALL: &[Threshold] = &[
    DOWN_FOR,
    NO_LEADER_FOR,
    QUORUM_AT_RISK_FOR,
    EVENTS_WITHIN,
    LEADER_CHANGES,
    PROPOSALS_FAILED,
    PROPOSALS_PENDING,
    PENDING_FOR,
    LAG,
    LAG_FOR,
    PEER_ROUND_TRIP,
    WAL_FSYNC,
    BACKEND_COMMIT,
    SLOW_FOR,
    QUOTA_NEAR,
    QUOTA_CRITICAL,
    QUOTA_FOR,
    FRAGMENTATION,
    FRAGMENTATION_FROM,
    FRAGMENTATION_FOR,
    VERSIONS_FOR,
    LEARNER_FOR,
    CERTIFICATE_NEAR,
    CERTIFICATE_CRITICAL,
    BACKUP_AGE,
    STATUS_AGE,
    TARGET_MISSING_FOR,
];
