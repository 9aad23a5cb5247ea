use super::{Finding, MemberStatus};
use crate::cert::{RotationStage, UnixTime};
use crate::facts::ClusterKeys;
use crate::monitoring::thresholds::{CERTIFICATE_NEAR, LAG, QUOTA_NEAR};

const SECONDS_A_DAY: i64 = 86_400;

/// Says how far each member is behind the one that is furthest.
pub(super) fn set_lag(members: &mut [MemberStatus]) {
    let furthest = members
        .iter()
        .filter_map(|member| member.raft_applied_index)
        .max();
    for member in members {
        let lag = |index| furthest.map(|furthest| furthest.saturating_sub(index));
        member.raft_lag = member.raft_applied_index.and_then(lag);
    }
}

/// Says that members run on different versions: an upgrade is under way, or was cut off.
pub(super) fn mixed(members: &[MemberStatus]) -> Option<Finding> {
    let mut versions: Vec<&str> = members
        .iter()
        .filter_map(|m| m.version.as_deref())
        .collect();
    versions.sort_unstable();
    versions.dedup();
    (versions.len() > 1).then(|| {
        Finding::of_cluster(
            format!(
                "its members run on different versions: {}",
                versions.join(", ")
            ),
            "an upgrade is not at its end: `etcd-plan upgrade --to` goes on with it",
        )
    })
}

/// How many days before an authority runs out it is told: all who trust it have to be told of another one
/// until then. Members' certificates end with it at the latest.
const AUTHORITY_NEAR: i64 = 90;

/// Says what of the authority needs somebody: that it runs out, that its rotation is not at its end, that
/// clients have certificates of another one.
pub(super) fn authority(keys: Option<&ClusterKeys>, now: UnixTime) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(keys) = keys else {
        return found;
    };
    let rotation = keys.rotation.as_ref().and_then(|facts| facts.as_ref().ok());
    let reached = rotation.and_then(|facts| facts.reached);
    if let Some(ca) = &keys.ca {
        let left = ca.not_after().seconds_since(now);
        let days = left.div_euclid(SECONDS_A_DAY);
        // The one that takes over is told of by its rotation.
        if days < AUTHORITY_NEAR && reached.is_none() {
            let what = format!("its authority {} runs out in {days} days", ca.name());
            let hint = "`etcd-plan rotate ca` puts another one in its place; its manual says what clients need";
            found.push(Finding::of_cluster(what, hint));
        }
    }
    if let (Some(stage), Some(facts)) = (reached, rotation) {
        let what = format!(
            "the rotation of its authority to {} has begun the stage `{stage}`",
            facts.name()
        );
        let hint = match stage {
            RotationStage::Trust => {
                "bring ca.crt to all clients; then `etcd-plan rotate ca` goes on with it"
            }
            RotationStage::Issue => {
                "give all clients certificates of the new one (`etcd-plan issue`); then `etcd-plan rotate \
                 ca` goes on with it"
            }
            RotationStage::Finish => "`etcd-plan rotate ca` goes on with it",
        };
        found.push(Finding::of_cluster(what, hint));
    }
    let clients = rotation.map_or(&[][..], |facts| &facts.clients);
    if !clients.is_empty() && reached != Some(RotationStage::Trust) {
        let names: Vec<&str> = clients.iter().map(|one| one.name.as_str()).collect();
        let what = format!(
            "clients have certificates of another authority than the one that issues now: {}",
            names.join(", ")
        );
        let hint =
            "`etcd-plan issue --cn NAME` makes each anew; remove the files of those that are gone";
        found.push(Finding::of_cluster(what, hint));
    }
    found
}

/// Gives what is well, and will not stay so.
pub(super) fn warnings(member: &MemberStatus) -> Vec<Finding> {
    let warning = |what: String, hint: &str| Finding::of_member(&member.name, what, hint);
    let mut warnings = Vec::new();
    let days = member
        .certificate
        .as_ref()
        .map(|certificate| certificate.days_left);
    let renew = "`etcd-plan rotate certs` replaces it; etcd takes it without a restart";
    match days {
        Some(days) if days < 0 => {
            warnings.push(warning("its certificate has run out".to_owned(), renew));
        }
        Some(days) if days < CERTIFICATE_NEAR.limit.number().cast_signed() => {
            warnings.push(warning(
                format!("its certificate runs out in {days} days"),
                renew,
            ));
        }
        _ => {}
    }
    if let Some(percent) = member
        .quota_used_percent
        .filter(|percent| *percent >= QUOTA_NEAR.limit.number())
    {
        let hint = "compact and defragment, or raise `etcd_quota_backend_bytes`: at 100 % no write is taken";
        warnings.push(warning(
            format!("its database has used {percent} % of its quota"),
            hint,
        ));
    }
    if let Some(lag) = member.raft_lag.filter(|lag| *lag > LAG.limit.number()) {
        let hint = "see whether its disk or network is slow";
        warnings.push(warning(format!("it is {lag} raft entries behind"), hint));
    }
    warnings
}
