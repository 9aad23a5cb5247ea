use super::table::parameter_group;
use crate::names::Port;

parameter_group! {
    /// The ports of the members.
    NetworkSettings {
        /// The port on which members serve clients.
        port: Port = "etcd_port", "2379", [Cluster], seeds;
        /// The port on which members talk to each other.
        peer_port: Port = "etcd_peer_port", "2380", [Cluster], seeds;
    }
}
