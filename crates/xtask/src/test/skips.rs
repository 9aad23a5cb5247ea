//! The tests that say that they cannot run where they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use super::count::Count;
use super::outcome::Outcome;
use crate::shell;

/// The file in which tests note that they were skipped: each a line of program, test and reason
/// with tabs between (`etcd_plan::skipped`).
pub(crate) struct Skips(PathBuf);

impl Skips {
    /// Makes the file empty: one for each command, since two can run at once.
    ///
    /// # Errors
    ///
    /// When that does not work.
    pub(crate) fn begin() -> Result<Self, String> {
        static COMMANDS: AtomicUsize = AtomicUsize::new(0);
        let number = COMMANDS.fetch_add(1, Ordering::Relaxed);
        let file = shell::target().join(format!("xtask-skips-{number}"));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("{} cannot be removed: {error}", file.display()))
            }
            _ => Ok(Self(file)),
        }
    }

    /// Tells the tests of a command where the file is.
    pub(crate) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("ETCD_PLAN_SKIPS", &self.0)
    }

    /// Takes the tests that were skipped, wholly or in part, from those that passed.
    pub(crate) fn take_from(&self, count: Count) -> Outcome {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        outcome(count, &text)
    }
}

fn outcome(count: Count, notes: &str) -> Outcome {
    // A test that names several reasons is one test, and counts for the first.
    let mut seen = BTreeSet::new();
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in notes.lines() {
        let mut parts = line.splitn(3, '\t');
        if let (Some(program), Some(test), Some(why)) = (parts.next(), parts.next(), parts.next())
            && seen.insert((program, test))
        {
            by_reason.entry(why).or_default().push(test);
        }
    }
    let mut skipped: Vec<(usize, String)> = by_reason
        .into_iter()
        .map(|(why, tests)| (tests.len(), format!("{why} [{}]", shortened(&tests))))
        .collect();
    if count.ignored > 0 {
        skipped.push((count.ignored, "marked `ignore`".to_owned()));
    }
    Outcome {
        passed: count.passed.saturating_sub(seen.len()),
        failed: count.failed,
        skipped,
    }
}

/// Lists tests, but not without end.
fn shortened(tests: &[&str]) -> String {
    const SHOWN: usize = 3;
    let list = tests[..tests.len().min(SHOWN)].join(", ");
    match tests.len().saturating_sub(SHOWN) {
        0 => list,
        more => format!("{list}, and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Outcome, outcome};

    #[test]
    fn a_test_that_was_skipped_has_not_passed() {
        let count = Count {
            passed: 10,
            failed: vec!["x::three: 1 is not 2".to_owned()],
            ignored: 1,
        };
        let notes = "a-1\tx::one\tno busybox\na-1\tx::two\tno busybox\na-1\tx::one\tno openssl\n\
                     b-2\tx::one\tnot root\nhalf a line";
        let wanted = Outcome {
            passed: 7,
            failed: vec!["x::three: 1 is not 2".to_owned()],
            skipped: vec![
                (2, "no busybox [x::one, x::two]".to_owned()),
                (1, "not root [x::one]".to_owned()),
                (1, "marked `ignore`".to_owned()),
            ],
        };
        assert_eq!(outcome(count, notes), wanted);
    }
}
