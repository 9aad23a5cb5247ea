//! What the control machine holds for each cluster, through [`KeyMaterial`].

use etcd_plan_core::cert::{AuthorityWanted, CertificateWanted, UnixTime, Verdict};
use etcd_plan_core::facts::{CertificateState, ClusterKeys, Material};
use etcd_plan_core::plan::Plan;
use etcd_plan_core::spec::{ClusterSpec, MemberSpec};

use crate::permit::Permit;
use crate::pki::{KeyMaterial, MemberMaterial, PkiError};

/// Reads what there is for every cluster.
pub(super) fn read(plan: &Plan, keys: &dyn KeyMaterial, now: UnixTime) -> Vec<ClusterKeys> {
    plan.clusters()
        .iter()
        .map(|spec| read_cluster(spec, keys, now))
        .collect()
}

/// Reads what there is for one cluster.
pub(super) fn read_cluster(
    spec: &ClusterSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
) -> ClusterKeys {
    let ca = authority(spec);
    let because = |reason: &str| CertificateState::ToIssue {
        reasons: vec![reason.to_owned()],
    };
    let all = |state: CertificateState| vec![state; spec.members.len()];
    match keys.authority(&ca, now) {
        Ok(None) => ClusterKeys {
            authority: Ok(false),
            members: all(because("new authority")),
        },
        Err(error) => ClusterKeys {
            authority: Err(words(&error)),
            members: all(because("unknown")),
        },
        Ok(Some(_)) => {
            let members: Result<Vec<_>, PkiError> = spec
                .members
                .iter()
                .map(|member| state(spec, member, keys, now))
                .collect();
            match members {
                Ok(members) => ClusterKeys {
                    authority: Ok(true),
                    members,
                },
                Err(error) => ClusterKeys {
                    authority: Err(words(&error)),
                    members: all(because("unknown")),
                },
            }
        }
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

/// Issues the certificate of a member, and looks at it as a later run would.
pub(super) fn issue(
    spec: &ClusterSpec,
    member: &MemberSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
    permit: &Permit,
) -> Result<CertificateState, PkiError> {
    keys.issue(&authority(spec), &certificate(spec, member), now, permit)?;
    state(spec, member, keys, now)
}

/// Says what is wrong with key material, where, and what to do.
pub(super) fn words(error: &PkiError) -> String {
    format!("{error} (hint: {})", error.hint)
}

fn state(
    spec: &ClusterSpec,
    member: &MemberSpec,
    keys: &dyn KeyMaterial,
    now: UnixTime,
) -> Result<CertificateState, PkiError> {
    let (ca, wanted) = (authority(spec), certificate(spec, member));
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
