use std::thread;

use etcd_plan_testkit::lab::{Lab, LabError};

use super::tests::count_tests_with;
use crate::shell::{cargo, watch};
use crate::test::count;
use crate::test::outcome::Outcome;

/// Labs of their own, so that one that somebody works with stays as it is. There are two, since the
/// tests of one lab take turns, and mostly wait for hosts.
const NAMES: [&str; 2] = ["etcdlab-test", "etcdlab-test-2"];

/// The areas of tests that the second lab has, which take about half of the time; the first one has
/// all others.
const OF_THE_SECOND: [&str; 7] = [
    "adopts::",
    "joins::",
    "killed::",
    "larger::",
    "packages::",
    "recovers::",
    "reload::",
];

/// As many hosts for etcd as the tests want.
const NODES: u8 = 5;

// All of the workspace is selected each time, so that dependencies are taken as the stage `tests`
// has compiled them, and not once more with the fewer features of one package.

const TESTS: [&str; 5] = ["test", "--offline", "--workspace", "--test", "lab"];

const BUILD: [&str; 5] = ["test", "--workspace", "--test", "lab", "--no-run"];

/// The programs that tests run as an operator would, and kill at random moments.
const BUILD_PROGRAMS: [&str; 5] = ["build", "--quiet", "--workspace", "--bins", "--examples"];

/// Begins with what takes longest of a lab, and mostly waits for packages: its image. What is wrong
/// with it is told when the lab is to come up.
pub(crate) fn prepare_meanwhile() {
    thread::spawn(|| {
        if let Ok(lab) = Lab::named(NAMES[0]) {
            let _ = lab.prepare(&mut crate::lab::say);
        }
    });
}

/// Builds the tests and what they run: before there is a lab, in which nothing can be fetched.
pub(super) fn build() -> Result<(), Outcome> {
    for build in [&BUILD[..], &BUILD_PROGRAMS] {
        match watch(&mut cargo(build)) {
            Ok(ran) if ran.status.success() => {}
            Ok(ran) => return Err(Outcome::failed(format!("cargo ended with {}", ran.status))),
            Err(why) => return Err(Outcome::failed(why)),
        }
    }
    Ok(())
}

/// Runs the tests on real hosts, in labs that are made for them and taken away.
pub(super) fn run() -> Outcome {
    thread::scope(|scope| {
        let labs = NAMES.map(|name| scope.spawn(move || run_in(name)));
        let outcomes = labs.map(thread::ScopedJoinHandle::join);
        let outcomes = outcomes.map(|outcome| {
            outcome.unwrap_or_else(|_| Outcome::failed("the thread of a lab panicked"))
        });
        let [one, other] = outcomes;
        one.and(other)
    })
}

/// Runs a lab's share of the tests.
fn run_in(name: &str) -> Outcome {
    let lab = match fresh(name) {
        Ok(lab) => lab,
        Err(error) => return Outcome::skipped(format!("{error}; {}", error.hint)),
    };
    let outcome = match inside(&lab, name) {
        Ok(mut command) => count_tests_with(&format!("{name}: "), &mut command, count::of_libtest),
        Err(error) => Outcome::failed(error.to_string()),
    };
    match lab.down() {
        Ok(()) => outcome,
        Err(error) => outcome.and(Outcome::failed(error.to_string())),
    }
}

fn fresh(name: &str) -> Result<Lab, LabError> {
    let lab = Lab::named(name)?;
    lab.down()?;
    lab.up(Some(NODES), &mut crate::lab::say)?;
    Ok(lab)
}

/// Makes the command that runs a lab's share of the tests inside.
fn inside(lab: &Lab, name: &str) -> Result<std::process::Command, LabError> {
    let cargo = cargo(&TESTS);
    let mut command = lab.command(&cargo.get_program().to_string_lossy())?;
    command.args(cargo.get_args()).arg("--");
    for area in OF_THE_SECOND {
        if name == NAMES[0] {
            command.arg("--skip");
        }
        command.arg(area);
    }
    command.current_dir(crate::shell::root());
    Ok(command)
}
