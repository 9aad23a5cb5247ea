use super::prerequisites::judge_package_file;
use super::{Guard, GuardContext, Refusal};
use crate::action::running;
use crate::facts::MemberQuestions;
use crate::names::{EtcdVersion, Minor};
use crate::op::ReadOp;
use crate::spec::MemberSpec;

/// The least patch from which members may go to the next minor release, by etcd's upgrade guides
/// (facts.md S32 and S33): below it they lose learners, or take back members that were removed.
const FLOORS: [(Minor, &str); 2] = [
    (Minor { major: 3, minor: 6 }, "3.5.32"),
    (Minor { major: 3, minor: 7 }, "3.6.11"),
];

/// The release into which nobody goes member by member while the cluster has users: the log is
/// written in another form (upgrade guide to 3.5; facts.md S31).
const NOT_WITH_USERS: Minor = Minor { major: 3, minor: 5 };

/// Refuses a way from the versions that are there to the one that is wanted which etcd does not go.
pub(super) fn judge(context: &GuardContext<'_>, refusals: &mut Vec<Refusal>) {
    let Some(target) = context.run.target(context.cluster) else {
        return;
    };
    for member in &context.spec().members {
        let Ok(facts) = context.facts(&member.host.name) else {
            continue; // the guard `readable` refuses
        };
        let package = facts.package(&ReadOp::Package).ok();
        let installed = package.and_then(|package| package.etcd.clone());
        let runs = running(context.spec(), member, context.run.observation);
        match runs.or_else(|| installed.clone()) {
            Some(version) => {
                let way = way(&version, target);
                refusals.extend(way.map(|(why, hint)| {
                    let evidence = format!("{} is on etcd {version}, {why}", member.name);
                    of(context, member, evidence, hint)
                }));
            }
            None => refusals.push(of(
                context,
                member,
                format!("nobody knows on which version {} is", member.name),
                "see that it runs: the goal `create` starts members that stand still".to_owned(),
            )),
        }
        let is_selected = context.plan().selection().takes_host(&member.host.name);
        let is_there = installed.is_some_and(|installed| target.is_met_by(&installed));
        if is_selected && !is_there {
            judge_source(context, member, refusals);
        }
    }
    judge_users(context, target, refusals);
    if let Ok(listed) = context.run.listed(context.cluster) {
        for learner in listed.iter().filter(|known| known.is_learner) {
            let evidence = format!(
                "the cluster has a learner: {} ({})",
                learner.name, learner.id
            );
            let hint = "promote it, or take it out of the cluster, before members are upgraded";
            refusals.push(context.refuse(Guard::Prerequisites, None, evidence, hint));
        }
    }
}

fn of<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    evidence: String,
    hint: String,
) -> Refusal {
    context.refuse(Guard::Prerequisites, &member.host.name, evidence, hint)
}

/// Says why a member cannot go from one version to another, and what to do.
fn way(from: &EtcdVersion, to: &EtcdVersion) -> Option<(String, String)> {
    if from > to {
        return Some((
            format!("and {to} is older"),
            "name that version or a later one; back goes a cluster only by etcd's own procedure \
             (`etcdctl downgrade`) or from a snapshot"
                .to_owned(),
        ));
    }
    let (is, wanted) = (from.minor(), to.minor());
    let next = Minor {
        minor: is.minor + 1,
        ..is
    };
    if wanted == is {
        return None;
    }
    if wanted != next {
        return Some((
            format!("and {to} is more than one minor release away"),
            format!("upgrade to {next} first"),
        ));
    }
    let floor = FLOORS.iter().find(|(minor, _)| *minor == wanted);
    let (_, floor) = floor.filter(|(_, floor)| floor.parse().is_ok_and(|floor| *from < floor))?;
    Some((
        format!("and {wanted} takes members from {floor} on"),
        format!("upgrade to {floor} or a later {is} first"),
    ))
}

/// The new version must be to be had, and to be installed.
fn judge_source<'a>(
    context: &GuardContext<'a>,
    member: &'a MemberSpec,
    refusals: &mut Vec<Refusal>,
) {
    let Ok(facts) = context.facts(&member.host.name) else {
        return;
    };
    let (Ok(package), Ok(system)) = (
        facts.package(&ReadOp::Package),
        facts.system(&ReadOp::System),
    ) else {
        return;
    };
    if system.throwaway {
        let evidence =
            "a sandbox has no etcd of its own: it runs the one of its machine".to_owned();
        let hint = "install another etcd on the machine, and reload".to_owned();
        refusals.push(of(context, member, evidence, hint));
    } else if let Some(file) = &context.spec().settings.package.package.value {
        judge_package_file(context, member, file, package.manager, refusals);
    } else if package.manager.is_none() {
        let evidence = "no package manager can be used".to_owned();
        let hint = "run as root where there is apt, dnf or yum, or name a file in `etcd_package`";
        refusals.push(of(context, member, evidence, hint.to_owned()));
    }
}

/// "Could not tell" refuses too.
fn judge_users(context: &GuardContext<'_>, target: &EtcdVersion, refusals: &mut Vec<Refusal>) {
    let spec = context.spec();
    let crosses = spec.members.iter().any(|member| {
        let runs = running(spec, member, context.run.observation);
        runs.is_some_and(|runs| runs.minor() < NOT_WITH_USERS)
    });
    if target.minor() != NOT_WITH_USERS || !crosses {
        return;
    }
    let mut told = spec.members.iter().filter_map(|member| {
        let asks = MemberQuestions::new(spec, member);
        *context
            .facts(&member.host.name)
            .ok()?
            .auth(&asks.auth())
            .ok()?
    });
    let (evidence, hint) = match told.next() {
        Some(false) if told.all(|has_users| !has_users) => return,
        Some(_) => (
            format!(
                "{} has users (`etcdctl auth enable`), and its log cannot be read by members of both \
                 3.4 and {}",
                spec.name,
                target.minor()
            ),
            "`etcdctl auth disable` for the time of the upgrade, or restore a snapshot on the new \
             version (etcd's upgrade guide to 3.5)",
        ),
        None => (
            format!("nobody says whether {} has users", spec.name),
            "see that its members answer",
        ),
    };
    refusals.push(context.refuse(Guard::Prerequisites, None, evidence, hint));
}

#[cfg(test)]
mod tests {
    use super::way;

    #[test]
    fn only_the_next_minor_release_from_a_good_patch() {
        for (from, to, why) in [
            ("3.4.23", "3.4.30", None),
            ("3.4.23", "3.5.16", None),
            ("3.5.16", "3.5.16", None),
            ("3.5.32", "3.6.4", None),
            ("3.6.11", "3.7.0", None),
            ("3.4.23", "3.6.4", Some("more than one minor")),
            ("3.5.31", "3.6.4", Some("from 3.5.32 on")),
            ("3.6.10", "3.7.0", Some("from 3.6.11 on")),
            ("3.5.16", "3.4.30", Some("is older")),
            ("3.5.16", "3.5.15", Some("is older")),
            ("3.5.40", "4.0.0", Some("more than one minor")),
        ] {
            let version = |text: &str| text.parse().expect("a version");
            let found = way(&version(from), &version(to));
            match why {
                None => assert_eq!(found, None, "{from} {to}"),
                Some(why) => {
                    let (said, _) = found.unwrap_or_else(|| panic!("{from} {to} is let through"));
                    assert!(said.contains(why), "{said}");
                }
            }
        }
    }
}
