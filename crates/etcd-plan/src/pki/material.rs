use etcd_plan_core::cert::{
    AuthorityFacts, AuthorityWanted, CertificateFacts, CertificateWanted, RotationFacts,
    RotationStage, UnixTime, Verdict,
};
use etcd_plan_core::secret::Secret;
use time::OffsetDateTime;

use super::{PkiError, PkiErrorKind};
use crate::permit::Permit;

/// Keeps the CA and the members' certificates: what the engine asks of files, Vault or step-ca.
///
/// Time comes in as a value, so that one run judges everything at one time; [`now`] reads the clock.
pub trait KeyMaterial: Sync {
    /// Looks at the CA. None when there is none and one may be made.
    ///
    /// # Errors
    ///
    /// When there is none and none may be made, or when the one that is there cannot be used.
    fn authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<AuthorityFacts>, PkiError>;

    /// Makes the CA unless there is one; done twice it leaves what done once leaves.
    ///
    /// # Errors
    ///
    /// As [`authority`](Self::authority), or when it cannot be written.
    fn create_authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<AuthorityFacts, PkiError>;

    /// Looks at what is there of a member, and judges whether its certificate must be issued again.
    ///
    /// # Errors
    ///
    /// As [`authority`](Self::authority), or when a file cannot be read. One that can be read and
    /// makes no sense is a reason to issue, not an error.
    fn member(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
    ) -> Result<MemberFound, PkiError>;

    /// Makes a new key and issues a certificate for it, in place of what is there.
    ///
    /// # Errors
    ///
    /// When there is no usable CA with its key, or the files cannot be written.
    fn issue(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<MemberMaterial, PkiError>;

    /// Gives what is there, for a member's host.
    ///
    /// # Errors
    ///
    /// When a part is not there or cannot be read. That all of it is good says
    /// [`member`](Self::member).
    fn material(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
    ) -> Result<MemberMaterial, PkiError>;

    /// Tells how far a rotation of the CA has come. None when there is no CA, and one may be made.
    ///
    /// # Errors
    ///
    /// As [`authority`](Self::authority); or when this keeper does not rotate CAs, which is so unless it
    /// says otherwise.
    fn rotation(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<RotationFacts>, PkiError> {
        let _ = now;
        Err(cannot_rotate(ca))
    }

    /// Brings a rotation of the CA to a stage, from the one before; done twice it leaves what done once
    /// leaves. Members have to follow before the next one.
    ///
    /// # Errors
    ///
    /// As [`rotation`](Self::rotation); when the stage before was not reached, no other CA can be made, or
    /// files cannot be written.
    fn rotate(
        &self,
        ca: &AuthorityWanted,
        stage: RotationStage,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let _ = (stage, now, permit);
        Err(cannot_rotate(ca))
    }

    /// Ends a rotation whose last stage the members have followed.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    fn end_rotation(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let _ = (now, permit);
        Err(cannot_rotate(ca))
    }
}

fn cannot_rotate(ca: &AuthorityWanted) -> PkiError {
    PkiError {
        place: ca.ca_dir.clone(),
        kind: PkiErrorKind::Other("its keeper does not rotate authorities".to_owned()),
        hint: "rotate it where it is kept".to_owned(),
    }
}

/// What is there of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFound {
    /// Its certificate, if there is one that can be read.
    pub certificate: Option<CertificateFacts>,
    /// Whether it is kept.
    pub verdict: Verdict,
}

/// What a member's host gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberMaterial {
    /// The trusted file, `ca.crt`: every certificate of the CA's file.
    pub ca_pem: String,
    /// `server.crt`: the member's certificate, then the intermediate CAs if there are any.
    pub certificate_pem: String,
    /// `server.key`, as PEM.
    pub key: Secret,
}

/// Reads this machine's clock.
pub fn now() -> UnixTime {
    UnixTime(OffsetDateTime::now_utc().unix_timestamp())
}
