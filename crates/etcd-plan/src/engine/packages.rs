//! The package files of the control machine that hosts without etcd are sent.

use std::fs;
use std::sync::Arc;

use etcd_plan_core::facts::Observation;
use etcd_plan_core::op::ReadOp;
use etcd_plan_core::plan::{Action, Plan, Step};

/// Reads those that a host needs, each once.
pub(super) fn read(plan: &Plan, observation: &mut Observation) {
    for step in plan.steps().filter(|step| step.action() == Action::Install) {
        let Some(file) = step
            .cluster()
            .and_then(|cluster| cluster.settings.package.package.value.as_ref())
        else {
            continue;
        };
        if !has_etcd(step, observation) && !observation.packages.contains_key(file.path()) {
            let bytes = fs::read(file.path());
            let bytes = bytes.map_err(|why| format!("{file} cannot be read: {why}"));
            let shared = bytes.map(Arc::from);
            observation.packages.insert(file.path().to_owned(), shared);
        }
    }
}

fn has_etcd(step: Step<'_>, observation: &Observation) -> bool {
    let facts = step.host_name().map(|host| observation.facts(host));
    let facts = facts.and_then(Result::ok);
    let package = facts.and_then(|facts| facts.package(&ReadOp::Package).ok());
    package.is_none_or(|package| package.etcd.is_some())
}
