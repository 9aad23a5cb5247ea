use etcd_plan::core::names::EtcdId;
use sha1::Digest as _;

/// Gives the id of a member that stands in an `initial-cluster`, by etcd's rule: the first eight
/// bytes of SHA-1 over its sorted peer URLs and the token. So the same token and the same URLs give
/// the same id, which is why a rebuilt cluster needs another token (facts.md S5).
pub fn initial_member_id(peer_urls: &[String], token: &str) -> EtcdId {
    hash(peer_urls, token, "")
}

/// Gives the id of a member that is added to a running cluster: the time goes in too.
pub(crate) fn added_member_id(peer_urls: &[String], token: &str, seconds: u64) -> EtcdId {
    hash(peer_urls, token, &seconds.to_string())
}

/// Gives the id of a cluster, by etcd's rule: SHA-1 over its first members' ids in order.
pub fn cluster_id(members: impl IntoIterator<Item = EtcdId>) -> EtcdId {
    let mut ids: Vec<u64> = members.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    let bytes: Vec<u8> = ids.into_iter().flat_map(u64::to_be_bytes).collect();
    first_eight_bytes(&bytes)
}

fn hash(peer_urls: &[String], token: &str, time: &str) -> EtcdId {
    let mut urls = peer_urls.to_vec();
    urls.sort_unstable();
    first_eight_bytes(format!("{}{token}{time}", urls.concat()).as_bytes())
}

fn first_eight_bytes(bytes: &[u8]) -> EtcdId {
    let digest = sha1::Sha1::digest(bytes);
    let (first, _) = digest
        .split_first_chunk::<8>()
        .expect("a SHA-1 digest has 20 bytes");
    EtcdId(u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::{cluster_id, initial_member_id};

    /// The ids that every etcd shows when it is started without any setting.
    #[test]
    fn ids_are_those_of_the_real_etcd() {
        let urls = ["http://localhost:2380".to_owned()];
        let member = initial_member_id(&urls, "etcd-cluster");
        assert_eq!(member.to_string(), "8e9e05c52164694d");
        assert_eq!(cluster_id([member]).to_string(), "cdf818194e3a8c32");
    }

    #[test]
    fn another_token_gives_other_ids() {
        let urls = ["https://10.10.10.11:2380".to_owned()];
        assert_ne!(initial_member_id(&urls, "a"), initial_member_id(&urls, "b"));
        assert_eq!(initial_member_id(&urls, "a"), initial_member_id(&urls, "a"));
    }
}
