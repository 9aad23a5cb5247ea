use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd_plan_core::etcdctl::{key_count, snapshot_status};
use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{EtcdAccess, RestoreTool, RestoredMember, SnapshotFacts, hex};

use super::call::Call;
use super::etcd;
use super::lower::{Garbled, Output};

pub(super) fn judge<'a>(
    call: Call<'a>,
    path: &HostPath,
    count_by: Option<&EtcdAccess>,
) -> Call<'a> {
    let call = call.function("judge_snapshot").path(path);
    match count_by {
        Some(access) => etcd::access(call, access),
        None => call,
    }
}

pub(super) fn restore<'a>(
    call: Call<'a>,
    snapshot: &HostPath,
    into: &HostPath,
    member: &RestoredMember,
    bump: Option<u64>,
    is_copy: bool,
) -> Call<'a> {
    let bump = bump.map(|bump| bump.to_string()).unwrap_or_default();
    call.function("restore_snapshot")
        .path(snapshot)
        .path(into)
        .word(member.name.as_str())
        .word(&member.peer_url)
        .word(&member.initial_cluster)
        .word(&member.token)
        .word(&bump)
        .word(if is_copy { "yes" } else { "no" })
}

/// Reads the line `revision`; there is none where there is no database.
pub(super) fn held_revision(text: &str) -> Result<Option<u64>, Garbled> {
    let revision = text.lines().find_map(|line| line.strip_prefix("revision "));
    let revision = revision.map(str::parse).transpose();
    revision.map_err(|_| Garbled::new("the revision is no number"))
}

/// Reads the name of the tool, and the line `bumps`.
pub(super) fn tool(output: &Output<'_>) -> Result<RestoreTool, Garbled> {
    let mut lines = output.text()?.lines();
    Ok(RestoreTool {
        name: lines.next().unwrap_or_default().to_owned(),
        bumps: lines.any(|line| line == "bumps"),
    })
}

/// Reads lines of a name and a value; the digests and the count may be missing.
pub(super) fn facts(output: &Output<'_>) -> Result<Option<SnapshotFacts>, Garbled> {
    let text = output.text()?;
    if text.is_empty() {
        return Ok(None);
    }
    let value = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    let needed = |name: &str| value(name).ok_or_else(|| Garbled::new(format!("no {name} in it")));
    let garbled = |error: etcd_plan_core::etcdctl::Unreadable| Garbled::new(error.to_string());
    let status = snapshot_status(needed("status")?.as_bytes()).map_err(garbled)?;
    let size = needed("size")?.parse();
    let count = value("count").map(|answer| key_count(answer.as_bytes()));
    Ok(Some(SnapshotFacts {
        size: size.map_err(|_| Garbled::new("its size is no number"))?,
        sha256: needed("sha256")?.to_owned(),
        sealed: value("seal").map(|seal| value("digest") == decoded(seal).as_deref()),
        revision: status.revision,
        hash: status.hash,
        keys: count.transpose().map_err(garbled)?,
    }))
}

/// Writes bytes that stand in base64 in lower-case hexadecimal; none where they do not.
fn decoded(encoded: &str) -> Option<String> {
    BASE64.decode(encoded).ok().map(|bytes| hex(&bytes))
}
