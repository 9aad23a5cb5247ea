use super::table::parameter_group;
use crate::names::EtcdVersion;

parameter_group! {
    /// Which etcd is installed.
    PackageSettings {
        /// The version of etcd, exact (`3.5.16`) or a minor release (`3.5`); empty for the one that
        /// the hosts' package source has.
        version: Option<EtcdVersion> = "etcd_version", "", [Global, Cluster], addition;
    }
}
