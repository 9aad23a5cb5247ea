use super::refusal::split_hint;
use super::{Guard, GuardContext, Refusal, upgrade};
use crate::facts::HostFacts;
use crate::names::HostName;
use crate::op::{PackageManager, ReadOp, ServiceManager, digest};
use crate::plan::{Action, Subtask};
use crate::spec::{Leaver, MemberSpec, PackageFile, PackageKind};

/// The least free space below `etcd_data`, in bytes: one preallocated segment of the write-ahead
/// log (64 MB) twice, and room for a young database.
const LEAST_FREE: u64 = 256 << 20;

/// Machines on which etcd does not start unless `ETCD_UNSUPPORTED_ARCH` names them, as `uname -m`
/// calls them.
const NARROW: [&str; 6] = ["i386", "i586", "i686", "armv6l", "armv7l", "mips"];

/// Refuses when a host lacks what the steps on it need.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if !context.plans(Action::can_change) {
        return refusals;
    }
    judge_keys(context, &mut refusals);
    upgrade::judge(context, &mut refusals);
    judge_first_start(context, &mut refusals);
    for member in context.spec().leaving.iter().filter_map(Leaver::on_host) {
        if let Ok(facts) = context.facts(&member.host.name) {
            judge_privilege(context, &member.host.name, facts, &mut refusals);
        }
    }
    for infra in &context.spec().infra {
        if let Ok(facts) = context.facts(&infra.name) {
            judge_privilege(context, &infra.name, facts, &mut refusals);
        }
    }
    for member in &context.spec().members {
        if let Ok(facts) = context.facts(&member.host.name) {
            judge_rights(context, member, facts, &mut refusals);
            // What an upgrade may begin with is for `upgrade` to judge.
            if context.run.target(context.cluster).is_none() {
                judge_package(context, member, facts, &mut refusals);
            }
            judge_space(context, member, facts, &mut refusals);
        }
    }
    refusals
}

/// The control machine must be able to issue certificates, or hold good ones.
fn judge_keys(context: &GuardContext<'_>, refusals: &mut Vec<Refusal>) {
    if !context.plans(|action| action == Action::EnsureAuthority) {
        return;
    }
    if let Some(Err(why)) = context
        .run
        .observation
        .keys
        .get(context.cluster)
        .map(|k| &k.authority)
    {
        let hint = "mend it there, or set `ca_dir` to the folder of another authority";
        let (why, hint) = split_hint(why, hint);
        let evidence = format!("certificates on the control machine: {why}");
        refusals.push(context.refuse(Guard::Prerequisites, None, evidence, hint));
    }
}

/// A new cluster is made by voters.
fn judge_first_start(context: &GuardContext<'_>, refusals: &mut Vec<Refusal>) {
    if !context.run.builds(context.cluster) {
        return;
    }
    let spec = context.spec();
    for learner in spec.members.iter().filter(|member| member.learner) {
        let evidence = format!(
            "{} is a learner, which cannot make a new cluster",
            learner.name
        );
        let hint = "drop `etcd_learner` until the cluster is there";
        let host = &learner.host.name;
        refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
    }
}

fn judge_rights<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    facts: &HostFacts,
    refusals: &mut Vec<Refusal>,
) {
    let host = &member.host.name;
    judge_privilege(context, host, facts, refusals);
    let Ok(system) = facts.system(&ReadOp::System) else {
        return;
    };
    if NARROW.contains(&system.arch.as_str()) && context.plans(needs_services) {
        let evidence = format!(
            "{} is a machine of 32 bits, on which etcd refuses to start",
            system.arch
        );
        let hint = "use a host of 64 bits (etcd's page of supported platforms)";
        refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
    }
    if system.services == ServiceManager::Unknown && context.plans(needs_services) {
        let evidence = "systemd is not process 1 there";
        let hint = "use a host that systemd runs on";
        refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
    }
}

fn judge_privilege<'a>(
    context: &GuardContext<'a>,
    host: &'a HostName,
    facts: &HostFacts,
    refusals: &mut Vec<Refusal>,
) {
    if facts
        .system(&ReadOp::System)
        .is_ok_and(|system| !system.privileged)
    {
        let evidence = "operations do not run as root there";
        let hint = "set `ansible_become: true` for the host, or connect as root";
        refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
    }
}

fn needs_services(action: Action) -> bool {
    matches!(action, Action::Launch | Action::Stop)
}

fn judge_package<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    facts: &HostFacts,
    refusals: &mut Vec<Refusal>,
) {
    let host = &member.host.name;
    let (Ok(package), Ok(system)) = (
        facts.package(&ReadOp::Package),
        facts.system(&ReadOp::System),
    ) else {
        return;
    };
    let installs = context.plans(|action| action == Action::Install);
    let needs_etcd = installs || context.plans(|action| action == Action::Launch);
    if needs_etcd && package.etcd.is_none() {
        if !installs {
            let evidence = "etcd is not installed, and the plan does not install it";
            let hint = format!("add `{}` to the tags", Subtask::Install);
            refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
        } else if let Some(file) = &context.spec().settings.package.package.value {
            judge_package_file(context, member, file, package.manager, refusals);
        } else if package.manager.is_none() {
            let evidence = "etcd is not installed, and no package manager can be used";
            let hint = "put `etcd` and `etcdctl` into the PATH of the host, run as root where there is \
                        apt, dnf or yum, or name a file in `etcd_package`";
            refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
        }
    }
    if let Some(installed) = &package.etcd {
        if installed.corrupts_data() && !system.throwaway {
            let evidence = format!("etcd {installed} is installed, which can corrupt data");
            let hint = "install 3.5.4 or later there (etcd issue 13766)";
            refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
        }
        let wanted = context.spec().settings.package.version.value.as_ref();
        if let Some(wanted) = wanted.filter(|wanted| !wanted.is_met_by(installed)) {
            let evidence = format!("etcd {installed} is installed, and `etcd_version` is {wanted}");
            let hint = "the goal `upgrade` changes it (`etcd-plan upgrade --to`); or change `etcd_version`";
            refusals.push(context.refuse(Guard::Prerequisites, host, evidence, hint));
        }
    }
}

/// A package file must be there, be the one that was meant, and be one that the host can take.
pub(super) fn judge_package_file<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    file: &PackageFile,
    manager: Option<PackageManager>,
    refusals: &mut Vec<Refusal>,
) {
    let settings = &context.spec().settings.package;
    let is_taken = match file.kind() {
        PackageKind::Deb => manager == Some(PackageManager::Apt),
        PackageKind::Rpm => matches!(manager, Some(PackageManager::Dnf | PackageManager::Yum)),
        PackageKind::Archive => true,
    };
    if !is_taken {
        let evidence = format!("the host cannot install `etcd_package` {file}");
        let hint = "name a package of the host's own kind, or a release's .tar.gz";
        refusals.push(context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint));
    }
    let problem = match context.run.observation.packages.get(file.path()) {
        Some(Ok(bytes)) => {
            let found = digest(bytes);
            let wanted = settings.package_sha256.value.as_ref();
            wanted
                .filter(|wanted| wanted.as_str() != found)
                .map(|wanted| {
                    format!("{file} has the SHA-256 {found}, and `etcd_package_sha256` is {wanted}")
                })
        }
        Some(Err(why)) => Some(why.clone()),
        None => Some(format!("{file} was not read")),
    };
    let refusal = problem.map(|evidence| {
        let hint = "see whether `etcd_package` names the right file on this machine";
        context.refuse(Guard::Prerequisites, None, evidence, hint)
    });
    // The file is the same for all hosts.
    refusals.extend(refusal.filter(|refusal| !refusals.contains(refusal)));
}

fn judge_space<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    facts: &HostFacts,
    refusals: &mut Vec<Refusal>,
) {
    let path = &context.spec().settings.storage.data.value;
    let Ok(data) = facts.data_dir(&ReadOp::DataDir { path: path.clone() }) else {
        return;
    };
    if data.free_bytes < LEAST_FREE && context.plans(|action| action == Action::Launch) {
        let evidence = format!(
            "{} MiB are free under {path}, and etcd needs {}",
            data.free_bytes >> 20,
            LEAST_FREE >> 20
        );
        let hint = "free some space, or put `etcd_data` on another file system";
        refusals.push(context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint));
    }
}
