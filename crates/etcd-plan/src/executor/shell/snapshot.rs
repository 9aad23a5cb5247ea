use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd_plan_core::etcdctl::{key_count, snapshot_status};
use etcd_plan_core::names::HostPath;
use etcd_plan_core::op::{EtcdAccess, SnapshotFacts};

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
        sealed: value("seal").map(|seal| value("digest") == hex(seal).as_deref()),
        revision: status.revision,
        hash: status.hash,
        keys: count.transpose().map_err(garbled)?,
    }))
}

/// Writes bytes that stand in base64 in lower-case hexadecimal; none where they do not.
fn hex(encoded: &str) -> Option<String> {
    let bytes = BASE64.decode(encoded).ok()?;
    let digits = |byte: &u8| format!("{byte:02x}");
    Some(bytes.iter().map(digits).collect())
}
