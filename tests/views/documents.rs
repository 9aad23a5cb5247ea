//! Plans as documents: what is read back, and what is refused.

use std::collections::BTreeSet;

use etcd_plan::plan::{Goal, Plan, Subtask};
use etcd_plan_tests::inventory;
use etcd_plan_tests::snapshots::assert_snapshot;
use serde_json::{Value, json};

const SITE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3, ansible_user: admin }
infra:
  hosts:
    10.10.10.20: {}
";

/// A change that somebody makes to a document, with its name.
type Edit = (&'static str, fn(&mut Value));

/// The page that says what each field is names every field.
#[test]
fn the_page_of_the_format_names_every_field() {
    let page = include_str!("../../docs/plan-format.md");
    let mut names = BTreeSet::new();
    collect_names(&document(), &mut names);
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}

#[test]
fn what_was_changed_by_hand_is_refused() {
    let edits: Vec<Edit> = vec![
        ("another-format", |plan| {
            plan["format"] = json!("etcd-plan/2");
        }),
        ("no-format", |plan| {
            plan.as_object_mut().expect("an object").remove("format");
        }),
        ("unknown-field", |plan| plan["force"] = json!(true)),
        ("unknown-field-in-a-step", |plan| {
            step(plan, "gate")["skip"] = json!(true);
        }),
        ("missing-field", |plan| {
            let steps = plan["steps"].as_array_mut().expect("steps");
            steps[0]
                .as_object_mut()
                .expect("a step")
                .remove("why_it_waits");
        }),
        ("guard-is-another", |plan| {
            step(plan, "etcd/controller/etcd_check/safeguard")["action"]["guard"] = json!("whole");
        }),
        ("guard-is-gone", |plan| {
            drop_step(plan, "etcd/controller/etcd_check/safeguard");
        }),
        ("gate-is-gone", |plan| drop_step(plan, "gate")),
        ("gate-does-not-wait", |plan| {
            step(plan, "gate")["waits_for"] = json!([]);
        }),
        ("change-before-the-gate", |plan| {
            step(plan, "etcd/10.10.10.11/etcd_check/lock")["waits_for"] = json!([]);
        }),
        ("steps-in-a-circle", |plan| {
            let waits = json!(["etcd/controller/etcd_launch/verify"]);
            step(plan, "gate")["waits_for"] = waits;
        }),
        ("waits-for-nobody", |plan| {
            step(plan, "gate")["waits_for"] = json!(["etcd/nobody"]);
        }),
        ("file-is-another", |plan| {
            let step = step(plan, "etcd/10.10.10.11/etcd_conf/etcd.conf");
            let content = step["file"]["content"].as_str().expect("it is shown");
            step["file"]["content"] = json!(content.replace("client-cert-auth: true", ""));
        }),
        ("words-are-others", |plan| {
            let purge = step(plan, "etcd/10.10.10.11/etcd_purge/data");
            purge["summary"] = json!("make etcd's folders");
        }),
        ("data-is-everything", |plan| {
            plan["clusters"][0]["parameters"]["etcd_data"]["value"] = json!("/");
        }),
        ("parameter-is-not-good", |plan| {
            plan["clusters"][0]["parameters"]["etcd_port"]["value"] = json!("99999");
            plan["clusters"][0]["parameters"]["etcd_colour"] =
                json!({"value": "1", "origin": "default"});
        }),
        ("member-is-another", |plan| {
            plan["clusters"][0]["members"][1]["seq"] = json!(7);
        }),
    ];
    for (name, edit) in edits {
        let mut plan = document();
        edit(&mut plan);
        let error = Plan::from_json(&plan.to_string()).expect_err(name);
        let told = format!("{error}\nhint: {}", error.hint());
        assert_snapshot("views", &format!("refused.{name}"), &told);
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for (name, text) in [
        ("not-json", "etcd: { hosts: {} }".to_owned()),
        ("empty", String::new()),
        ("cut-off", document().to_string()[..2000].to_owned()),
    ] {
        let error = Plan::from_json(&text).expect_err(name);
        assert_snapshot("views", &format!("refused.{name}"), &error.to_string());
    }
}

/// A plan that purges always is not made of one that does so when needed.
#[test]
fn the_purge_rule_follows_from_the_goal() {
    let mut plan = document();
    plan["purge"] = json!("always");
    let error = Plan::from_json(&plan.to_string()).expect_err("the rule was changed");
    assert_snapshot("views", "refused.purge-rule", &error.to_string());
}

/// Whatever was asked for is asked for after the plan was read.
#[test]
fn a_selection_is_kept() {
    let inventory = inventory(SITE);
    let plan = Plan::builder(&inventory)
        .goal(Goal::Rebuild)
        .limit("10.10.10.11,infra")
        .tags([Subtask::Config, Subtask::Register])
        .skip_tags([Subtask::Cert])
        .build()
        .expect("a good inventory");
    let read = Plan::from_json(&plan.to_json()).expect("a document that was just written");
    assert_eq!(read.selection(), plan.selection());
    assert_eq!(read.goal(), plan.goal());
    assert_eq!(read.to_string(), plan.to_string());
}

fn document() -> Value {
    let plan = Plan::from_inventory(&inventory(SITE)).expect("a good inventory");
    serde_json::from_str(&plan.to_json()).expect("a document")
}

fn step<'a>(plan: &'a mut Value, id: &str) -> &'a mut Value {
    let steps = plan["steps"].as_array_mut().expect("steps");
    let step = steps.iter_mut().find(|step| step["id"] == id);
    step.unwrap_or_else(|| panic!("there is no step {id}"))
}

/// Takes a step out, and out of what others wait for.
fn drop_step(plan: &mut Value, id: &str) {
    let steps = plan["steps"].as_array_mut().expect("steps");
    let count = steps.len();
    steps.retain(|step| step["id"] != id);
    assert_eq!(steps.len(), count - 1, "there is no step {id}");
    for step in steps {
        step["waits_for"]
            .as_array_mut()
            .expect("ids")
            .retain(|before| before != id);
    }
}

fn collect_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                // The names below it are those of parameters, which have a page of their own.
                if name != "parameters" {
                    collect_names(value, names);
                }
                names.insert(name.clone());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}
