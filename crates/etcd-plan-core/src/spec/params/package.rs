use super::table::parameter_group;
use crate::names::EtcdVersion;
use crate::spec::types::{PackageFile, Sha256};

parameter_group! {
    /// Which etcd is installed.
    PackageSettings {
        /// The version of etcd, exact (`3.5.16`) or a minor release (`3.5`); empty for the one that
        /// the hosts' package source has.
        version: Option<EtcdVersion> = "etcd_version", "", [Global, Cluster], addition;
        /// A package file on the control machine, for hosts that no package source serves.
        ///
        /// A `.deb`, an `.rpm`, or a release's `.tar.gz`; empty for the package source. It must bring both `etcd` and `etcdctl`, and is sent to the hosts that have no etcd.
        package: Option<PackageFile> = "etcd_package", "", [Global, Cluster, Argument], addition;
        /// The SHA-256 of that file, in hexadecimal: another file is refused.
        package_sha256: Option<Sha256> = "etcd_package_sha256", "", [Global, Cluster, Argument], addition;
    }
}
