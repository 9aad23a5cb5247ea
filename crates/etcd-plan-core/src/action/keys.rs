//! The authority and the certificates, on the control machine.

use super::{Change, Decision, Problem, StepContext};
use crate::cert::{RotationFacts, RotationStage};
use crate::facts::{CertificateState, ClusterKeys, Missing};

impl StepContext<'_> {
    /// Gives what the control machine holds for the step's cluster.
    pub(super) fn keys(&self) -> Result<&ClusterKeys, Missing> {
        let keys = self.run.observation.keys.get(self.cluster());
        keys.ok_or_else(|| Missing {
            why: "the certificates were not read".to_owned(),
        })
    }
}

pub(super) fn decide_authority(context: &StepContext<'_>) -> Result<Decision, Problem> {
    let settings = &context.spec().settings.certificate;
    match &context.keys()?.authority {
        Ok(true) => Ok(Decision::Nothing),
        Ok(false) if *settings.ca_create => Ok(Decision::Change(Change {
            lines: vec![format!("+ authority in {}", *settings.ca_dir)],
            ..Change::default()
        })),
        Ok(false) => Err(Problem::new(
            format!(
                "there is no authority in {}, and `ca_create` is false",
                *settings.ca_dir
            ),
            "put `ca.crt` and `ca.key` there, or set `ca_create: true`",
        )),
        Err(why) => Err(Problem::new(
            why.clone(),
            "mend the authority, or set `ca_dir` to another",
        )),
    }
}

pub(super) fn decide_certificate(
    context: &StepContext<'_>,
    member: u32,
) -> Result<Decision, Problem> {
    // A preview: the authority that will issue it does not do so yet.
    if context.run.rotates_next(context.cluster()) {
        return Ok(Decision::Change(Change {
            lines: vec![format!(
                "+ certificate of {} (by the authority that takes over)",
                context.member().name
            )],
            ..Change::default()
        }));
    }
    match context.keys()?.members.get(member as usize) {
        Some(CertificateState::Good(_)) => Ok(Decision::Nothing),
        Some(CertificateState::ToIssue { reasons }) => Ok(Decision::Change(Change {
            lines: vec![format!(
                "+ certificate of {} ({})",
                context.member().name,
                reasons.join(", ")
            )],
            ..Change::default()
        })),
        None => Err(Missing {
            why: "the certificate was not read".to_owned(),
        }
        .into()),
    }
}

/// The authority is rotated on the control machine: members follow, and then the next stage.
pub(super) fn decide_rotation(
    context: &StepContext<'_>,
    stage: RotationStage,
) -> Result<Decision, Problem> {
    let facts = match &context.keys()?.rotation {
        Some(Ok(facts)) => facts,
        Some(Err(why)) => {
            let hint = "mend that, and run again: it goes on from there";
            return Err(Problem::new(why.clone(), hint));
        }
        None => {
            let hint = "the goal `create` makes one";
            return Err(Problem::new("there is no authority to rotate", hint));
        }
    };
    if !context.run.rotates_next(context.cluster()) {
        return Ok(Decision::Nothing);
    }
    let folder = &*context.spec().settings.certificate.ca_dir;
    let line = match (stage, &facts.next) {
        (RotationStage::Trust, None) => {
            format!("+ another authority in {folder}, trusted beside the old one")
        }
        (RotationStage::Trust, Some(next)) => {
            format!(
                "~ {} in {folder} is trusted beside the old one",
                next.subject
            )
        }
        (RotationStage::Issue, _) => {
            format!("~ {} in {folder} issues from now on", facts.name())
        }
        (RotationStage::Finish, _) => {
            format!("- the old authority in {folder} is trusted no longer")
        }
    };
    Ok(Decision::Change(Change {
        lines: vec![line],
        ..Change::default()
    }))
}

/// Nothing of the rotation is left but the old authority, aside.
pub(super) fn decide_end(context: &StepContext<'_>) -> Decision {
    let facts = context.run.rotation(context.cluster());
    let is_last = |facts: &RotationFacts| facts.is_under_way(RotationStage::Finish);
    if !facts.is_some_and(is_last) {
        return Decision::Nothing;
    }
    let folder = &*context.spec().settings.certificate.ca_dir;
    Decision::Change(Change {
        lines: vec![format!("- the rotation in {folder} is at its end")],
        ..Change::default()
    })
}
