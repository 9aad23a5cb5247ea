use super::table::parameter_group;
use crate::cert::KeyAlgorithm;
use crate::names::Days;

parameter_group! {
    /// The certificates and the authority that signs them.
    CertificateSettings {
        /// How long certificates are valid.
        validity: Days = "cert_validity", "7300d", [Global, Cluster], addition;
        /// The kind of key that members get: `ecdsa-p256`, `rsa-2048`, `rsa-3072` or `rsa-4096`.
        ///
        /// When it is empty a new key is ECDSA P-256, and a key that is there is kept whatever it is:
        /// clusters that the original module made have RSA.
        key: Option<KeyAlgorithm> = "cert_key_type", "", [Global, Cluster], addition;
        /// The folder on the control machine with `ca.crt` and `ca.key`.
        ///
        /// A relative path begins at the inventory's folder. The members' certificates lie beside
        /// it, in `../etcd`.
        ca_dir: String = "ca_dir", "files/pki/ca", [Global, Cluster], addition;
        /// Whether an authority is made when there is none.
        ca_create: bool = "ca_create", "true", [Global, Cluster, Argument], addition;
    }
}
