use std::process::Command;

use crate::shell::{Ran, cargo, has_cargo, watch_as};
use crate::test::count;
use crate::test::outcome::Outcome;
use crate::test::skips::Skips;

/// How many tests run at the same time: more than there are cores, since those on real etcd mostly
/// wait for it.
const THREADS: &str = "5";

/// Runs the tests with nextest where it is installed, since it shows them better; else with
/// `cargo test`, where a part of a program's output may be mixed.
pub(super) fn run() -> Outcome {
    if has_cargo("nextest") {
        let arguments = [
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--status-level=slow",
        ];
        count_tests(&arguments, count::of_nextest)
    } else {
        // Without doc tests, which have a stage of their own; without benches, which no test is.
        let arguments = [
            "test",
            "--workspace",
            "--no-fail-fast",
            "--lib",
            "--bins",
            "--tests",
            "--examples",
        ];
        count_tests(&arguments, count::of_libtest)
    }
}

/// Runs a command of cargo that runs tests, and counts them.
pub(super) fn count_tests(
    arguments: &[&str],
    count: impl Fn(&[String]) -> count::Count,
) -> Outcome {
    let mut command = cargo(arguments);
    for runner in ["RUST_TEST_THREADS", "NEXTEST_TEST_THREADS"] {
        command.env(runner, THREADS);
    }
    count_tests_with("", &mut command, count)
}

/// Runs a command that runs tests, shows its lines behind a label, and counts the tests.
pub(super) fn count_tests_with(
    label: &str,
    command: &mut Command,
    count: impl Fn(&[String]) -> count::Count,
) -> Outcome {
    let skips = match Skips::begin() {
        Ok(skips) => skips,
        Err(why) => return Outcome::failed(why),
    };
    let Ran { status, lines } = match watch_as(label, skips.tell(command)) {
        Ok(ran) => ran,
        Err(why) => return Outcome::failed(why),
    };
    let outcome = skips.take_from(count(&lines));
    if outcome.passed == 0 && outcome.skipped.is_empty() && outcome.failed.is_empty() {
        return Outcome::failed("no test was run");
    }
    // A program that does not compile, or that ends by a signal, is in no count.
    if !status.success() && outcome.failed.is_empty() {
        return outcome.and(Outcome::failed(format!("cargo ended with {status}")));
    }
    outcome
}
