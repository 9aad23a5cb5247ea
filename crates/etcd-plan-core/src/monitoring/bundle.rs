use serde::Serialize;

use super::{alerts, grafana, recordings, rules};
use crate::action::Problem;
use crate::names::HostPath;
use crate::render::render_template;
use crate::spec::ClusterSpec;

/// Where things are on the hosts that watch, as far as files name each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoringPaths {
    /// The target files that `etcd_register` writes, as a pattern of Prometheus. Default:
    /// `/etc/prometheus/targets/etcd/*.yml`.
    pub targets: String,
    /// The certificate of the clusters' authority. Default: `/etc/pki/ca.crt`.
    pub ca_file: HostPath,
    /// The client certificate that Prometheus shows. Default: `/etc/pki/infra.crt`.
    pub cert_file: HostPath,
    /// Its key. Default: `/etc/pki/infra.key`.
    pub key_file: HostPath,
    /// The folder from which Grafana loads the dashboards. Default:
    /// `/var/lib/grafana/dashboards/etcd`.
    pub dashboards: HostPath,
    /// The file in node exporter's textfile folder. Default: where Debian's package has it,
    /// `/var/lib/prometheus/node-exporter/etcd-plan.prom`.
    pub textfile: HostPath,
}

impl Default for MonitoringPaths {
    fn default() -> Self {
        Self {
            targets: "/etc/prometheus/targets/etcd/*.yml".to_owned(),
            ca_file: HostPath::fixed("/etc/pki/ca.crt"),
            cert_file: HostPath::fixed("/etc/pki/infra.crt"),
            key_file: HostPath::fixed("/etc/pki/infra.key"),
            dashboards: HostPath::fixed("/var/lib/grafana/dashboards/etcd"),
            textfile: HostPath::fixed("/var/lib/prometheus/node-exporter/etcd-plan.prom"),
        }
    }
}

/// A file for the systems that watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoringFile {
    /// Its path below the folder that all of them are written to, such as
    /// `prometheus/rules/etcd.yml`.
    pub path: &'static str,
    /// What is in it.
    pub content: String,
}

/// Renders everything that watches clusters: the scrape job, recording and alerting rules, the
/// dashboard, and what loads them. The first file is a page that says what goes where. Where there
/// are external clusters, which no run registers, the last one has their targets
/// (`prometheus/targets/etcd-external.yml`).
///
/// The same clusters give the same bytes.
///
/// # Errors
///
/// When a template does not work.
pub fn files(
    clusters: &[ClusterSpec],
    paths: &MonitoringPaths,
) -> Result<Vec<MonitoringFile>, Problem> {
    let names: Vec<&str> = clusters.iter().map(|spec| spec.name.as_str()).collect();
    let context = Context {
        clusters: names.join(", "),
        external: clusters.iter().any(ClusterSpec::is_external),
        targets: &paths.targets,
        ca_file: paths.ca_file.as_str(),
        cert_file: paths.cert_file.as_str(),
        key_file: paths.key_file.as_str(),
        folder: paths.dashboards.as_str(),
        textfile: paths.textfile.as_str(),
    };
    let rendered = |path, template| {
        render_template(template, &context).map(|content| MonitoringFile { path, content })
    };
    let file = |path, content| MonitoringFile { path, content };
    let mut files = vec![
        rendered("README.md", "monitoring.md")?,
        rendered("prometheus/scrape/etcd.yml", "prometheus-scrape.yml")?,
        file(
            "prometheus/rules/etcd.yml",
            rules::common(&recordings(), &alerts())?,
        ),
        file(
            "prometheus/rules/etcd-members.yml",
            rules::members(clusters)?,
        ),
        file(
            "grafana/dashboards/etcd-overview.json",
            grafana::overview().to_json(),
        ),
        rendered("grafana/provisioning/etcd.yml", "grafana-provider.yml")?,
        rendered("systemd/etcd-plan-status.service", "status.service")?,
        rendered("systemd/etcd-plan-status.timer", "status.timer")?,
    ];
    // No run registers what no plan is made for.
    let external: Vec<&ClusterSpec> = clusters.iter().filter(|spec| spec.is_external()).collect();
    let members = external.iter().flat_map(|spec| {
        let members = spec.members.iter();
        members.map(|member| crate::render::target(spec, member))
    });
    let targets = members.collect::<Result<Vec<String>, Problem>>()?;
    if !targets.is_empty() {
        files.push(file(
            "prometheus/targets/etcd-external.yml",
            targets.concat(),
        ));
    }
    Ok(files)
}

/// Renders the scrape job alone.
///
/// # Errors
///
/// When a template does not work.
pub fn scrape_job(paths: &MonitoringPaths) -> Result<String, Problem> {
    let job = files(&[], paths)?.into_iter();
    let mut job = job.filter(|file| file.path == "prometheus/scrape/etcd.yml");
    let job = job.next().expect("it is one of the files");
    Ok(job.content)
}

#[derive(Serialize)]
struct Context<'a> {
    clusters: String,
    external: bool,
    targets: &'a str,
    ca_file: &'a str,
    cert_file: &'a str,
    key_file: &'a str,
    folder: &'a str,
    textfile: &'a str,
}
