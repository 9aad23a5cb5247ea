use super::table::parameter_group;
use crate::spec::types::{InitialState, PurgeRetention};

parameter_group! {
    /// What may be purged, and how a member starts.
    GuardSettings {
        /// Prevents that an etcd which runs, or whose data is there, is purged.
        ///
        /// When true, a run that could purge is refused as soon as one member of the cluster runs or
        /// holds data, and nothing is changed on any host.
        safeguard: bool = "etcd_safeguard", "false", [Global, Cluster, Argument], seeds;
        /// Whether what is there may be purged on the way to a new cluster.
        ///
        /// When false, a run is refused as soon as one member of the cluster runs or holds data.
        clean: bool = "etcd_clean", "true", [Global, Cluster, Argument], seeds;
        /// The state in which members start: a `new` cluster, or joining an `existing` one.
        init: InitialState = "etcd_init", "new", [Cluster, Argument], seeds;
        /// How long data that a purge moved aside is kept.
        ///
        /// A purge renames `etcd_data` to `<etcd_data>.purged-<time>`. `last` keeps the latest one
        /// (and what unfinished runs have left since), `7d` each for seven days, `0` deletes it at
        /// once.
        purge_retention: PurgeRetention = "etcd_purge_retention", "last", [Global, Cluster], addition;
    }
}
