use super::{Guard, GuardContext, Refusal};
use crate::action::{self, Decision};
use crate::facts::FoundConf;
use crate::facts::Situation;
use crate::op::ReadOp;
use crate::plan::{Action, MemberFile, PurgeRule, Step};
use crate::render::{self, Rendered};

/// Refuses when a member that runs would get files that it reads only when it starts: this plan has
/// no rolling restart, and a cluster that says one thing and does another is worse than a refusal.
///
/// With the tag `etcd_config` files are written all the same, as in the seeds: that is asked for.
pub(super) fn judge(context: &GuardContext<'_>) -> Vec<Refusal> {
    let is_left_alone = matches!(context.situation(), Situation::Present { .. })
        && context.plan().purge_rule() == PurgeRule::WhenNeeded
        && context.plans(|action| action == Action::Launch);
    if !is_left_alone {
        return Vec::new();
    }
    let mut refusals = Vec::new();
    for step in context.steps() {
        let Action::Promote { file } = step.action() else {
            continue;
        };
        let (Some(member), true) = (step.member(), file.needs_restart()) else {
            continue;
        };
        let Ok(found) =
            crate::facts::MemberFound::of(context.spec(), member, context.run.observation)
        else {
            continue;
        };
        if !found.service.state.is_alive() {
            continue;
        }
        if is_ignored(context, step, file) {
            continue;
        }
        if let Ok(Decision::Change(_)) = action::decide(&context.of_step(step)) {
            let path = file.wanted().path;
            if file == MemberFile::CaCertificate {
                let evidence = format!(
                    "etcd runs, and {path} is not what the control machine has: it trusts others"
                );
                let hint = "`etcd-plan reload` writes it and restarts members one by one; another \
                            authority is brought in with `etcd-plan rotate ca`";
                refusals.push(context.refuse(Guard::Drift, &member.host.name, evidence, hint));
                continue;
            }
            let evidence = format!("etcd runs, and {path} is not as the inventory has it");
            let hint = "`etcd-plan reload` writes it and restarts members one by one, the leader \
                        last; with the tag `etcd_config` the file is written and nobody restarts";
            refusals.push(context.refuse(Guard::Drift, &member.host.name, evidence, hint));
        }
    }
    refusals
}

/// Says whether a configuration differs only in what etcd does not read again.
fn is_ignored<'a>(context: &GuardContext<'a>, step: Step<'a>, file: MemberFile) -> bool {
    let of_step = context.of_step(step);
    if file == MemberFile::CaCertificate {
        return action::trusts_as_wanted(&of_step);
    }
    let path = file.wanted().path;
    let found = of_step
        .facts()
        .and_then(|facts| facts.bytes(&ReadOp::ReadFile { path }));
    match (found, render::member_file(&of_step, file)) {
        (Ok(Some(found)), Ok(Rendered::Content(wanted))) if file == MemberFile::EtcdConf => {
            !FoundConf::differs_for_good(found, wanted.bytes())
        }
        _ => false,
    }
}
