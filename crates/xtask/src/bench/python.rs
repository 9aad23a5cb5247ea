//! What the Python binding costs: `benches/from_python.py`, which says what it measures.

use crate::shell::command;

/// Runs the bench with these options.
///
/// # Errors
///
/// When it does not run to its end.
pub(super) fn run(options: &[&str]) -> Result<(), String> {
    let mut python = command("python3", &["benches/from_python.py"]);
    let ended = python.args(options).status();
    let status = ended.map_err(|error| format!("python3 cannot be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the bench ended with {status}"))
    }
}
