use super::{BackupStatus, StatusInputs};
use crate::backup::{Manifest, last};
use crate::op::ReadOp;

/// Gives the latest backup that a host of the cluster knows of.
pub(super) fn latest(inputs: &StatusInputs<'_>) -> Option<BackupStatus> {
    let question = ReadOp::ReadFile { path: last() };
    let members = inputs.spec.members.iter();
    let known = members.filter_map(|member| {
        let facts = inputs.observation.facts(&member.host.name).ok()?;
        let manifest = Manifest::from_json(facts.bytes(&question).ok()?.as_deref()?).ok()?;
        Some(manifest).filter(|manifest| manifest.cluster == inputs.spec.name)
    });
    let latest = known.max_by_key(|manifest| manifest.taken_at_unix)?;
    Some(BackupStatus {
        age_seconds: inputs.now.0 - latest.taken_at_unix,
        taken_at: latest.taken_at,
        taken_from: latest.taken_from,
        revision: latest.revision,
        keys: latest.keys,
        size: latest.size,
        kept_at: latest.kept_at,
    })
}
