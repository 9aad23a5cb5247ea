//! Environments of Python, each with what it is for.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::{fmt, fs};

use crate::shell::{self, is_installed, watch};

/// A virtual environment of Python, in a folder of the target folder.
#[derive(Debug, Clone)]
pub(crate) struct Venv {
    folder: PathBuf,
}

/// Why there is no environment.
#[derive(Debug, Clone)]
pub(crate) enum NoVenv {
    /// It cannot be had here.
    Skipped(String),
    /// It should be there, and is not.
    Failed(String),
}

impl fmt::Display for NoVenv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Skipped(why) | Self::Failed(why)) = self;
        f.write_str(why)
    }
}

impl Venv {
    /// Names the environment of a folder.
    pub(crate) fn at(name: &str) -> Self {
        Self {
            folder: shell::target().join(name),
        }
    }

    /// Makes it anew, without packages.
    pub(crate) fn make(&self) -> Result<(), NoVenv> {
        if !is_installed("python3") {
            return Err(NoVenv::Skipped("there is no python3 here".to_owned()));
        }
        if let Err(error) = fs::remove_dir_all(&self.folder)
            && self.folder.exists()
        {
            let folder = self.folder.display();
            return Err(NoVenv::Failed(format!(
                "{folder} cannot be removed: {error}"
            )));
        }
        let mut make = shell::command("python3", &["-m", "venv"]);
        match watch(make.arg(&self.folder)) {
            Ok(ran) if ran.status.success() => Ok(()),
            Ok(_) => {
                let why = "`python3 -m venv` does not work here: on Debian, `python3-venv` has it";
                Err(NoVenv::Skipped(why.to_owned()))
            }
            Err(why) => Err(NoVenv::Failed(why)),
        }
    }

    /// Installs packages: `pip install` with these arguments.
    pub(crate) fn pip(&self, arguments: &[impl AsRef<OsStr>]) -> Result<(), NoVenv> {
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
                Err(NoVenv::Skipped("PyPI cannot be reached".to_owned()))
            }
            Ok(ran) => Err(NoVenv::Failed(format!("pip ended with {}", ran.status))),
            Err(why) => Err(NoVenv::Failed(why)),
        }
    }

    /// Makes a command of a program of the environment.
    pub(crate) fn program(&self, name: &str) -> Command {
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

    /// Gives a file of the environment.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
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
