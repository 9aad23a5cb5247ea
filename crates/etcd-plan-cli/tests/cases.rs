//! What the command prints and how it ends, where no host is needed: a file a command.
//!
//! `TRYCMD=overwrite cargo test -p etcd-plan-cli --test cases` writes the files anew; read them.

#[test]
fn the_command_says_what_the_files_say() {
    let state = tempfile::tempdir().expect("a folder for journals");
    trycmd::TestCases::new()
        .env("XDG_STATE_HOME", state.path().to_string_lossy())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .case("tests/cases/*.md");
}
