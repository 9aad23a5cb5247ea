use super::table::{SnapshotCount, parameter_group};
use crate::names::HostPath;
use crate::spec::types::{Bytes, ExtraConfig, Retention};

parameter_group! {
    /// Where data lies and how much of it is kept; and further keys of `etcd.conf`.
    StorageSettings {
        /// The data directory. It must be etcd's own, since a purge moves the whole folder aside.
        data: HostPath = "etcd_data", "/data/etcd", [Cluster], seeds;
        /// The size at which the database takes no more writes, at most 8 GiB by etcd's advice.
        ///
        /// etcd's own default is 2 GiB (maintenance guide).
        quota: Bytes = "etcd_quota_backend_bytes", "8GiB", [Global, Cluster], addition;
        /// How much history is kept: old revisions are compacted away periodically.
        ///
        /// etcd's own default is `0`, which keeps all until the quota is used up.
        auto_compaction_retention: Retention =
            "etcd_auto_compaction_retention", "24h", [Global, Cluster], addition;
        /// After how many writes a snapshot of the log is taken; empty for etcd's own default.
        ///
        /// That is 100000 in 3.5 and 10000 in 3.6.
        snapshot_count: Option<SnapshotCount> = "etcd_snapshot_count", "", [Global, Cluster], addition;
        /// Further keys of `etcd.conf`, merged into it.
        ///
        /// A key that etcd does not know is refused, since etcd itself ignores it without a word.
        extra_config: ExtraConfig = "etcd_extra_config", "{}", [Global, Cluster], addition;
    }
}
