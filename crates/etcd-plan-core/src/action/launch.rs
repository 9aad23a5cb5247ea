use super::{Change, Decision, Problem, StepContext};
use crate::names::Millis;
use crate::op::{ReadOp, WriteOp};
use crate::plan::At;

/// The time between the starts of two members, in milliseconds.
///
/// A new member asks its peers whether it is already part of a cluster. A peer that has opened its
/// port but does not serve yet makes that question hang for a second; one that is not there at all,
/// or serves already, answers at once. Starts 30 to 100 ms apart form a cluster of three in 0.3 to
/// 0.6 s, simultaneous ones in 2.3 s (facts.md section 1). A whole run that creates three members on
/// hosts with systemd takes 1.5 s with 60 ms, 3.5 s with none, and between 1.55 and 1.6 s with 30, 120
/// and 200 ms (medians of eight, in the lab).
const STAGGER: u64 = 60;

pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    vec![context.asks().service()]
}

/// A member that does not run is started, and at boot from now on. Nobody waits here for it to be
/// ready: that needs a quorum.
pub(super) fn decide(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let found = context.facts()?.service(&context.asks().service())?;
    let service = context.spec().service();
    let name = &context.member().name;
    // What runs now is stopped before this step where the cluster is made new.
    let runs = found.state.is_alive();
    let mut change = Change::default();
    if !found.enabled {
        change
            .lines
            .push(format!("+ {} starts at boot", service.unit()));
        change.ops.push(WriteOp::EnableService {
            service: service.clone(),
        });
    }
    if !runs {
        change.ops.push(WriteOp::ReloadUnits {
            service: service.clone(),
        });
        let At::Member(position) = context.step.node().at else {
            unreachable!("members are started on their hosts: see goal/")
        };
        change.lines.push(format!("+ etcd of {name} is started"));
        let delay = Millis(STAGGER * u64::from(position));
        change.ops.push(WriteOp::StartService { service, delay });
        change.forget = vec![
            context.asks().etcd(),
            context.asks().await_healthy(),
            context.asks().listeners(),
        ];
    }
    if change.ops.is_empty() {
        return Ok(Decision::Nothing);
    }
    change.check = questions(context);
    Ok(Decision::Change(change))
}
