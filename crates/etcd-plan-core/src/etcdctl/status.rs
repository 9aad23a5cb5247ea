use serde::Deserialize;

use super::number::{id, number, some_number};
use super::{Unreadable, json};
use crate::names::EtcdId;
use crate::op::EndpointStatus;

const COMMAND: &str = "endpoint status";

/// Reads what `etcdctl endpoint status -w json` prints when it asked one endpoint.
///
/// # Errors
///
/// When it is not the status of exactly one endpoint.
pub fn endpoint_status(printed: &[u8]) -> Result<EndpointStatus, Unreadable> {
    let answers: Vec<Answer> = json(COMMAND, printed)?;
    match <[Answer; 1]>::try_from(answers) {
        Ok([answer]) => Ok(answer.status.into()),
        Err(answers) => Err(Unreadable {
            command: COMMAND,
            reason: format!(
                "it has the status of {} endpoints, not of one",
                answers.len()
            ),
        }),
    }
}

/// One element of the list, an endpoint with its status.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Status")]
    status: Status,
}

/// `StatusResponse` of etcd's `rpc.proto`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    header: Header,
    version: String,
    #[serde(default, deserialize_with = "number")]
    db_size: u64,
    #[serde(default, deserialize_with = "some_number")]
    db_size_in_use: Option<u64>,
    #[serde(default = "no_leader", deserialize_with = "id")]
    leader: EtcdId,
    #[serde(default, deserialize_with = "number")]
    raft_index: u64,
    #[serde(default, deserialize_with = "number")]
    raft_term: u64,
    #[serde(default, deserialize_with = "number")]
    raft_applied_index: u64,
    #[serde(default)]
    is_learner: bool,
}

/// `ResponseHeader` of etcd's `rpc.proto`.
#[derive(Deserialize)]
struct Header {
    #[serde(deserialize_with = "id")]
    cluster_id: EtcdId,
    #[serde(deserialize_with = "id")]
    member_id: EtcdId,
    #[serde(default, deserialize_with = "number")]
    revision: u64,
}

fn no_leader() -> EtcdId {
    EtcdId(0)
}

impl From<Status> for EndpointStatus {
    fn from(status: Status) -> Self {
        Self {
            cluster_id: status.header.cluster_id,
            member_id: status.header.member_id,
            leader: status.leader,
            version: status.version,
            db_size: status.db_size,
            db_size_in_use: status.db_size_in_use,
            revision: status.header.revision,
            raft_term: status.raft_term,
            raft_index: status.raft_index,
            raft_applied_index: status.raft_applied_index,
            is_learner: status.is_learner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint_status;
    use crate::names::EtcdId;

    #[test]
    fn reads_each_minor_release() {
        let read = |printed| endpoint_status(printed).expect("a recorded status");
        let status = read(include_bytes!("fixtures/3.4.23/status.json"));
        insta::assert_debug_snapshot!("status-3.4.23", status);
        let status = read(include_bytes!("fixtures/3.5.1/status-nospace.json"));
        insta::assert_debug_snapshot!("status-3.5.1", status);
        let status = read(include_bytes!("fixtures/3.6/status.json"));
        insta::assert_debug_snapshot!("status-3.6", status);
        let status = read(include_bytes!("fixtures/3.6/status-nospace.json"));
        assert_eq!(status.leader, status.member_id);
    }

    #[test]
    fn a_field_that_is_zero_is_left_out() {
        let printed = br#"[{"Endpoint":"a:1","Status":{"header":{"cluster_id":1,"member_id":2},"version":"3.4.23"}}]"#;
        let status = endpoint_status(printed).expect("a status without a leader");
        assert_eq!(status.leader, EtcdId(0));
        assert_eq!(status.db_size_in_use, None);
    }

    #[test]
    fn takes_numbers_in_quotes() {
        let printed = br#"[{"Status":{"header":{"cluster_id":"18446744073709551615","member_id":"2"},"version":"4.0.0","leader":"2"}}]"#;
        let status = endpoint_status(printed).expect("a status in canonical JSON");
        assert_eq!(status.cluster_id, EtcdId(u64::MAX));
        assert_eq!(status.leader, status.member_id);
    }

    #[test]
    fn refuses_what_is_no_status_of_one_endpoint() {
        for printed in [
            "",
            "[]",
            "{}",
            "null",
            "[{\"Status\":{}}]",
            "Error: unhealthy",
        ] {
            assert!(endpoint_status(printed.as_bytes()).is_err(), "{printed}");
        }
        let negative = br#"[{"Status":{"header":{"cluster_id":-1,"member_id":2},"version":"3"}}]"#;
        assert!(endpoint_status(negative).is_err());
    }
}
