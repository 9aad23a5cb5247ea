use super::table::parameter_group;
use crate::names::Millis;

parameter_group! {
    /// The timers of raft.
    TimingSettings {
        /// How long a follower waits without a heartbeat before it stands for election.
        ///
        /// etcd refuses less than 5 times the heartbeat interval and more than 50000 ms; 10 times
        /// the round trip between members is advised (tuning guide).
        election_timeout: Millis = "etcd_election_timeout", "1000", [Cluster], seeds;
        /// How often a leader says that it lives.
        heartbeat_interval: Millis = "etcd_heartbeat_interval", "100", [Cluster], seeds;
    }
}
