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

#[cfg(test)]
mod tests {
    use super::{cluster_id, member_id};
    use crate::names::EtcdId;

    /// Token, peer URLs with the ids of their members, and the id of the cluster.
    type Cluster = (&'static str, &'static [(&'static str, u64)], u64);

    /// What etcd itself gave, by its logs: the versions' two clusters of three, and of one.
    const KNOWN: &[Cluster] = &[
        (
            "rendered-20261121T160955Z-8b0b7d60", // etcd 3.4.23
            &[
                ("https://127.0.7.11:23801", 0xb604_deb1_de97_23b4),
                ("https://127.0.7.12:23801", 0x2470_b99d_e5fa_e2d2),
                ("https://127.0.7.13:23801", 0x9a77_8b3e_3215_c46f),
            ],
            0xbe84_a0c3_38b7_8b1d,
        ),
        (
            "rendered-20261121T160939Z-c4bb44ba", // etcd 3.5.1
            &[
                ("https://127.0.7.11:23801", 0x76da_36cd_f8f2_7ed6),
                ("https://127.0.7.12:23801", 0xaeb6_77fa_92b4_56c6),
                ("https://127.0.7.13:23801", 0xee76_8d1b_2761_814e),
            ],
            0x824e_dbbb_49d3_7df4,
        ),
        (
            "single-20261121T160953Z-29c528a3", // etcd 3.5.1
            &[("https://[::1]:23802", 0x259f_bd0c_2295_04d7)],
            0x4204_4caf_fad0_6628,
        ),
    ];

    #[test]
    fn ids_are_those_that_etcd_gives() {
        for (token, members, cluster) in KNOWN {
            for (url, id) in *members {
                assert_eq!(member_id(&[(*url).to_owned()], token), EtcdId(*id), "{url}");
            }
            let ids = members.iter().map(|(_, id)| EtcdId(*id));
            assert_eq!(cluster_id(ids.clone()), EtcdId(*cluster), "{token}");
            assert_eq!(cluster_id(ids.rev()), EtcdId(*cluster), "in any order");
        }
    }

    #[test]
    fn a_new_token_gives_new_ids() {
        let urls = ["https://127.0.7.11:23801".to_owned()];
        assert_ne!(member_id(&urls, "one"), member_id(&urls, "another"));
    }
}
