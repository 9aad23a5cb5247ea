/// Says that a text cannot be given to a shell, since it holds a zero byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("holds a zero byte, which no shell can pass on")]
pub(crate) struct HoldsZero;

/// Appends `text` to a script as one word that a POSIX shell takes literally.
///
/// This is the only way in which data gets into a script. It stands in single quotes, in which a
/// shell gives no character a meaning; a single quote itself leaves them for one backslash.
pub(crate) fn quote(text: &str, script: &mut String) -> Result<(), HoldsZero> {
    if text.contains('\0') {
        return Err(HoldsZero);
    }
    script.push('\'');
    for (nth, part) in text.split('\'').enumerate() {
        if nth > 0 {
            script.push_str(r"'\''");
        }
        script.push_str(part);
    }
    script.push('\'');
    Ok(())
}
