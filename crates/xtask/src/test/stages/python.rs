use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Ran, is_installed, watch};
use crate::test::count;
use crate::test::outcome::Outcome;

/// Builds the Python package into a fresh environment, as `pip install .` does, and runs its tests
/// there. The environment stays, for the tests in the lab.
pub(super) fn run() -> Outcome {
    if !is_installed("python3") {
        return Outcome::skipped("there is no python3 here");
    }
    let environment = Environment {
        folder: shell::target().join("python"),
    };
    match environment.prepare() {
        Ok(()) => environment.test(),
        Err(outcome) => outcome,
    }
}

/// A virtual environment of Python.
struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// Makes it anew, with the package and all that its tests need.
    fn prepare(&self) -> Result<(), Outcome> {
        if let Err(error) = fs::remove_dir_all(&self.folder)
            && self.folder.exists()
        {
            let folder = self.folder.display();
            return Err(Outcome::failed(format!(
                "{folder} cannot be removed: {error}"
            )));
        }
        let mut make = shell::command("python3", &["-m", "venv"]);
        match watch(make.arg(&self.folder)) {
            Ok(ran) if ran.status.success() => {}
            Ok(_) => {
                let why = "`python3 -m venv` does not work here: on Debian, `python3-venv` has it";
                return Err(Outcome::skipped(why));
            }
            Err(why) => return Err(Outcome::failed(why)),
        }
        // Not in the environment of its own that pip would make for building: its PATH is another
        // each time, and pyo3 would be compiled anew for it.
        self.pip(&["maturin>=1.10,<2"])?;
        self.pip(&["--no-build-isolation", "./bindings/python[test]"])
    }

    fn pip(&self, arguments: &[&str]) -> Result<(), Outcome> {
        let mut pip = self.program("python");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--retries", "2", "--timeout", "30"])
        .args(arguments)
        // The profile and the features of the other stages, so that less is compiled again.
        .env("MATURIN_PEP517_ARGS", "--profile dev --locked");
        match watch(&mut pip) {
            Ok(ran) if ran.status.success() => Ok(()),
            Ok(ran) if ran.lines.iter().any(|line| is_about_network(line)) => {
                Err(Outcome::skipped("PyPI cannot be reached"))
            }
            Ok(ran) => Err(Outcome::failed(format!("pip ended with {}", ran.status))),
            Err(why) => Err(Outcome::failed(why)),
        }
    }

    fn test(&self) -> Outcome {
        let mut pytest = self.program("python");
        // Not from the folder of the sources, which would be taken for the package.
        pytest
            .args([
                "-m",
                "pytest",
                "-rs",
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
        let Ran { status, lines } = match watch(&mut pytest) {
            Ok(ran) => ran,
            Err(why) => return Outcome::failed(why),
        };
        let outcome = count::of_pytest(&lines);
        if status.success() || !outcome.failed.is_empty() {
            return outcome;
        }
        outcome.and(Outcome::failed(format!("pytest ended with {status}")))
    }

    /// Makes a command of a program of the environment.
    fn program(&self, name: &str) -> Command {
        let programs = self.folder.join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(programs.clone()).chain(std::env::split_paths(&path));
        let mut command = shell::command(programs.join(name), &[]);
        command
            .env("VIRTUAL_ENV", &self.folder)
            .env_remove("PYTHONPATH")
            // No folder of PATH has a colon in its name.
            .env("PATH", std::env::join_paths(folders).unwrap_or(path));
        command
    }
}

fn is_about_network(line: &str) -> bool {
    [
        "Failed to establish a new connection",
        "Could not find a version that satisfies the requirement maturin",
        "Network is unreachable",
        "Temporary failure in name resolution",
        "Read timed out",
    ]
    .iter()
    .any(|words| line.contains(words))
}
