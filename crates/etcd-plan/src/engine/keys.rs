//! What the control machine holds for each cluster, through [`KeyMaterial`].

use etcd_plan_core::cert::{AuthorityWanted, CertificateWanted, RotationStage, UnixTime, Verdict};
use etcd_plan_core::facts::{CertificateState, ClusterKeys, Material};
use etcd_plan_core::plan::Plan;
use etcd_plan_core::spec::{ClusterSpec, MemberSpec};

use crate::permit::Permit;
use crate::pki::{KeyMaterial, MemberMaterial, PkiError};

/// Reads what there is for every cluster.
pub(super) fn read(plan: &Plan, keys: &dyn KeyMaterial, now: UnixTime) -> Vec<ClusterKeys> {
    let clusters = 0..plan.clusters().len();
    clusters
        .map(|cluster| read_cluster(plan, cluster, keys, now))
        .collect()
}

/// Reads what there is for one cluster.
pub(super) fn read_cluster(
    plan: &Plan,
    cluster: usize,
    keys: &dyn KeyMaterial,
    now: UnixTime,
) -> ClusterKeys {
    let spec = &plan.clusters()[cluster];
    let ca = authority(spec);
    let because = |reason: &str| CertificateState::ToIssue {
        reasons: vec![reason.to_owned()],
    };
    let all = |state: CertificateState| vec![state; spec.members.len()];
    let found = match keys.authority(&ca, now) {
        Ok(Some(found)) => found,
        Ok(None) => {
            return ClusterKeys {
                authority: Ok(false),
                ca: None,
                rotation: None,
                members: all(because("new authority")),
            };
        }
        Err(error) => {
            return ClusterKeys {
                authority: Err(words(&error)),
                ca: None,
                rotation: None,
                members: all(because("unknown")),
            };
        }
    };
    let members: Result<Vec<_>, PkiError> = spec
        .members
        .iter()
        .map(|member| {
            let since = plan.issued_since(&member.host.name, now);
            state(spec, member, since, keys, now)
        })
        .collect();
    let rotation = keys.rotation(&ca, now).map_err(|error| words(&error));
    let (authority, members) = match members {
        Ok(members) => (Ok(true), members),
        Err(error) => (Err(words(&error)), all(because("unknown"))),
    };
    ClusterKeys {
        authority,
        ca: Some(found),
        rotation: rotation.transpose(),
        members,
    }
}

/// Makes the authority.
pub(super) fn create_authority(
    spec: &ClusterSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
    permit: &Permit,
) -> Result<(), PkiError> {
    keys.create_authority(&authority(spec), now, permit)
        .map(drop)
}

/// Brings a rotation of the authority to a stage.
pub(super) fn rotate(
    spec: &ClusterSpec,
    stage: RotationStage,
    keys: &dyn KeyMaterial,
    now: UnixTime,
    permit: &Permit,
) -> Result<(), PkiError> {
    keys.rotate(&authority(spec), stage, now, permit)
}

/// Ends a rotation of the authority.
pub(super) fn end_rotation(
    spec: &ClusterSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
    permit: &Permit,
) -> Result<(), PkiError> {
    keys.end_rotation(&authority(spec), now, permit)
}

/// Issues the certificate of a member, and looks at it as a later run would: what was just issued is not
/// to be rotated any more.
pub(super) fn issue(
    spec: &ClusterSpec,
    member: &MemberSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
    permit: &Permit,
) -> Result<CertificateState, PkiError> {
    keys.issue(&authority(spec), &certificate(spec, member), now, permit)?;
    state(spec, member, None, keys, now)
}

/// Says what is wrong with key material, where, and what to do.
pub(super) fn words(error: &PkiError) -> String {
    format!("{error} (hint: {})", error.hint)
}

fn state(
    spec: &ClusterSpec,
    member: &MemberSpec,
    issued_since: Option<UnixTime>,
    keys: &dyn KeyMaterial,
    now: UnixTime,
) -> Result<CertificateState, PkiError> {
    let ca = authority(spec);
    let wanted = CertificateWanted {
        issued_since,
        ..certificate(spec, member)
    };
    match keys.member(&ca, &wanted, now)?.verdict {
        Verdict::Keep => {
            let MemberMaterial {
                ca_pem,
                certificate_pem,
                key,
            } = keys.material(&ca, &wanted)?;
            Ok(CertificateState::Good(Material {
                ca: ca_pem,
                certificate: certificate_pem,
                key,
            }))
        }
        Verdict::Issue { reasons } => Ok(CertificateState::ToIssue {
            reasons: reasons.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// Says which CA a cluster wants.
pub(crate) fn authority(spec: &ClusterSpec) -> AuthorityWanted {
    let settings = &spec.settings.certificate;
    AuthorityWanted {
        ca_dir: settings.ca_dir.value.clone(),
        create: *settings.ca_create,
        ..AuthorityWanted::default()
    }
}

/// Says which certificate a member wants.
pub(crate) fn certificate(spec: &ClusterSpec, member: &MemberSpec) -> CertificateWanted {
    let settings = &spec.settings.certificate;
    let wanted = CertificateWanted::for_member(&member.name, &member.address, *settings.validity);
    CertificateWanted {
        key: *settings.key,
        ..wanted
    }
}
