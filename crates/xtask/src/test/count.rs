//! Reads how many tests ran from what test runners print.

use super::outcome::Outcome;

/// How many tests passed, which ones failed, and how many were not run since they are marked
/// `ignore`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    /// Each with the first line of what it said.
    pub(crate) failed: Vec<String>,
    pub(crate) ignored: usize,
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; 1 ignored; …` of `cargo test`, one for
/// each program of tests.
pub(crate) fn of_libtest(lines: &[String]) -> Count {
    let results = || {
        lines
            .iter()
            .filter_map(|line| line.trim().strip_prefix("test result:"))
    };
    let sum = |word| results().map(|line| number_before(line, word)).sum();
    let name = |line: &str| {
        let name = line.strip_prefix("---- ")?.strip_suffix(" stdout ----")?;
        Some(name.to_owned())
    };
    Count {
        passed: sum("passed"),
        failed: named(sum("failed"), lines, name),
        ignored: sum("ignored"),
    }
}

/// Reads the line `Summary [ 8.1s] 281 tests run: 280 passed (1 slow), 1 failed, 2 skipped` of
/// `cargo nextest`.
pub(crate) fn of_nextest(lines: &[String]) -> Count {
    let summary = lines
        .iter()
        .rev()
        .find(|line| line.trim().starts_with("Summary ["));
    let summary = summary.map_or("", String::as_str);
    let failed = ["failed", "timed out", "exec failed"]
        .iter()
        .map(|word| number_before(summary, word))
        .sum();
    // `FAIL [   8.123s] (12/281) package::program test::name`, once when it happens and once more
    // at the end.
    let name = |line: &str| {
        let line = line.trim();
        let is_failure = line.starts_with("FAIL [") || line.starts_with("TIMEOUT [");
        is_failure.then(|| line.rsplit(' ').next().unwrap_or(line).to_owned())
    };
    Count {
        passed: number_before(summary, "passed"),
        failed: named(failed, lines, name),
        ignored: number_before(summary, "skipped"),
    }
}

/// Reads what `pytest -rfEs` says: a line `SKIPPED [2] file:3: why` for each reason, one
/// `FAILED file::test - why` for each failure, and at the end
/// `1 failed, 75 passed, 2 skipped in 50.31s (0:00:50)`.
pub(crate) fn of_pytest(lines: &[String]) -> Outcome {
    let summary = lines.iter().rev().find(|line| line.contains(" in "));
    let number = |word| summary.map_or(0, |line| number_before(line, word));
    let failed = number("failed") + number("error") + number("errors");
    let name = |line: &str| {
        let what = line.strip_prefix("FAILED ").or(line.strip_prefix("ERROR "));
        what.filter(|what| what.contains("::")).map(cut)
    };
    let skipped = lines.iter().filter_map(|line| {
        let (count, why) = line.strip_prefix("SKIPPED [")?.split_once("] ")?;
        Some((count.parse().ok()?, why.to_owned()))
    });
    Outcome {
        passed: number("passed"),
        failed: named(failed, lines, name),
        skipped: skipped.collect(),
    }
}

/// Names the tests that failed, as many as there are, each with the first line that it panicked with.
fn named(failed: usize, lines: &[String], name: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut tests: Vec<(String, Option<&str>)> = Vec::new();
    for (position, line) in lines.iter().enumerate() {
        if let Some(name) = name(line) {
            if tests.iter().all(|(known, _)| *known != name) {
                tests.push((name, None));
            }
        } else if line.contains(" panicked at ")
            && let Some((_, why @ None)) = tests.last_mut()
        {
            *why = lines.get(position + 1).map(|line| line.trim());
        }
    }
    tests.truncate(failed);
    let unnamed = failed - tests.len();
    let mut named: Vec<String> = tests
        .into_iter()
        .map(|(name, why)| why.map_or_else(|| name.clone(), |why| format!("{name}: {}", cut(why))))
        .collect();
    if unnamed > 0 {
        named.push(format!("{unnamed} tests"));
    }
    named
}

/// Leaves off what is too long for a line of a summary.
fn cut(text: &str) -> String {
    const SHOWN: usize = 240;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn number_before(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ',', ';']).collect();
    let wanted: Vec<&str> = word.split(' ').collect();
    let at = words
        .windows(wanted.len() + 1)
        .find(|found| found[1..] == wanted[..]);
    at.and_then(|found| found[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Count, of_libtest, of_nextest, of_pytest};
    use crate::test::outcome::Outcome;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn counts_what_cargo_test_says() {
        let text = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            failures:\n\
            ---- joins::one stdout ----\n\
            thread 'joins::one' (12) panicked at tests/x.rs:3:5:\n\
            there is no leader\n\
            note: run with `RUST_BACKTRACE=1`\n\
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 5s";
        let count = Count {
            passed: 13,
            failed: vec![
                "joins::one: there is no leader".to_owned(),
                "1 tests".to_owned(),
            ],
            ignored: 1,
        };
        assert_eq!(of_libtest(&lines(text)), count);
    }

    #[test]
    fn counts_what_nextest_says() {
        let failure = "        FAIL [   0.5s] (3/9) tests::real joins::one\n\
            thread 'joins::one' (12) panicked at tests/x.rs:3:5:\n\
            there is no leader\n\
            Summary [   0.5s] 9 tests run: 5 passed, 1 failed, 3 timed out, 2 skipped\n\
            FAIL [   0.5s] (3/9) tests::real joins::one";
        for (text, passed, failed, ignored) in [
            (
                "     Summary [   8.123s] 281 tests run: 281 passed (1 slow), 0 skipped",
                281,
                &[][..],
                0,
            ),
            (
                failure,
                5,
                &["joins::one: there is no leader", "3 tests"],
                2,
            ),
            ("error: could not compile", 0, &[], 0),
        ] {
            let count = Count {
                passed,
                failed: failed.iter().map(|&test| test.to_owned()).collect(),
                ignored,
            };
            assert_eq!(of_nextest(&lines(text)), count, "{text}");
        }
    }

    #[test]
    fn counts_what_pytest_says() {
        let text = "............s.                                       [100%]\n\
            ===== short test summary info =====\n\
            SKIPPED [2] bindings/python/tests/test_x.py:9: there is no etcd\n\
            FAILED bindings/python/tests/test_x.py::test_one - 3 passed in vain\n\
            1 failed, 75 passed, 2 skipped, 1 error in 50.31s";
        let wanted = Outcome {
            passed: 75,
            failed: vec![
                "bindings/python/tests/test_x.py::test_one - 3 passed in vain".to_owned(),
                "1 tests".to_owned(),
            ],
            skipped: vec![(
                2,
                "bindings/python/tests/test_x.py:9: there is no etcd".to_owned(),
            )],
        };
        assert_eq!(of_pytest(&lines(text)), wanted);
        assert_eq!(
            of_pytest(&lines("no tests ran in 0.1s")),
            Outcome::default()
        );
    }
}
