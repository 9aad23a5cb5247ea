use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::context::Environment;
use super::engine::render;
use crate::action::Problem;
use crate::names::ClusterName;
use crate::plan::MemberFile;
use crate::spec::ClusterSpec;

/// What `etcdctl` is told of a cluster, and with which files it proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEnvironment {
    /// The cluster.
    pub cluster: ClusterName,
    /// The client URLs of the members that vote: learners answer no linearizable read.
    pub endpoints: Vec<String>,
    /// The certificate of the authority.
    pub cacert: String,
    /// The client certificate.
    pub cert: String,
    /// Its key.
    pub key: String,
}

impl ClientEnvironment {
    /// Gives the environment on the hosts of members, whose files lie below `root` (empty for `/`).
    pub fn on_members(spec: &ClusterSpec, root: &str) -> Self {
        let path = |file: MemberFile| file.wanted().path.below(root);
        Self {
            cluster: spec.name.clone(),
            endpoints: spec.endpoints(),
            cacert: path(MemberFile::TrustedCa),
            cert: path(MemberFile::Certificate),
            key: path(MemberFile::PrivateKey),
        }
    }

    /// Gives the variables of `etcdctl`, in the order in which they are written.
    pub fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("ETCDCTL_API", "3".to_owned()),
            ("ETCDCTL_ENDPOINTS", self.endpoints.join(",")),
            ("ETCDCTL_CACERT", self.cacert.clone()),
            ("ETCDCTL_CERT", self.cert.clone()),
            ("ETCDCTL_KEY", self.key.clone()),
        ]
    }

    /// Writes it for a shell, with the aliases of the seeds: for a file in `/etc/profile.d`, or for
    /// `eval`.
    ///
    /// # Errors
    ///
    /// When the template does not work.
    pub fn to_sh(&self) -> Result<String, Problem> {
        render(
            "etcdctl.sh",
            &Environment {
                cluster: self.cluster.as_str(),
                endpoints: self.endpoints.join(","),
                ca_file: self.cacert.clone(),
                cert_file: self.cert.clone(),
                key_file: self.key.clone(),
            },
        )
    }

    /// Writes it as `NAME="value"`, a line each, as dotenv files and systemd's `EnvironmentFile`
    /// have it.
    pub fn to_dotenv(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.variables() {
            let value = value.replace('\\', r"\\").replace('"', r#"\""#);
            writeln!(text, "{name}=\"{value}\"").expect("a String takes everything");
        }
        text
    }

    /// Writes it as a JSON object of the variables.
    pub fn to_json(&self) -> String {
        let variables: BTreeMap<&str, String> = self.variables().into_iter().collect();
        serde_json::to_string_pretty(&variables).expect("texts are JSON")
    }
}

/// Renders the client environment of a cluster for a shell, for files below `root`.
///
/// # Errors
///
/// When the template does not work.
pub fn environment(spec: &ClusterSpec, root: &str) -> Result<String, Problem> {
    ClientEnvironment::on_members(spec, root).to_sh()
}

#[cfg(test)]
mod tests {
    use super::ClientEnvironment;

    #[test]
    fn each_form_says_the_same() {
        let environment = ClientEnvironment {
            cluster: "etcd".parse().expect("a name"),
            endpoints: vec![
                "https://10.10.10.10:2379".to_owned(),
                "https://[fd00::2]:2379".to_owned(),
            ],
            cacert: "/etc/pki/ca.crt".to_owned(),
            cert: "/my \"certs\"/server.crt".to_owned(),
            key: "/etc/etcd/server.key".to_owned(),
        };
        let dotenv = environment.to_dotenv();
        assert!(
            dotenv.contains(
                "ETCDCTL_ENDPOINTS=\"https://10.10.10.10:2379,https://[fd00::2]:2379\"\n"
            )
        );
        assert!(
            dotenv.contains(r#"ETCDCTL_CERT="/my \"certs\"/server.crt""#),
            "{dotenv}"
        );
        let sh = environment.to_sh().expect("the template works");
        assert!(
            sh.contains("export ETCDCTL_CERT='/my \"certs\"/server.crt'\n"),
            "{sh}"
        );
        let json: serde_json::Value = serde_json::from_str(&environment.to_json()).expect("JSON");
        for (name, value) in environment.variables() {
            assert_eq!(json[name], value);
            assert!(sh.contains(&format!("export {name}=")), "{sh}");
        }
    }
}
