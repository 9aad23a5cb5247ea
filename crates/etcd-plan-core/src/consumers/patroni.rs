use serde::Serialize;

use super::Output;
use crate::action::Problem;
use crate::render::render_template;
use crate::spec::ClusterSpec;

/// Renders a file of Patroni's configuration. Patroni takes a folder in place of a file and merges
/// the YAML files in it, so this one can lie beside the consumer's own.
pub(super) fn render(output: &Output, spec: &ClusterSpec) -> Result<String, Problem> {
    render_template(
        "patroni.yml",
        &Context {
            cluster: spec.name.as_str(),
            scope: output.scope.as_ref().map(super::Scope::as_str),
            namespace: output.namespace.as_str(),
            hosts: hosts(spec),
            ca_file: output.ca.as_str(),
            cert_file: output.cert.as_str(),
            key_file: output.key.as_str(),
        },
    )
}

/// Gives the members that vote as Patroni wants them: address and port, without a scheme.
pub(super) fn hosts(spec: &ClusterSpec) -> Vec<String> {
    let port = *spec.settings.network.port;
    let hosts = spec.voters().map(|member| member.address.in_url());
    hosts.map(|host| format!("{host}:{port}")).collect()
}

#[derive(Serialize)]
struct Context<'a> {
    cluster: &'a str,
    scope: Option<&'a str>,
    namespace: &'a str,
    hosts: Vec<String>,
    ca_file: &'a str,
    cert_file: &'a str,
    key_file: &'a str,
}
