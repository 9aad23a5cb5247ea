use super::Output;
use crate::action::Problem;
use crate::render::ClientEnvironment;
use crate::spec::ClusterSpec;

/// Renders the environment of `etcdctl` for a host that is no member: as members have it, with
/// other certificates.
pub(super) fn render(output: &Output, spec: &ClusterSpec) -> Result<String, Problem> {
    let environment = ClientEnvironment {
        cluster: spec.name.clone(),
        endpoints: spec.endpoints(),
        cacert: output.ca.to_string(),
        cert: output.cert.to_string(),
        key: output.key.to_string(),
    };
    environment.to_sh()
}
