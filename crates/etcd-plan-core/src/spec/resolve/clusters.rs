use super::groups::EtcdGroups;
use super::{host, level, settings, unknown};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{ExtraVars, HostVars, Inventory, Level, Var};
use crate::names::{ClusterName, GroupName};
use crate::spec::params::IDENTITY;
use crate::spec::{self, ClusterSpec, HostSpec, MemberSpec, Unread};

/// The clusters of an inventory, and what is to be said of them.
#[derive(Debug, Clone)]
pub struct ResolvedInventory {
    /// The clusters, in the order of their names.
    pub clusters: Vec<ClusterSpec>,
    /// The warnings, those of the inventory's text included.
    pub diagnostics: Diagnostics,
}

/// Finds the etcd clusters of an inventory and resolves them; `extra` goes above all variables.
///
/// # Errors
///
/// When there is no cluster, or something is wrong with one: all findings at once, the warnings
/// included.
pub fn resolve(inventory: &Inventory, extra: &ExtraVars) -> Result<ResolvedInventory, Diagnostics> {
    let mut findings = inventory.diagnostics().clone();
    let carriers = carriers(inventory, extra, &mut findings);
    let groups = EtcdGroups::of(inventory, extra, &carriers, &mut findings);
    let doubtful = groups.check_seq(inventory, extra, &carriers, &mut findings);
    let infra = infra(inventory, extra, &mut findings);
    let (mut clusters, mut all_unread) = (Vec::new(), Vec::new());
    for ((name, group), mut carriers) in groups.sorted(&carriers) {
        carriers.sort_by_key(|carrier| (carrier.seq, carrier.vars.host()));
        let vars: Vec<&HostVars<'_>> = carriers.iter().map(|carrier| &carrier.vars).collect();
        let mut unread = Unread::default();
        let shared = settings::Members {
            cluster: name,
            group: &group,
            vars: &vars,
        };
        let settings = settings::resolve(&shared, &mut unread, &mut findings);
        check_identity(&carriers, &group, &mut findings);
        unknown::check(&vars, &mut findings);
        let members: Vec<MemberSpec> = carriers
            .iter()
            .filter_map(|carrier| member(inventory, name, carrier, &mut findings))
            .collect();
        unread.members = members.len() < carriers.len() || doubtful.contains(name);
        all_unread.push(unread);
        clusters.push(ClusterSpec {
            name: name.clone(),
            place: inventory.group_place(group.as_str()),
            group,
            settings,
            members,
            leaving: Vec::new(),
            infra: infra.clone(),
        });
    }
    if carriers.is_empty() && !findings.has_errors() {
        findings.push(Diagnostic::new(
            Code::NoCluster,
            "the inventory has no etcd cluster: no host of it has an `etcd_seq`",
            "give each host of a group a number: `etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }`",
        ));
    }
    findings.extend(spec::check(&clusters, &all_unread));
    let diagnostics = findings.into_result()?;
    Ok(ResolvedInventory {
        clusters,
        diagnostics,
    })
}

/// A host that carries `etcd_seq`.
pub(super) struct Carrier<'a> {
    pub(super) vars: HostVars<'a>,
    pub(super) seq_var: Var<'a>,
    /// None when it is not good: a finding was made then.
    pub(super) seq: Option<u32>,
    pub(super) cluster: ClusterName,
}

impl<'a> Carrier<'a> {
    /// Gives the group under whose hosts `etcd_seq` is written, where the text says it.
    pub(super) fn written_in(&self) -> Option<&'a GroupName> {
        match self.seq_var.level {
            Level::Host { group } => group,
            _ => None,
        }
    }
}

fn carriers<'a>(
    inventory: &'a Inventory,
    extra: &'a ExtraVars,
    findings: &mut Diagnostics,
) -> Vec<Carrier<'a>> {
    let mut carriers = Vec::new();
    for name in inventory.hosts() {
        let vars = inventory.vars(name, extra);
        let Some(seq_var) = vars.get("etcd_seq").filter(|var| !var.value.is_null()) else {
            continue;
        };
        let seq = host::seq(&vars, &seq_var, findings);
        let cluster = host::cluster_name(&vars, findings);
        let mut carrier = Carrier {
            vars,
            seq_var,
            seq,
            cluster: cluster.clone().unwrap_or_default(),
        };
        if cluster.is_none() {
            // The group's name stands in, so that the members do not fall among those of another.
            let group = carrier.written_in();
            let stand_in = group.and_then(|group| group.as_str().parse().ok());
            carrier.cluster = stand_in.unwrap_or_default();
        }
        carriers.push(carrier);
    }
    carriers
}

/// Checks the levels of the parameters that say who a member is.
fn check_identity(carriers: &[&Carrier<'_>], group: &GroupName, findings: &mut Diagnostics) {
    for parameter in IDENTITY {
        // Several members with `etcd_seq` from one place have the same one, which says it all.
        if parameter.name == "etcd_seq" && carriers.len() > 1 {
            continue;
        }
        let mut written: Vec<Var<'_>> = Vec::new();
        for var in carriers.iter().filter_map(|c| c.vars.get(parameter.name)) {
            if written.last().is_none_or(|last| last.span != var.span) {
                written.push(var);
            }
        }
        level::check(parameter, &written, group, findings);
    }
}

fn member(
    inventory: &Inventory,
    name: &ClusterName,
    carrier: &Carrier<'_>,
    findings: &mut Diagnostics,
) -> Option<MemberSpec> {
    let vars = &carrier.vars;
    let place = inventory.host_place(vars.host().as_str());
    let host_spec = host::host(vars, findings);
    let address = host::address(vars, &host_spec.connection, place.clone(), findings)?;
    let learner = host::learner(vars, findings);
    let seq = carrier.seq?;
    let given = host::member_name(vars, name, seq, findings);
    Some(MemberSpec {
        seq,
        name: given.unwrap_or_else(|| name.member(seq)),
        address,
        learner,
        host: host_spec,
        place,
        seq_place: carrier.seq_var.place(),
    })
}

/// The hosts at which members are registered.
fn infra(inventory: &Inventory, extra: &ExtraVars, findings: &mut Diagnostics) -> Vec<HostSpec> {
    let hosts = inventory.hosts_of("infra").unwrap_or_default();
    hosts
        .iter()
        .map(|name| host::host(&inventory.vars(name, extra), findings))
        .collect()
}
