//! The package files of the control machine that hosts without etcd are sent.

use std::fs;
use std::sync::Arc;

use etcd_plan_core::facts::Observation;
use etcd_plan_core::names::EtcdVersion;
use etcd_plan_core::op::ReadOp;
use etcd_plan_core::plan::{Action, Plan, Step};

/// Reads those that a host needs, each once.
pub(super) fn read(plan: &Plan, observation: &mut Observation) {
    let needs = |step: &Step<'_>| matches!(step.action(), Action::Install | Action::Fetch);
    for step in plan.steps().filter(needs) {
        let Some(settings) = step.cluster().map(|cluster| &cluster.settings.package) else {
            continue;
        };
        let Some(file) = &settings.package.value else {
            continue;
        };
        let installed = installed(step, observation);
        let is_there = match step.action() {
            Action::Fetch => {
                let wanted = settings.version.value.as_ref();
                installed.is_some_and(|found| wanted.is_some_and(|wanted| wanted.is_met_by(found)))
            }
            _ => installed.is_some(),
        };
        if !is_there && !observation.packages.contains_key(file.path()) {
            let bytes = fs::read(file.path());
            let bytes = bytes.map_err(|why| format!("{file} cannot be read: {why}"));
            let shared = bytes.map(Arc::from);
            observation.packages.insert(file.path().to_owned(), shared);
        }
    }
}

fn installed<'a>(step: Step<'_>, observation: &'a Observation) -> Option<&'a EtcdVersion> {
    let facts = observation.facts(step.host_name()?).ok()?;
    facts.package(&ReadOp::Package).ok()?.etcd.as_ref()
}
