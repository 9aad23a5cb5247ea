use serde::Serialize;

use super::Output;
use crate::action::Problem;
use crate::render::render_template;
use crate::spec::ClusterSpec;

/// Renders the configuration of vip-manager (`--config`): which key of etcd names the primary, and
/// how etcd is reached.
pub(super) fn render(output: &Output, spec: &ClusterSpec) -> Result<String, Problem> {
    let Some(scope) = &output.scope else {
        return Err(Problem::new(
            "vip-manager follows the leader of a Patroni cluster, and none is named",
            "name it with the scope that Patroni has, as in `--scope pg-test`",
        ));
    };
    render_template(
        "vip-manager.yml",
        &Context {
            cluster: spec.name.as_str(),
            scope: scope.as_str(),
            trigger_key: output.namespace.leader_key(scope),
            node: output.node.as_deref(),
            vip: output.vip.as_ref().map(|vip| Vip {
                ip: vip.address.address.to_string(),
                netmask: vip.address.prefix,
                interface: &vip.interface,
            }),
            endpoints: spec.endpoints(),
            ca_file: output.ca.as_str(),
            cert_file: output.cert.as_str(),
            key_file: output.key.as_str(),
        },
    )
}

#[derive(Serialize)]
struct Context<'a> {
    cluster: &'a str,
    scope: &'a str,
    trigger_key: String,
    node: Option<&'a str>,
    vip: Option<Vip<'a>>,
    endpoints: Vec<String>,
    ca_file: &'a str,
    cert_file: &'a str,
    key_file: &'a str,
}

#[derive(Serialize)]
struct Vip<'a> {
    ip: String,
    netmask: u8,
    interface: &'a str,
}
