use std::process::Stdio;

use super::check;
use crate::shell::{cargo, has_cargo};
use crate::test::outcome::Outcome;

/// Holds the dependencies against `deny.toml`.
pub(super) fn run() -> Outcome {
    if !has_cargo("deny") {
        return Outcome::skipped(
            "cargo-deny is not installed: `cargo install cargo-deny --locked` does that",
        );
    }
    let tree = ["deny", "check", "licenses", "bans", "sources"];
    check(&mut cargo(&tree)).and(advisories())
}

/// Advisories come from GitHub.
fn advisories() -> Outcome {
    let mut fetch = cargo(&["deny", "fetch", "db"]);
    fetch.stdout(Stdio::null()).stderr(Stdio::null());
    if !fetch.status().is_ok_and(|status| status.success()) {
        return Outcome::skipped("the database of advisories on GitHub cannot be reached");
    }
    check(&mut cargo(&["deny", "check", "advisories"]))
}
