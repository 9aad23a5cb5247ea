use super::check;
use crate::shell::cargo;
use crate::test::outcome::Outcome;

pub(super) fn run() -> Outcome {
    check(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-Dwarnings",
    ]))
}
