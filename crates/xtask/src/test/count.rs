//! Reads how many tests ran from what test runners print.

use super::outcome::Outcome;

/// How many tests passed and failed, and how many were not run since they are marked `ignore`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; 1 ignored; …` of `cargo test`, one for
/// each program of tests.
pub(crate) fn of_libtest(lines: &[String]) -> Count {
    lines
        .iter()
        .filter_map(|line| line.trim().strip_prefix("test result:"))
        .fold(Count::default(), |count, line| Count {
            passed: count.passed + number_before(line, "passed"),
            failed: count.failed + number_before(line, "failed"),
            ignored: count.ignored + number_before(line, "ignored"),
        })
}

/// Reads the line `Summary [ 8.1s] 281 tests run: 280 passed (1 slow), 1 failed, 2 skipped` of
/// `cargo nextest`.
pub(crate) fn of_nextest(lines: &[String]) -> Count {
    let summary = lines
        .iter()
        .rev()
        .find(|line| line.trim().starts_with("Summary ["));
    let summary = summary.map_or("", String::as_str);
    Count {
        passed: number_before(summary, "passed"),
        failed: ["failed", "timed out", "exec failed"]
            .iter()
            .map(|word| number_before(summary, word))
            .sum(),
        ignored: number_before(summary, "skipped"),
    }
}

/// Reads what `pytest -rs` says: a line `SKIPPED [2] file:3: why` for each reason, and at the end
/// `1 failed, 75 passed, 2 skipped in 50.31s (0:00:50)`.
pub(crate) fn of_pytest(lines: &[String]) -> Outcome {
    let summary = lines.iter().rev().find(|line| line.contains(" in "));
    let number = |word| summary.map_or(0, |line| number_before(line, word));
    let failed = number("failed") + number("error") + number("errors");
    let skipped = lines.iter().filter_map(|line| {
        let (count, why) = line.strip_prefix("SKIPPED [")?.split_once("] ")?;
        Some((count.parse().ok()?, why.to_owned()))
    });
    Outcome {
        passed: number("passed"),
        failed: (failed > 0)
            .then(|| format!("{failed} tests"))
            .into_iter()
            .collect(),
        skipped: skipped.collect(),
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
            test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 5s";
        let count = Count {
            passed: 13,
            failed: 2,
            ignored: 1,
        };
        assert_eq!(of_libtest(&lines(text)), count);
    }

    #[test]
    fn counts_what_nextest_says() {
        for (text, passed, failed, ignored) in [
            (
                "     Summary [   8.123s] 281 tests run: 281 passed (1 slow), 0 skipped",
                281,
                0,
                0,
            ),
            (
                "     Summary [   0.5s] 9 tests run: 5 passed, 1 failed, 3 timed out, 2 skipped",
                5,
                4,
                2,
            ),
            ("error: could not compile", 0, 0, 0),
        ] {
            let count = Count {
                passed,
                failed,
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
            failed: vec!["2 tests".to_owned()],
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
