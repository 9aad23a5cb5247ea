use crate::shell::{Ran, watch_as};
use crate::test::count;
use crate::test::outcome::Outcome;
use crate::venv::{NoVenv, Venv};

/// Builds the Python package into a fresh environment, as `pip install .` does, and runs its tests
/// there. The environment stays, for the tests in the lab.
pub(super) fn run() -> Outcome {
    let venv = Venv::at("python");
    match prepare(&venv) {
        Ok(()) => test(&venv),
        Err(why) => why.into(),
    }
}

/// Makes the environment anew, with the package and all that its tests need.
fn prepare(venv: &Venv) -> Result<(), NoVenv> {
    venv.make()?;
    // Not in the environment of its own that pip would make for building: its PATH is another
    // each time, and pyo3 would be compiled anew for it.
    venv.pip(&["maturin>=1.10,<2"])?;
    venv.pip(&["--no-build-isolation", "./bindings/python[test]"])
}

fn test(venv: &Venv) -> Outcome {
    let mut pytest = venv.program("python");
    // Not from the folder of the sources, which would be taken for the package.
    pytest
        .args([
            "-m",
            "pytest",
            "-rfEs",
            "--durations=5",
            "-p",
            "no:cacheprovider",
        ])
        // Most of the time is spent waiting for etcd.
        .args(["--numprocesses", "4"])
        .args(["--rootdir", "bindings/python"])
        .args([
            "-c",
            "bindings/python/pyproject.toml",
            "bindings/python/tests",
        ]);
    count_pytest("", &mut pytest)
}

/// Runs a command that runs pytest, shows its lines behind a label, and counts its tests.
pub(super) fn count_pytest(label: &str, pytest: &mut std::process::Command) -> Outcome {
    let Ran { status, lines } = match watch_as(label, pytest) {
        Ok(ran) => ran,
        Err(why) => return Outcome::failed(why),
    };
    let outcome = count::of_pytest(&lines);
    if status.success() || !outcome.failed.is_empty() {
        return outcome;
    }
    outcome.and(Outcome::failed(format!("pytest ended with {status}")))
}
