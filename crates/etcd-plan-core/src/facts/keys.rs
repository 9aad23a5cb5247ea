use crate::cert::{AuthorityFacts, RotationFacts};
use crate::secret::Secret;

/// The certificate and key of a member, and the authority that etcd is to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// The authority's certificate, with its chain, as PEM.
    pub ca: String,
    /// The member's certificate, with intermediates, as PEM.
    pub certificate: String,
    /// The member's private key, as PEM.
    pub key: Secret,
}

/// What the control machine holds for a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateState {
    /// A certificate that is as wanted.
    Good(Material),
    /// One must be issued, for these reasons, each a short clause.
    ToIssue {
        /// Why.
        reasons: Vec<String>,
    },
}

/// What the control machine holds for a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterKeys {
    /// Whether there is an authority; or why that is not known, or why it is not usable.
    pub authority: Result<bool, String>,
    /// What the authority is; none where there is none that can be used.
    pub ca: Option<AuthorityFacts>,
    /// How far a rotation of the authority has come, or why that is not known; none where there is no
    /// authority.
    pub rotation: Option<Result<RotationFacts, String>>,
    /// What there is for each member, in their order.
    pub members: Vec<CertificateState>,
}
