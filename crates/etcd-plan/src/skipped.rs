//! How a test says that it cannot run where it stands, so that nobody takes it for passed.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::{env, thread};

/// Notes that the running test, or a part of it, cannot run here, and why.
///
/// The test runner knows only passed and failed. So `cargo xtask test` names a file in
/// `ETCD_PLAN_SKIPS`, and counts the tests that are noted there as skipped: each a line of program,
/// test and reason with tabs between.
///
/// # Panics
///
/// When that file cannot be written: the test would count as passed.
pub(crate) fn skipped(why: &str) {
    let test = env::var("NEXTEST_TEST_NAME").ok();
    let test = test.or_else(|| thread::current().name().map(str::to_owned));
    let test = test.unwrap_or_else(|| "a test without a name".to_owned());
    #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
    {
        eprintln!("SKIPPED: {test}: {why}");
    }
    let Some(file) = env::var_os("ETCD_PLAN_SKIPS") else {
        return;
    };
    let program = env::current_exe().unwrap_or_default();
    let program = program.file_stem().unwrap_or_default().to_string_lossy();
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .expect("the file of ETCD_PLAN_SKIPS can be opened");
    // One write, so that lines of several processes do not mix.
    let line = format!("{program}\t{test}\t{why}\n");
    file.write_all(line.as_bytes())
        .expect("the file of ETCD_PLAN_SKIPS can be written");
}
