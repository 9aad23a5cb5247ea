use super::check;
use crate::shell::cargo;
use crate::test::outcome::Outcome;

pub(super) fn run() -> Outcome {
    check(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-Dwarnings"))
}
