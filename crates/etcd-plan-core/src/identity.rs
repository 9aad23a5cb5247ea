//! The ids that etcd gives to a new cluster and its members, worked out beforehand.
//!
//! Both are hashes of peer URLs and token (etcd's `membership` package), so a cluster that says
//! another id is another cluster.

use sha1::{Digest as _, Sha1};

use crate::names::EtcdId;

/// Gives the id of a member that takes part in making a cluster.
pub fn member_id(peer_urls: &[String], token: &str) -> EtcdId {
    let mut urls: Vec<&str> = peer_urls.iter().map(String::as_str).collect();
    urls.sort_unstable();
    let mut hash = Sha1::new();
    for url in urls {
        hash.update(url.as_bytes());
    }
    hash.update(token.as_bytes());
    first_eight(&hash.finalize())
}

/// Gives the id of a cluster made by these members.
pub fn cluster_id(members: impl IntoIterator<Item = EtcdId>) -> EtcdId {
    let mut ids: Vec<u64> = members.into_iter().map(|id| id.0).collect();
    ids.sort_unstable();
    let mut hash = Sha1::new();
    for id in ids {
        hash.update(id.to_be_bytes());
    }
    first_eight(&hash.finalize())
}

fn first_eight(digest: &[u8]) -> EtcdId {
    let bytes = digest[..8].try_into().expect("SHA-1 gives 20 bytes");
    EtcdId(u64::from_be_bytes(bytes))
}
