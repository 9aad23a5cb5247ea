//! What a code or a guard means, at length.

use serde::Serialize;

use crate::diagnostic::{Code, Severity};
use crate::guard::Guard;
use crate::spec::nearest::nearest;

/// What a word that etcd-plan says means, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The word: a code such as `etcd-seq-missing`, or a guard such as `safeguard`.
    pub name: &'static str,
    /// What it is: `error`, `warning` or `guard`.
    pub kind: &'static str,
    /// What it means and what to do, in Markdown; the first line is a summary.
    pub text: String,
}

/// Explains a code of a finding or the name of a guard; none for any other word.
pub fn explain(name: &str) -> Option<Explanation> {
    all().find(|explanation| explanation.name == name)
}

/// Gives the word that one was most likely meant to be; none when it is like no other.
pub fn nearest_word(name: &str) -> Option<&'static str> {
    nearest(name, all().map(|explanation| explanation.name))
}

/// Goes through everything that can be explained: guards, then codes.
pub fn all() -> impl Iterator<Item = Explanation> {
    let guards = Guard::ALL.into_iter().map(|guard| Explanation {
        name: guard.as_str(),
        kind: "guard",
        text: guard.explanation(),
    });
    let codes = Code::ALL.iter().map(|code| Explanation {
        name: code.as_str(),
        kind: match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        text: code.explanation(),
    });
    guards.chain(codes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{all, explain};

    #[test]
    fn every_word_is_explained_once() {
        let mut names = BTreeSet::new();
        for explanation in all() {
            let name = explanation.name;
            assert!(names.insert(name), "{name} is explained twice");
            let first = explanation.text.lines().next().unwrap_or_default();
            assert!(first.ends_with(['.', '?']), "{name}: {first}");
            assert!(
                explanation.text.lines().count() > 2,
                "{name} is explained in a line only"
            );
            assert_eq!(explain(name), Some(explanation));
        }
        assert_eq!(explain("no-such-code"), None);
    }
}
