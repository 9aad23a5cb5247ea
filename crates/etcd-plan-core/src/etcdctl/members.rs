use serde::Deserialize;

use super::number::id;
use super::{Unreadable, json};
use crate::names::EtcdId;
use crate::op::MemberFacts;

/// Reads what `etcdctl member list -w json` prints, and sorts it by id.
///
/// # Errors
///
/// When it is not such a list.
pub fn member_list(printed: &[u8]) -> Result<Vec<MemberFacts>, Unreadable> {
    let list: List = json("member list", printed)?;
    let mut members: Vec<MemberFacts> = list.members.into_iter().map(Into::into).collect();
    members.sort_by_key(|member| member.id);
    Ok(members)
}

/// `MemberListResponse` of etcd's `rpc.proto`. Every cluster has a member, so the list is there.
#[derive(Deserialize)]
struct List {
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(rename = "ID", deserialize_with = "id")]
    id: EtcdId,
    #[serde(default)]
    name: String,
    #[serde(rename = "peerURLs", default)]
    peer_urls: Vec<String>,
    #[serde(rename = "clientURLs", default)]
    client_urls: Vec<String>,
    #[serde(rename = "isLearner", default)]
    is_learner: bool,
}

impl From<Member> for MemberFacts {
    fn from(member: Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            peer_urls: member.peer_urls,
            client_urls: member.client_urls,
            is_learner: member.is_learner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::member_list;

    #[test]
    fn reads_each_minor_release() {
        let read = |printed| member_list(printed).expect("a recorded list");
        let members = read(include_bytes!("fixtures/3.4.23/members.json"));
        insta::assert_debug_snapshot!("members-3.4.23", members);
        let members = read(include_bytes!("fixtures/3.5.1/members.json"));
        assert_eq!(members.len(), 4);
        let members = read(include_bytes!("fixtures/3.6/members.json"));
        let learners: Vec<&str> = members
            .iter()
            .filter(|member| member.is_learner)
            .map(|member| member.name.as_str())
            .collect();
        assert_eq!(learners, ["etcd-1"]);
    }

    #[test]
    fn refuses_what_is_no_list() {
        for printed in ["", "{}", "[]", "{\"members\":[{\"name\":\"a\"}]}"] {
            assert!(member_list(printed.as_bytes()).is_err(), "{printed}");
        }
    }
}
