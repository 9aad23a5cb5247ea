//! A plan file that lost a part is refused: whoever edits one cannot drop a guard.

use etcd_plan::plan::Plan;
use etcd_plan_testkit::strategies;
use etcd_plan_tests::{Scene, asked, cases, inventory};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What somebody does to a plan file. The number picks the place.
#[derive(Debug, Clone, Copy)]
enum Edit {
    /// A step goes, and nothing waits for it any more.
    DropStep(usize),
    /// A step does not wait any more for one of those that it waited for.
    DropEdge(usize),
    /// The plan purges whatever is there; or no more than what is in the way.
    TurnPurgeRule,
    /// A step becomes a harmless one in name and another in deed.
    SwapActions(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => any::<usize>().prop_map(Edit::DropStep),
        3 => any::<usize>().prop_map(Edit::DropEdge),
        1 => Just(Edit::TurnPurgeRule),
        1 => any::<usize>().prop_map(Edit::SwapActions),
    ]
}

impl Edit {
    /// Makes the edit; says whether it changed anything.
    fn apply(self, document: &mut Value) -> bool {
        let before = document.clone();
        match self {
            Self::DropStep(nth) => drop_step(document, nth),
            Self::DropEdge(nth) => drop_edge(document, nth),
            Self::TurnPurgeRule => {
                let other = if document["purge"] == "always" {
                    "when_needed"
                } else {
                    "always"
                };
                document["purge"] = json!(other);
            }
            Self::SwapActions(nth) => {
                let steps = steps(document);
                let (one, other) = (nth % steps.len(), (nth / 7) % steps.len());
                let action = steps[one]["action"].clone();
                steps[one]["action"] = steps[other]["action"].clone();
                steps[other]["action"] = action;
            }
        }
        *document != before
    }
}

fn steps(document: &mut Value) -> &mut Vec<Value> {
    document["steps"].as_array_mut().expect("a plan has steps")
}

fn drop_step(document: &mut Value, nth: usize) {
    let steps = steps(document);
    let gone = steps.remove(nth % steps.len());
    for step in steps {
        let waits = step["waits_for"].as_array_mut().expect("a list");
        waits.retain(|id| *id != gone["id"]);
    }
}

fn drop_edge(document: &mut Value, nth: usize) {
    let waiting = |step: &&mut Value| step["waits_for"].as_array().is_some_and(|w| !w.is_empty());
    let mut waiting: Vec<&mut Value> = steps(document).iter_mut().filter(waiting).collect();
    let count = waiting.len();
    let waits = waiting[nth % count]["waits_for"]
        .as_array_mut()
        .expect("a list");
    waits.remove((nth / count) % waits.len());
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_plan_file_that_was_edited_is_refused(
        case in strategies::inventory(),
        asked in asked(),
        edit in edit(),
    ) {
        let Ok(plan) = asked.plan(&inventory(&case.text), &case.hosts()) else { return Ok(()) };
        let mut document: Value = serde_json::from_str(&plan.to_json()).expect("it is JSON");
        prop_assume!(edit.apply(&mut document));
        let read = Plan::from_json(&document.to_string());
        prop_assert!(read.is_err(), "{edit:?} was not noticed");
    }
}

/// Every single step, and every single edge, of the plan of the seeds.
#[test]
fn no_step_and_no_edge_of_the_seeds_plan_can_be_taken_out() {
    let plan = Scene::bare().plan();
    let document: Value = serde_json::from_str(&plan.to_json()).expect("it is JSON");
    let mut accepted = Vec::new();
    for nth in 0..plan.len() {
        let mut edited = document.clone();
        drop_step(&mut edited, nth);
        if Plan::from_json(&edited.to_string()).is_ok() {
            accepted.push(document["steps"][nth]["id"].clone());
        }
        let count = document["steps"][nth]["waits_for"]
            .as_array()
            .map_or(0, Vec::len);
        for edge in 0..count {
            let mut edited = document.clone();
            let waits = edited["steps"][nth]["waits_for"].as_array_mut();
            let gone = waits.expect("a list").remove(edge);
            if Plan::from_json(&edited.to_string()).is_ok() {
                accepted.push(json!([document["steps"][nth]["id"], gone]));
            }
        }
    }
    assert_eq!(accepted, Vec::<Value>::new());
}

/// A selection that does not fit the steps would let the guards look away.
#[test]
fn a_plan_file_whose_selection_was_edited_is_refused() {
    let scene = Scene::bare();
    let limited = scene.plan_with(|builder| builder.limit("10.10.10.10"));
    let mut document: Value = serde_json::from_str(&limited.to_json()).expect("it is JSON");
    document["selection"]["limit"] = Value::Null;
    assert!(Plan::from_json(&document.to_string()).is_err());
    let mut document: Value = serde_json::from_str(&scene.plan().to_json()).expect("it is JSON");
    document["goal"] = json!("rebuild");
    assert!(Plan::from_json(&document.to_string()).is_err());
}
