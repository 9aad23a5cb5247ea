use super::{Finding, MemberStatus};
use crate::monitoring::thresholds::{CERTIFICATE_NEAR, LAG, QUOTA_NEAR};

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

/// Gives what is well, and will not stay so.
pub(super) fn warnings(member: &MemberStatus) -> Vec<Finding> {
    let warning = |what: String, hint: &str| Finding::of_member(&member.name, what, hint);
    let mut warnings = Vec::new();
    let days = member
        .certificate
        .as_ref()
        .map(|certificate| certificate.days_left);
    let renew = "`etcd-plan apply -t etcd_cert` issues it again; etcd takes it without a restart";
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
