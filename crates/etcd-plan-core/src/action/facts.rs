use super::StepContext;
use crate::facts::MemberQuestions;
use crate::op::ReadOp;

/// What guards are judged by. Steps add what their own decisions stand on, and all of it is asked
/// in one round trip.
pub(super) fn questions(context: &StepContext<'_>) -> Vec<ReadOp> {
    match context.step.member() {
        Some(member) => MemberQuestions::new(context.spec(), member).all(),
        None => vec![ReadOp::System],
    }
}
