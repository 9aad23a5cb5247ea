use etcd_plan_core::op::DataDirFacts;

use super::lower::{Garbled, Output};

/// Reads the words `exists`, `fixed`, `used` and `wal`, the table of `df -Pk`, and `purged PLACE` lines.
pub(super) fn facts(output: &Output<'_>) -> Result<DataDirFacts, Garbled> {
    let text = output.text()?;
    let says = |word: &str| text.lines().any(|line| line == word);
    let mut purged: Vec<_> = text
        .lines()
        .filter_map(|line| output.settings.path_at(line.strip_prefix("purged ")?))
        .collect();
    purged.sort();
    Ok(DataDirFacts {
        exists: says("exists"),
        fixed: says("fixed"),
        empty: !says("used"),
        wal: says("wal"),
        free_bytes: free_bytes(text).ok_or_else(|| Garbled::new("df printed no table"))?,
        purged,
    })
}

/// Finds the free space in the table of `df -Pk`: the number before the share that is used, which
/// is the only word that ends with a percent sign. Names with spaces may stand on both sides.
fn free_bytes(text: &str) -> Option<u64> {
    let mut lines = text.lines().skip_while(|l| !l.starts_with("Filesystem"));
    let words: Vec<&str> = lines.nth(1)?.split_ascii_whitespace().collect();
    words.windows(4).find_map(|window| match window {
        [size, used, free, share] if share.ends_with('%') || *share == "-" => {
            let _: (u64, u64) = (size.parse().ok()?, used.parse().ok()?);
            free.parse::<u64>().ok().map(|kib| kib * 1024)
        }
        _ => None,
    })
}
