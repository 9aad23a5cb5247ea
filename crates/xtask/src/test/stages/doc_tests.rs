use super::tests::count_tests;
use crate::test::count;
use crate::test::outcome::Outcome;

pub(super) fn run() -> Outcome {
    let arguments = ["test", "--workspace", "--doc", "--no-fail-fast"];
    count_tests(&arguments, count::of_libtest)
}
