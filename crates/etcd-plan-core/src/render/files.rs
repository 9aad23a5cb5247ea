use std::borrow::Cow;

use super::context::{Entry, EtcdConf, Target, Unit};
use super::engine::render;
use crate::action::{Problem, StepContext};
use crate::facts::{CertificateState, MemberFound, Standing};
use crate::names::{Address, Minor, Port};
use crate::op::{FileContent, ReadOp};
use crate::plan::MemberFile;
use crate::spec::{ClusterSpec, InitialState, MemberSpec};

/// A file's content, if it can be known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// It is this.
    Content(FileContent),
    /// It holds a certificate that is not issued yet.
    NotYet,
}

/// Renders a file of a member.
///
/// # Errors
///
/// When the certificates were not read, or a template does not work.
pub fn member_file(context: &StepContext<'_>, file: MemberFile) -> Result<Rendered, Problem> {
    let text = match file {
        MemberFile::EtcdConf => etcd_conf(context)?,
        MemberFile::Unit => unit(context)?,
        MemberFile::Environment => super::environment(context.spec(), context.root())?,
        MemberFile::TrustedCa
        | MemberFile::CaCertificate
        | MemberFile::Certificate
        | MemberFile::PrivateKey => return key_material(context, file),
    };
    Ok(Rendered::Content(FileContent::Shown(text)))
}

/// Renders the file with which a member is registered with Prometheus: one entry of `file_sd`.
///
/// # Errors
///
/// When the template does not work.
pub fn target(spec: &ClusterSpec, member: &MemberSpec) -> Result<String, Problem> {
    let address = member.address.in_url();
    render(
        "target.yml",
        &Target {
            member: member.name.as_str(),
            cluster: spec.name.as_str(),
            ip: member.address.to_string(),
            endpoint: format!("{address}:{}", *spec.settings.network.port),
        },
    )
}

fn etcd_conf(context: &StepContext<'_>) -> Result<String, Problem> {
    let (spec, member, root) = (context.spec(), context.member(), context.root());
    let settings = &spec.settings;
    let extra = &settings.storage.extra_config.value.0;
    let extra = match minor(context) {
        Some(minor) => Cow::Owned(super::keys::of_version(extra, minor)),
        None => Cow::Borrowed(extra),
    };
    render(
        "etcd.conf",
        &EtcdConf {
            name: member.name.as_str(),
            data_dir: settings.storage.data.below(root),
            token: context.run.token(context.cluster()),
            init: initial_state(context).to_string(),
            initial_cluster: initial_cluster(context)?,
            peer_url: spec.peer_url(member),
            client_url: spec.client_url(member),
            listen_peer_url: listen_url(member, *settings.network.peer_port),
            listen_client_urls: listen_client_urls(spec, member),
            election_timeout: settings.timing.election_timeout.0,
            heartbeat_interval: settings.timing.heartbeat_interval.0,
            quota: settings.storage.quota.0,
            auto_compaction_retention: settings.storage.auto_compaction_retention.to_string(),
            snapshot_count: settings.storage.snapshot_count.map(|count| count.0),
            extra: extra
                .iter()
                .map(|(key, value)| Entry {
                    key,
                    value: value.to_string(),
                })
                .collect(),
            ca_file: path(MemberFile::CaCertificate, root),
            cert_file: path(MemberFile::Certificate, root),
            key_file: path(MemberFile::PrivateKey, root),
        },
    )
}

/// Gives the minor release that the member is to start with: that of an upgrade, or else what its
/// host has, or is to have. None where nobody says: keys stay as they were written then.
fn minor(context: &StepContext<'_>) -> Option<Minor> {
    let wanted = context.spec().settings.package.version.value.as_ref();
    let installed = || {
        let package = context.facts().ok()?.package(&ReadOp::Package).ok()?;
        package.etcd.as_ref()
    };
    let target = context.run.target(context.cluster());
    let version = target.or_else(installed).or(wanted)?;
    Some(version.minor())
}

/// The members that a member knows when it starts for the first time: all of them, or those of the
/// cluster that it joins, as that lists them, and itself (design.md, rule 8).
fn initial_cluster(context: &StepContext<'_>) -> Result<String, Problem> {
    let (spec, cluster) = (context.spec(), context.cluster());
    let is_named = |position: usize, member: &MemberSpec| -> Result<bool, Problem> {
        if !context.run.plan.joins(cluster) {
            return Ok(true);
        }
        // Those that join before it are members by then.
        let own = spec
            .members
            .iter()
            .position(|m| m.seq == context.member().seq);
        let joins = context.run.is_joining(cluster, member);
        let is_before = !context.is_joining() || own.is_some_and(|own| position <= own);
        Ok((joins && is_before) || context.run.standing(cluster, member)? != Standing::Unlisted)
    };
    let mut entries = Vec::new();
    // A member that joins before another one leaves is told of that too.
    if context.is_joining() {
        let listed = context.run.listed(cluster)?;
        for known in listed.iter().filter(|known| spec.is_leaving(known)) {
            entries.push(format!("{}={}", known.name, known.peer_urls.join(",")));
        }
    }
    for (position, member) in spec.members.iter().enumerate() {
        if is_named(position, member)? {
            entries.push(format!("{}={}", member.name, spec.peer_url(member)));
        }
    }
    Ok(entries.join(","))
}

/// `initial-cluster-state` is for the first start: afterwards etcd ignores it, and what stands there
/// stays.
fn initial_state(context: &StepContext<'_>) -> InitialState {
    if context.is_joining() {
        return InitialState::Existing;
    }
    let wanted = *context.spec().settings.guards.init;
    if context.run.builds(context.cluster()) {
        return wanted;
    }
    let found = MemberFound::of(context.spec(), context.member(), context.run.observation);
    let state = found.ok().and_then(|found| found.conf?.state);
    state.unwrap_or(wanted)
}

/// etcd listens on addresses only: where a member has a name, on all of them.
fn listen_url(member: &MemberSpec, port: Port) -> String {
    match &member.address {
        Address::Ip(_) => format!("https://{}:{port}", member.address.in_url()),
        Address::Dns(_) => format!("https://0.0.0.0:{port}"),
    }
}

/// A member also listens on the loopback address, for clients on its host; not where its own
/// address is one, since several members then share the machine.
fn listen_client_urls(spec: &ClusterSpec, member: &MemberSpec) -> String {
    let port = *spec.settings.network.port;
    let own = listen_url(member, port);
    if member.address.is_loopback() || member.address.ip().is_none() {
        return own;
    }
    format!("{own},https://{}:{port}", Address::LOOPBACK)
}

fn unit(context: &StepContext<'_>) -> Result<String, Problem> {
    let name = context.member().name.as_str();
    render(
        "etcd.service",
        &Unit {
            name,
            config_file: path(MemberFile::EtcdConf, context.root()),
        },
    )
}

fn key_material(context: &StepContext<'_>, file: MemberFile) -> Result<Rendered, Problem> {
    if context.run.rotates_next(context.cluster()) {
        return Ok(Rendered::NotYet);
    }
    let keys = context.run.observation.keys.get(context.cluster());
    let position = context
        .spec()
        .members
        .iter()
        .position(|m| m.seq == context.member().seq);
    let state = keys
        .zip(position)
        .and_then(|(keys, position)| keys.members.get(position));
    let authority = keys.and_then(|keys| keys.ca.as_ref());
    let is_of_authority = matches!(file, MemberFile::TrustedCa | MemberFile::CaCertificate);
    let material = match state {
        Some(CertificateState::Good(material)) => material,
        Some(CertificateState::ToIssue { .. }) => {
            // It may be there already that issues it.
            let known = authority.filter(|_| is_of_authority);
            let known = known.map(|ca| FileContent::Shown(ca.trusted_pem()));
            return Ok(known.map_or(Rendered::NotYet, Rendered::Content));
        }
        None => {
            let message = "the certificates on the control machine were not read";
            return Err(Problem::new(message, "report this as a bug"));
        }
    };
    Ok(Rendered::Content(match file {
        MemberFile::Certificate => FileContent::Shown(material.certificate.clone()),
        MemberFile::PrivateKey => FileContent::Hidden(material.key.clone()),
        _ => FileContent::Shown(material.ca.clone()),
    }))
}

fn path(file: MemberFile, root: &str) -> String {
    file.wanted().path.below(root)
}
