//! The authority and the certificates, on the control machine.

use super::{Change, Decision, Problem, StepContext};
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
