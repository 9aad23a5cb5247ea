use super::table::parameter_group;

parameter_group! {
    /// A cluster that somebody else runs, and how the control machine asks it.
    ExternalSettings {
        /// Whether somebody else runs the cluster.
        ///
        /// No plan is ever made for it. Its hosts say only where clients reach it; what consumers need
        /// is rendered, and `status` asks it, from the control machine.
        external: bool = "etcd_external", "false", [Cluster], addition;
        /// The certificate of an external cluster's authority, on the control machine.
        ///
        /// A relative path begins at the inventory's folder.
        ca: String = "etcd_external_ca", "files/pki/external/ca.crt", [Cluster], addition;
        /// The client certificate with which the control machine asks an external cluster.
        ///
        /// A relative path begins at the inventory's folder.
        cert: String = "etcd_external_cert", "files/pki/external/client.crt", [Cluster], addition;
        /// The key of that certificate.
        ///
        /// A relative path begins at the inventory's folder.
        key: String = "etcd_external_key", "files/pki/external/client.key", [Cluster], addition;
    }
}
