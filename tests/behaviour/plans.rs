//! Every plan keeps the rules of safety, whatever was asked for.

use std::collections::BTreeSet;

use etcd_plan::Goal;
use etcd_plan::diagnostic::Code;
use etcd_plan::guard::Guard;
use etcd_plan::plan::{Action, Plan, Step, StepIndex};
use etcd_plan::spec::MemberSpec;
use etcd_plan_testkit::strategies;
use etcd_plan_tests::{asked, cases, inventory};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn every_plan_is_acyclic_and_guarded_whatever_is_selected(
        case in strategies::inventory(),
        asked in asked(),
    ) {
        let plan = match asked.plan(&inventory(&case.text), &case.hosts()) {
            Ok(plan) => plan,
            // A limit that takes in no member leaves nothing to plan.
            // Nor does one that leaves out no member whom others could join.
            Err(error) if error.to_string().contains(Code::JoinWithoutLimit.as_str()) => {
                prop_assert_eq!(asked.goal, Goal::Join);
                return Ok(());
            }
            // The last member stays, and who is none cannot leave.
            Err(_) if asked.leaves() => return Ok(()),
            Err(error) => {
                let limit = asked.limit(&case.hosts()).unwrap_or_default();
                let members = case.clusters.iter().flat_map(|cluster| &cluster.members);
                let mut hosts = members.map(|member| &member.host);
                prop_assert!(!limit.is_empty() && !hosts.any(|host| limit.contains(host)), "{error}");
                return Ok(());
            }
        };
        check_order(&plan)?;
        check_gate(&plan)?;
        check_guards(&plan)?;
        check_selection(&plan)?;
    }

    #[test]
    fn a_plan_that_is_written_and_read_is_the_same_document(
        case in strategies::inventory(),
        asked in asked(),
    ) {
        let Ok(plan) = asked.plan(&inventory(&case.text), &case.hosts()) else { return Ok(()) };
        let text = plan.to_json();
        let read = Plan::from_json(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(text, read.to_json());
        let ids = |plan: &Plan| plan.steps().map(|step| step.id().to_string()).collect::<BTreeSet<_>>();
        prop_assert_eq!(ids(&plan), ids(&read));
    }

    #[test]
    fn the_same_inventory_gives_the_same_bytes(case in strategies::inventory(), asked in asked()) {
        let plan = || asked.plan(&inventory(&case.text), &case.hosts());
        if let (Ok(one), Ok(other)) = (plan(), plan()) {
            prop_assert_eq!(one.to_json(), other.to_json());
            prop_assert_eq!(one.to_string(), other.to_string());
        }
    }
}

/// Each step stands behind all that it waits for: so there is no cycle.
fn check_order(plan: &Plan) -> Result<(), TestCaseError> {
    let mut seen: BTreeSet<StepIndex> = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for step in plan.steps() {
        for before in step.waits_for() {
            prop_assert!(
                seen.contains(&before.index()),
                "{step:?} stands before {before:?}"
            );
        }
        seen.insert(step.index());
        prop_assert!(ids.insert(step.id()), "{} is there twice", step.id());
    }
    prop_assert_eq!(seen.len(), plan.len());
    Ok(())
}

/// One gate, below every guard, above everything that can change something.
fn check_gate(plan: &Plan) -> Result<(), TestCaseError> {
    let gates: Vec<_> = plan
        .steps()
        .filter(|step| step.action() == Action::Gate)
        .collect();
    prop_assert_eq!(gates.len(), 1);
    let above = ancestors(plan, gates[0].index());
    for step in plan.steps() {
        let is_above = above.contains(&step.index());
        prop_assert_eq!(is_above, step.is_above_gate(), "{:?}", step);
        if step.action().can_change() {
            prop_assert!(
                ancestors(plan, step.index()).contains(&gates[0].index()),
                "{:?}",
                step
            );
        }
    }
    Ok(())
}

/// Every guard of every cluster is there, and waits for the facts of all hosts of its cluster.
fn check_guards(plan: &Plan) -> Result<(), TestCaseError> {
    for cluster in 0..plan.clusters().len() {
        let steps: Vec<_> = plan.steps_of(cluster).collect();
        let facts = steps
            .iter()
            .filter(|step| step.action() == Action::ReadFacts);
        let facts: BTreeSet<StepIndex> = facts.map(|step| step.index()).collect();
        let members = plan.clusters()[cluster].members.len();
        prop_assert!(facts.len() >= members);
        for guard in Guard::ALL {
            let judge = Action::Judge { guard };
            let judges: Vec<_> = steps.iter().filter(|step| step.action() == judge).collect();
            prop_assert_eq!(judges.len(), 1, "{}", guard.as_str());
            let read: BTreeSet<StepIndex> = judges[0].waits_for().map(Step::index).collect();
            prop_assert!(facts.is_subset(&read));
        }
    }
    Ok(())
}

/// No step is there that was not asked for, but for what is needed for safety.
fn check_selection(plan: &Plan) -> Result<(), TestCaseError> {
    let selection = plan.selection();
    for step in plan.steps().filter(|step| step.action().can_change()) {
        let (Some(subtask), true) = (step.subtask(), step.action() != Action::Lock) else {
            continue;
        };
        prop_assert!(selection.takes(subtask), "{:?}", step);
        // Those that are joined learn who the new ones are, and Prometheus who is gone; members that
        // leave are named by themselves, and leave through others.
        let is_for_others = matches!(
            step.action(),
            Action::Refresh | Action::Unregister | Action::RemoveMember { .. }
        );
        let leaves = |member: &MemberSpec| {
            let mut leaving = step.cluster().into_iter().flat_map(|c| &c.leaving);
            leaving.any(|leaver| leaver.member.as_ref() == Some(member))
        };
        if let (Some(member), false) = (step.member(), is_for_others)
            && !leaves(member)
        {
            prop_assert!(selection.takes_host(&member.host.name), "{:?}", step);
        }
    }
    Ok(())
}

fn ancestors(plan: &Plan, of: StepIndex) -> BTreeSet<StepIndex> {
    let mut found = BTreeSet::new();
    let mut open = vec![of];
    while let Some(index) = open.pop() {
        for before in plan.before(index) {
            if found.insert(before.index()) {
                open.push(before.index());
            }
        }
    }
    found
}
