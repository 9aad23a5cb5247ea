use serde::Serialize;

use super::{Output, patroni};
use crate::names::{ClusterName, MemberName};
use crate::spec::ClusterSpec;

/// Renders one JSON document, `etcd-plan-outputs/1`, that says all that the other files do.
pub(super) fn render(output: &Output, spec: &ClusterSpec) -> String {
    let members = spec.members.iter().map(|member| Member {
        name: &member.name,
        address: member.address.to_string(),
        client_url: spec.client_url(member),
        learner: member.learner,
    });
    let document = Document {
        format: "etcd-plan-outputs/1",
        cluster: &spec.name,
        endpoints: spec.endpoints(),
        hosts: patroni::hosts(spec),
        ca: output.ca.as_str(),
        cert: output.cert.as_str(),
        key: output.key.as_str(),
        namespace: output.namespace.as_str(),
        scope: output.scope.as_ref().map(super::Scope::as_str),
        leader_key: output
            .scope
            .as_ref()
            .map(|scope| output.namespace.leader_key(scope)),
        members: members.collect(),
    };
    let text = serde_json::to_string_pretty(&document);
    text.expect("the document has only text keys") + "\n"
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    cluster: &'a ClusterName,
    endpoints: Vec<String>,
    hosts: Vec<String>,
    ca: &'a str,
    cert: &'a str,
    key: &'a str,
    namespace: &'a str,
    scope: Option<&'a str>,
    leader_key: Option<String>,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    name: &'a MemberName,
    address: String,
    client_url: String,
    learner: bool,
}
