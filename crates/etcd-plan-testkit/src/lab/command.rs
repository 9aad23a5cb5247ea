use std::path::Path;
use std::process::{Command, Stdio};

use super::error::LabError;

/// How many of a program's last lines an error shows.
const LAST_LINES: usize = 5;

/// Runs a program to its end and gives what it printed.
///
/// # Errors
///
/// When it cannot be started or fails: with the last lines that it wrote.
pub(super) fn run(command: &mut Command, doing: &str) -> Result<String, LabError> {
    let program = Path::new(command.get_program()).display().to_string();
    let hint = "`cargo xtask lab down` takes away what is half done; then try again";
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| LabError::new(doing, format!("{program}: {error}"), hint))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = last_lines(if said.trim().is_empty() {
        &printed
    } else {
        &said
    });
    let message = format!("{program} ended with {}: {said}", output.status);
    Err(LabError::new(doing, message, hint))
}

/// Gives the last lines of a text, as one line.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{last_lines, run};

    #[test]
    fn a_failed_program_says_why() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo a >&2; echo b >&2; exit 3"]);
        let error = run(&mut command, "trying").expect_err("it exits with 3");
        assert_eq!(
            error.to_string(),
            "trying: sh ended with exit status: 3: a | b"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(&mut Command::new("no-such-program"), "trying").expect_err("none");
        assert!(error.message.starts_with("no-such-program: "), "{error}");
    }

    #[test]
    fn keeps_the_end_of_a_text() {
        assert_eq!(last_lines("1\n2\n\n3\n4\n5\n6\n"), "2 | 3 | 4 | 5 | 6");
        assert_eq!(last_lines(""), "");
    }
}
