//! What the command prints and how it ends, where no host is needed: a file a command.
//!
//! `TRYCMD=overwrite cargo test -p etcd-plan-cli --test cases` writes the files anew; read them, and
//! put `[..]` and `...` back where other versions or other runs print something else.

use tempfile::TempDir;
use trycmd::TestCases;

#[test]
fn the_command_says_what_the_files_say() {
    let state = tempfile::tempdir().expect("a folder for journals");
    in_columns("80", &state).case("tests/cases/*.md");
}

#[test]
fn a_narrow_terminal_is_heeded() {
    let state = tempfile::tempdir().expect("a folder for journals");
    in_columns("50", &state).case("tests/cases/narrow/*.md");
}

fn in_columns(columns: &str, state: &TempDir) -> TestCases {
    let cases = TestCases::new();
    cases
        .env("NO_COLOR", "1")
        .env("COLUMNS", columns)
        .env("XDG_STATE_HOME", state.path().to_string_lossy());
    cases
}
