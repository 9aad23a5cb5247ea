use super::table::parameter_group;
use crate::names::Days;

parameter_group! {
    /// The certificates and the authority that signs them.
    CertificateSettings {
        /// How long certificates are valid.
        validity: Days = "cert_validity", "7300d", [Global, Cluster], addition;
        /// The folder on the control machine with `ca.crt` and `ca.key`.
        ///
        /// A relative path begins at the inventory's folder. The members' certificates lie beside
        /// it, in `../etcd`.
        ca_dir: String = "ca_dir", "files/pki/ca", [Global, Cluster], addition;
        /// Whether an authority is made when there is none.
        ca_create: bool = "ca_create", "true", [Global, Cluster, Argument], addition;
    }
}
